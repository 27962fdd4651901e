"""What README and docs/ show of a terminal is what is printed there: each session is typed anew, and the cast is recorded anew.

In a session, a line `...` stands for any lines. Process ids, ports, times and the like may differ, as VARYING says; all else may not.
SPDX-License-Identifier: Apache-2.0
"""

import importlib.util
import os
import pathlib
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import sessions  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position

EXAMPLES = find("docs/examples/server.c").resolve().parent
MARK = "---- step"
VARYING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\b(process(?:es)?|thread|threads) \d+(?:, \d+)*(?: and \d+ more)?", r"\1 N"),
    (r"/tmp/[\w.-]+", "/tmp/FOLDER"),
    (r"\b\d+(?:\.\d+)? (?:ns|µs|ms|s|min|h)\b", "TIME"),
    (r"^( *= evidence: .*)(?:; the oldest was open for|, for) TIME", r"\1"),  # not told of a run that is fast
    (r"\b\d+ (events|runs|processes)\b", r"N \1"),
    (r"\b[0-9a-f]{16}\b", "HASH"),
    (r"\b(?:ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b", "ECONNREFUSED"),  # whichever run of `explore` ends first
    (r"(/usr/lib/\S*?)[\d.]*(/\S+):\d+", r"\1\2:LINE"),
)


COUNTS = ((r"(?<![\w.:])\d+\b", "N"),)


def plain(line, varying=VARYING):
    for pattern, instead in varying:
        line = re.sub(pattern, instead, line)
    return line.rstrip()


def fits(expected, printed, varying):
    """Whether the lines are those expected, of which `...` is any number."""
    pattern = "".join("(?:.*\n)*" if line.strip() == "..." else re.escape(plain(line, varying)) + "\n" for line in expected)
    return re.fullmatch(pattern, "".join(plain(line, varying) + "\n" for line in printed)) is not None


class Examples(SockSanTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(EXAMPLES, f"{self.tmp}/examples")
        os.symlink(EXAMPLES.parents[1] / "tests", f"{self.tmp}/examples/tests")
        os.mkdir(f"{self.tmp}/bin")
        os.symlink(socksan(), f"{self.tmp}/bin/socksan")
        self.env = self.environment(PATH=f"{self.tmp}/bin:{os.environ['PATH']}", HOME=self.tmp, NO_COLOR="1")

    def typed(self, commands):
        """What a shell prints at each of the commands, both streams together."""
        script = "exec 2>&1\n" + "".join(f"echo '{MARK}'\n{command}\n" for command in commands) + "echo\nkill $(jobs -p) 2>/dev/null; wait\n"
        result = self.bare(["bash", "-c", script], cwd=f"{self.tmp}/examples", env=self.env)
        return [part.strip("\n").split("\n") if part.strip("\n") else [] for part in re.split(rf"^{MARK}\n", result.stdout, flags=re.M)[1:]]

    def test_sessions(self):
        shown = list(sessions())
        self.assertGreater(len(shown), 6, "expected README and docs/ to have sessions")
        for document, vary, steps in shown:
            tools = {"java": "java", "node": "node", "python3": "python3", "gcc": "gcc", "jq": "jq"}
            missing = [tool for word, tool in tools.items() if any(re.search(rf"\b{word} ", command) for command, _ in steps) and not shutil.which(tool)]
            self.assertEqual([], missing, f"{document}: expected the tools of its sessions")
            for (command, expected), printed in zip(steps, self.typed([command for command, _ in steps])):
                with self.subTest(document, command=command):
                    self.assertTrue(fits(expected, printed, VARYING + COUNTS * vary), "expected\n{}\n\nbut it is\n{}".format("\n".join(expected), "\n".join(printed)))


class Cast(SockSanTest):
    """docs/cast.svg, which pictures.py draws of a real run."""

    def test_it_is_what_is_printed_today(self):
        spec = importlib.util.spec_from_file_location("pictures", find("tests/docs/pictures.py"))
        pictures = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(pictures)
        with_shim = {"SOCKSAN_SHIM": self.environment()["SOCKSAN_SHIM"]}
        fresh = pictures.cast(socksan(), with_shim)
        kept = find("docs/cast.svg").read_text(encoding="utf-8")
        self.assertEqual(*[[plain(line) for line in self.lines(svg)] for svg in (fresh, kept)], "tests/docs/pictures.py draws docs/cast.svg anew")

    @staticmethod
    def lines(svg):
        root = xml.etree.ElementTree.fromstring(svg)
        return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]

    def test_it_fetches_and_runs_nothing(self):
        svg = find("docs/cast.svg").read_text(encoding="utf-8")
        self.assertNotRegex(svg.replace('xmlns="http://www.w3.org/2000/svg"', ""), r"https?:|<script|<image|<foreignObject|@import|\son\w+=")
        self.assertRegex(svg, r"<title>[^<]+</title>", "expected words for whoever does not see it")
        self.assertIn("prefers-reduced-motion", svg)

    def test_pictures_are_small(self):
        for path in EXAMPLES.parent.glob("*.png"):
            self.assertLess(path.stat().st_size, 150_000, path.name)
        self.assertLess(pathlib.Path(EXAMPLES.parent, "cast.svg").stat().st_size, 50_000)


if __name__ == "__main__":
    unittest.main()
