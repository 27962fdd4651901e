"""Writes the style and the script of the HTML page as C, with the policy that allows these two alone.

    page.py FILE...      FILE: all of analyzer/report/page; to standard output

The files of a kind stand behind each other in the order of their names, without the tabs that indent them. The scripts share one function.

SPDX-License-Identifier: Apache-2.0
"""

import base64
import hashlib
import os
import re
import sys


def joined(paths, suffix):
    texts = []
    for path in sorted((path for path in paths if path.endswith(suffix)), key=os.path.basename):
        with open(path, encoding="utf-8") as file:
            texts.append(re.sub(r"^\t+", "", file.read(), flags=re.M))
    if not texts:
        sys.exit(f"page.py: no {suffix} among {paths}")
    return "".join(texts)


def element(text):
    """What stands between the tags: to a reader of XML as well as one of HTML it is nothing but text."""
    for end in ("]]" + ">", "</" + "script", "</" + "style", "<" + "!--"):
        if end in text:
            sys.exit(f"page.py: {end} would end the element")
    return f"/*<![CDATA[*/\n{text}/*]]>*/"


def source(text):
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def c_string(text):
    """As C, a line of text to a line."""
    lines = []
    for line in text.splitlines(True):
        bytes_ = "".join(chr(byte) if 32 <= byte < 127 and byte != ord("?") else f"\\{byte:03o}" for byte in line.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8"))
        lines.append(f'\t"{bytes_}"')
    return "\n".join(lines)


def main(*paths):
    style = element(joined(paths, ".css"))
    script = element('"use strict";\n(() => {\n' + joined(paths, ".js") + "})();\n")
    policy = f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; base-uri 'none'; form-action 'none'"
    print("/* Written by page.py: the files of analyzer/report/page. */")
    print('#include "analyzer/report/html_assets.h"')
    for name, text in (("style", style), ("script", script), ("policy", policy)):
        print(f"\nconst char page_{name}[] =\n{c_string(text)};")


if __name__ == "__main__":
    main(*sys.argv[1:])
