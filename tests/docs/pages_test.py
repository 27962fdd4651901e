"""README and docs/: links lead somewhere, every page is reached, every command and option that there is is described, and none that there is not.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import importlib.util
import itertools
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import names, text  # pylint: disable=wrong-import-position
from socksan_test import find, socksan  # pylint: disable=wrong-import-position



def outside(name):
    """The text of a document without its code blocks."""
    return re.sub(r"^```.*?^```$", "", text(name), flags=re.M | re.S)


def anchors(name):
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", outside(name), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(name):
    """(file, anchor) of each link and picture that leads to a file of the repository."""
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", outside(name))
    for link in (one or other for one, other in found):
        if not re.match(r"https?:", link):
            path, _, anchor = link.partition("#")
            yield os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name, anchor


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        spec = importlib.util.spec_from_file_location("docs", find("analyzer/cli/docs.py"))
        docs = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(docs)
        cls.tool = docs.Tool(socksan())
        cls.keys = docs.shim_options()
        cls.whole = "\n".join(text(name) for name in names())

    def test_links_lead_somewhere(self):
        for name in names():
            for path, anchor in links(name):
                with self.subTest(name, link=path, anchor=anchor):
                    self.assertTrue(find(path).exists())
                    if anchor:
                        self.assertIn(anchor, anchors(path))

    def test_every_page_is_linked_from_the_readme(self):
        linked = {path for path, _ in links("README.md")}
        self.assertEqual(set(), set(names()) - linked - {"README.md"})

    def test_every_command_is_in_the_list_of_the_readme(self):
        listed = re.findall(r"^\| `socksan (\w+)`", text("README.md"), re.M)
        self.assertEqual(self.tool.commands, listed, "expected the order of `socksan --help`")

    def test_every_option_is_described(self):
        for command, options in self.tool.options.items():
            for option in options:
                short = rf"|`-{option.short}[ `]" if option.short else ""
                self.assertTrue(re.search(rf"--{option.long}(?![\w-]){short}", self.whole), f"expected --{option.long} of {command} somewhere")
        for option in self.tool.options["run"]:
            row = re.search(rf"^\|.*`(-\w, )?--{option.long}(\[?=[^`]+)?`", text("docs/options.md"), re.M)
            self.assertTrue(row, f"docs/options.md: expected a row for --{option.long}")

    def test_every_option_of_the_library_is_described_with_its_default(self):
        rows = dict(re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", text("docs/options.md").partition("## Options of the library")[2], re.M))
        self.assertEqual({key for key, _, _ in self.keys}, set(rows), "expected the keys of shim/model/options.h")
        for key, default, _ in self.keys:
            shown = rows[key].strip("`").replace(" (off)", "").replace(" MiB", "M")
            self.assertEqual(default, shown, f"{key}: expected this default")

    def test_commands_and_options_that_are_shown_exist(self):
        code = re.findall(r"`([^`\n]+)`", self.whole) + re.findall(r"^ *(?:- |\$ |run: )*(.*)$", self.whole, re.M)
        seen = collections.Counter()
        for line in code:
            for command, rest in re.findall(r"\bsocksan (\w+)((?: [^|;&`\"]*)?)", line):
                if command in self.tool.commands:
                    seen[command] += 1
                    ours = " ".join(itertools.takewhile(lambda word: word[0] == "-" and word != "--", rest.split())) if command in ("run", "explore") else rest
                    known = {option.long for option in self.tool.options[command]} | {"help"}
                    for option in re.findall(r"(?<!\S)--([a-z][\w-]*)", ours):
                        self.assertIn(option, known, f"`{line.strip()}`: socksan {command} has no such option")
        self.assertEqual(set(), set(self.tool.commands) - set(seen), "expected every command to be shown at work")

    def test_nothing_is_said_twice(self):
        lines = collections.Counter(line.strip() for name in names() for line in outside(name).splitlines() if len(line.strip()) > 60)
        self.assertEqual([], [line for line, count in lines.items() if count > 1])

    def test_readme_is_short(self):
        self.assertLess(text("README.md").count("\n"), 400, "the reference belongs in docs/")


if __name__ == "__main__":
    unittest.main()
