"""README.md and the pages of docs/: their text, their recipes and their sessions, so that tests run what is printed there.

A recipe is a code block behind a line `<!-- recipe: NAME -->`, a session one behind `<!-- session -->`, or
`<!-- session: counts vary -->` of a program that goes on.
SPDX-License-Identifier: Apache-2.0
"""

import re

from socksan_test import find


def names():
    """README.md and every page, as paths of the repository."""
    folder = find("docs/options.md").resolve().parent
    return ["README.md"] + sorted(f"docs/{path.name}" for path in folder.glob("*.md"))


def installed():
    """The pages, pictures and examples that are installed beside README.md."""
    top = find("docs/options.md").resolve().parents[1]
    return sorted(str(path.relative_to(top)) for path in (top / "docs").rglob("*") if path.is_file())


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
