"""Makes the wheel of a Python package of one module, without a network: `wheel.py FOLDER VERSION OUTPUT` prints its path.

What the wheel says of itself is what pyproject.toml has. The bytes depend on the sources alone.
SPDX-License-Identifier: Apache-2.0
"""

import base64
import hashlib
import pathlib
import sys
import tomllib
import zipfile


def metadata(project, version):
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {version}", f"Summary: {project['description']}",
             f"License: {project['license']['text']}", f"Requires-Python: {project['requires-python']}"]
    lines += [f"Requires-Dist: {one}" for one in project["dependencies"]]
    lines += [f"Classifier: {one}" for one in project["classifiers"]]
    return "\n".join(lines) + "\n"


def entry_points(project):
    return "".join(f"[{group}]\n" + "".join(f"{name} = {where}\n" for name, where in points.items())
                   for group, points in project["entry-points"].items())


def main(folder, version, output):
    source = pathlib.Path(folder)
    settings = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    stem = f"{project['name'].replace('-', '_')}-{version}"
    files = {f"{name}.py": (source / f"{name}.py").read_text(encoding="utf-8") for name in settings["tool"]["setuptools"]["py-modules"]}
    info = f"{stem}.dist-info"
    files[f"{info}/METADATA"] = metadata(project, version)
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: socksan\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = entry_points(project)

    record = ""
    for name, text in files.items():
        data = text.encode("utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
        record += f"{name},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"

    path = pathlib.Path(output, f"{stem}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, as any other time would differ from build to build
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, text.encode("utf-8"))
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
