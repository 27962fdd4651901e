"""The tarball that `./dev tarball` makes of what is built, and the image that packaging/Containerfile makes of it. `./dev fresh --tarball`
unpacks and uses it in a new Debian.

The image is built by what is here in place of Docker: its instructions are followed in folders, its commands run by bubblewrap, with
this machine's /usr as that of Debian, less the libraries that the tarball brings.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import installed, recipe  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position

GLIBC = {"libc.so.6", "libm.so.6"}


def sandbox(root, *args):
    """The command that runs another in a folder of debian() as its root, with this machine's programs and libraries."""
    return ["bwrap", "--bind", str(root), "/", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", *args, "--"]


class Tarball(SockSanTest):
    shared = []

    def dev(self, *args):
        return self.bare([str(find("dev")), *args], env=self.environment(DEV_BUILT=str(pathlib.Path(socksan()).parents[1])))

    def make(self):
        """The path of a new tarball, alone in its folder."""
        folder = self.folder("made")
        result = self.dev("tarball", f"--output={folder}")
        self.assertEqual(result.status, 0, result.stderr)
        made = os.listdir(folder)
        self.assertEqual(len(made), 1, f"expected one tarball\n{result.stderr}")
        self.assertRegex(made[0], rf"^socksan-\d+\.\d+\.\d+-linux-{os.uname().machine}\.tar\.gz$")
        return pathlib.Path(folder, made[0])

    def made(self):
        """The path of a tarball that all tests share."""
        if not self.shared:
            folder = tempfile.TemporaryDirectory()
            self.addClassCleanup(folder.cleanup)
            self.shared.append(pathlib.Path(shutil.copy(self.make(), folder.name)))
        return self.shared[0]

    def unpack(self, tarball, name):
        """Unpacked into a new folder: the one folder that is in it."""
        folder = self.folder(name)
        with tarfile.open(tarball) as archive:
            archive.extractall(folder)
        self.assertEqual(os.listdir(folder), [tarball.name[:-len(".tar.gz")]])
        return pathlib.Path(folder, tarball.name[:-len(".tar.gz")])

    def without_shim(self):
        return {key: value for key, value in self.environment().items() if key != "SOCKSAN_SHIM"}

    def test_tarball_is_complete(self):
        root = self.unpack(self.made(), "complete")
        files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        bundled = {path for path in files if re.match(r"lib/socksan/(?!libsocksan)", path)}
        self.assertIn("lib/socksan/libdw.so.1", bundled)
        licenses = {path for path in files if path.startswith("share/doc/socksan/licenses/")}
        self.assertEqual(files - bundled - licenses, installed("lib/socksan"))
        listed = (root / "share/doc/socksan/licenses/README").read_text(encoding="utf-8").splitlines()[1:]
        names = {re.split(r"[: ]", line)[0] for line in listed}
        self.assertEqual(licenses, {f"share/doc/socksan/licenses/{name}" for name in names | {"README"}},
                         "expected the license of each package that a library is of")
        for line in listed:
            self.assertRegex(line, r"^\S+ \S+, source: \S+=\S+$")

    def test_it_needs_glibc_alone(self):
        root = self.unpack(self.made(), "needs")
        for name in ("bin/socksan", *(str(path.relative_to(root)) for path in (root / "lib/socksan").iterdir())):
            needed = re.findall(r"^\t(lib\S+) => (\S+)", self.bare(["ldd", str(root / name)]).stdout, re.M)
            for library, path in needed if name == "bin/socksan" else ():
                where = "glibc's" if library in GLIBC else "the tarball's"
                self.assertEqual(pathlib.Path(path).resolve().parent == (root / "lib/socksan").resolve(), library not in GLIBC,
                                 f"expected {library} to be {where}, not {path}")
            for library in re.findall(r"\(NEEDED\).*\[(.*)\]", self.bare(["readelf", "--dynamic", str(root / name)]).stdout):
                self.assertTrue(library in GLIBC or library.startswith("ld-linux") or (root / "lib/socksan" / library).exists(),
                                f"{name} needs {library}, which the tarball lacks")
            versions = [int(minor) for minor in re.findall(r"GLIBC_2\.(\d+)", self.bare(["readelf", "--version-info", str(root / name)]).stdout)]
            if "bookworm" in pathlib.Path("/etc/os-release").read_text(encoding="utf-8"):
                self.assertLessEqual(max(versions, default=0), 36, f"expected {name} to run with glibc 2.36, as README says")

    def test_it_runs_from_any_folder_and_through_a_link(self):
        root = self.unpack(self.made(), "anywhere")
        moved = pathlib.Path(self.tmp, "moved")
        link = pathlib.Path(self.tmp, "link")
        link.symlink_to(moved / "bin/socksan")
        root.rename(moved)
        for program in (moved / "bin/socksan", link):
            result = self.bare([str(program), "run", "--require-shim", "/bin/true"], env=self.without_shim())
            self.assertEqual(result.status, 0, result.stderr)

    def test_the_same_is_built_twice(self):
        self.assertEqual(self.make().read_bytes(), self.made().read_bytes())

    def test_what_it_cannot_do_is_refused(self):
        self.assertIn("unknown argument '--ouput=x'", self.dev("tarball", "--ouput=x").stderr)
        self.assertIn("nowhere is no folder", self.dev("tarball", f"--output={self.tmp}/nowhere").stderr)

    # The image

    def debian(self, name):
        """A folder that is a root once /usr is in it."""
        root = pathlib.Path(self.folder(name))
        for link in ("bin", "lib", "lib64", "sbin"):
            (root / link).symlink_to(f"usr/{link}")
        return root

    def build_image(self, containerfile, context):
        """Follows the instructions; returns the last stage's folder, and what it starts."""
        stages, started = {}, {}
        lines = [line for line in containerfile.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        for line in lines:
            instruction, _, rest = line.partition(" ")
            if instruction == "FROM":
                image, _, name = rest.partition(" AS ")
                self.assertRegex(image, r"^debian:\d+(-slim)?$")
                root = stages[name] = self.debian("stage")
                started = {}
            elif instruction == "ADD":
                pattern, target = rest.split()
                found = list(context.glob(pattern))
                self.assertEqual(len(found), 1, f"expected one {pattern}")
                with tarfile.open(found[0]) as archive:
                    archive.extractall(root / target.lstrip("/"))
            elif instruction == "RUN":
                result = self.bare(sandbox(root) + ["sh", "-c", rest])
                self.assertEqual(result.status, 0, f"{line}: {result.stderr}")
            elif instruction == "COPY":
                stage, source, target = re.fullmatch(r"--from=(\S+) /(\S+) /(\S+)", rest).groups()
                shutil.copytree(stages[stage] / source, root / target, symlinks=True, dirs_exist_ok=True)
            elif instruction in ("ENTRYPOINT", "CMD"):
                started[instruction] = json.loads(rest)
            else:
                self.fail(f"{line}: expected an instruction that this test can follow")
        return root, started

    def test_image_is_built_and_runs_as_readme_says(self):
        if self.bare(sandbox(self.debian("empty")) + ["true"]).status != 0:
            self.skipTest("bubblewrap cannot make a root here")
        tarball = self.made()
        build = re.search(r"^docker build -t (\S+) -f (\S+) (\S+)$", recipe("image"), re.M)
        self.assertTrue(build, "expected a line 'docker build' in the recipe")
        self.assertIn(f"./dev tarball --output={build[3]}\n", recipe("image"))
        root, started = self.build_image(find(build[2]), tarball.parent)

        here = root / "usr/local"
        hidden = [arg for path in (here / "lib/socksan").iterdir() for arg in self.hide(path.name)]
        self.assertGreater(len(hidden), 3 * 3, "expected libraries of this machine to be hidden")
        image = sandbox(root, *hidden, "--ro-bind", str(here), "/usr/local")
        result = self.bare(image + started["ENTRYPOINT"] + started["CMD"], env=self.without_shim())
        self.assertEqual(result.status, 0, result.stderr)
        self.assertIn("usage: socksan", result.stdout.lower())
        command = re.search(rf"^docker run --rm {build[1]} (run -- .*)$", recipe("image"), re.M)
        self.assertTrue(command, "expected a line 'docker run' in the recipe")
        result = self.bare(image + started["ENTRYPOINT"] + shlex.split(command[1]), env=self.without_shim())
        self.assertEqual(result.status, 23, result.stderr)
        self.assertIn("error[never-closed]", result.stderr)

    def hide(self, library):
        for folder in ("/usr/lib", f"/usr/lib/{os.uname().machine}-linux-gnu"):
            if os.path.exists(f"{folder}/{library}"):
                yield from ("--ro-bind", "/dev/null", f"{folder}/{library}")


if __name__ == "__main__":
    unittest.main()
