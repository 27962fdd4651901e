"""README.md and the pages of docs/: their text, their recipes and their sessions, so that tests run what is printed there.

A recipe is a code block behind a line `<!-- recipe: NAME -->`, a session one behind `<!-- session -->`, or
`<!-- session: counts vary -->` of a program that goes on.
SPDX-License-Identifier: Apache-2.0
"""

import re
import subprocess

from socksan_test import find, socksan


def names():
    """README.md and every page, as paths of the repository."""
    folder = find("docs/options.md").resolve().parent
    return ["README.md"] + sorted(f"docs/{path.name}" for path in folder.glob("*.md"))


def installed(libraries, zsh="site-functions"):
    """What is installed of SockSan below a prefix: its libraries in that folder, zsh's completion in that one."""
    top = find("docs/options.md").resolve().parents[1]
    pages = (path.relative_to(top) for path in (top / "docs").rglob("*") if path.is_file())
    commands = re.findall(r"^(?:Usage:|  or: ) socksan (\w+)", subprocess.run([socksan(), "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout, re.M)
    schemas = (f"share/socksan/{name}.schema.json" for name in ("diff", "doctor", "open", "report", "snapshot", "trace"))
    return {
        "bin/socksan",
        "include/socksan.h",
        "include/socksan_gtest.h",
        f"{libraries}/libsocksan-inject.so",
        f"{libraries}/libsocksan.so",
        "share/bash-completion/completions/socksan",
        "share/cmake/SockSan/SockSanConfig.cmake",
        "share/doc/socksan/LICENSE",
        "share/doc/socksan/README.md",
        "share/fish/vendor_completions.d/socksan.fish",
        "share/man/man1/socksan.1",
        "share/man/man7/socksan.7",
        *(f"share/man/man1/socksan-{command}.1" for command in commands),
        "share/socksan/SockSanExtension.java",
        "share/socksan/socksan_rspec.rb",
        f"share/zsh/{zsh}/_socksan",
        *(f"share/doc/socksan/{page}" for page in pages),
        *schemas,
    }


def text(name):
    return find(name).read_text(encoding="utf-8")


def blocks(kind):
    """(document, text) of the code blocks behind a line `<!-- KIND -->`."""
    pattern = re.compile(rf"^<!-- {re.escape(kind)} -->\n```\w*\n(.*?)^```$", re.M | re.S)
    return [(name, block) for name in names() for block in pattern.findall(text(name))]


def recipe(name):
    """The text of the code block of that name."""
    found = blocks(f"recipe: {name}")
    if len(found) != 1:
        raise AssertionError(f"README.md and docs/: expected one recipe '{name}', there are {len(found)}")
    return found[0][1]


def sessions():
    """(document, whether counts vary, [(command, output lines)]) of each session: what follows `$ ` is typed, what follows that is printed."""
    for name, vary, block in [(name, vary, block) for vary in (False, True) for name, block in blocks("session" + ": counts vary" * vary)]:
        steps = []
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
        yield name, vary, steps
