"""What tests of a language's frames share: scripts with marked lines, and the frames that a violation has of them.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re

from marks import line
from socksan_test import SockSanTest, select


class ScriptTest(SockSanTest):
    """Tests of one language."""

    lang = None  # its word in reports, and the key of its frames in a trace
    library = None  # matches the files of its library, whose lines differ from version to version

    def frames(self, name, *marks):
        """(function, file, line) for each "FUNCTION=MARK"; a mark alone is its function's name; "FILE:FUNCTION" is the library's."""
        found = []
        for mark in marks:
            function, _, at = mark.rpartition("=")
            library = re.match(r"([\w.]+\.\w+|<internal:\w+>):(.*)", mark)
            found.append((library[2], library[1], None) if library else (function or mark, name, line(name, at)))
        return found

    def frames_of(self, violation, role):
        """(function, file, line) of the script's frames of a stack, without lines in the library."""
        return [(frame["function"], os.path.basename(frame["file"]), None if re.search(self.library, frame["file"]) else frame["line"])
                for frame in violation["stacks"].get(role, []) if frame["lang"] == self.lang]

    def openings(self, result):
        """The lines of a trace that tell of an opened socket, each with its frames, "file:line function"."""
        stacks = {(stack["pid"], stack["id"]): stack.get(self.lang, []) for stack in select(result.traces, ev="stack")}
        return [(event, stacks[event["pid"], event["stack"]]) for event in select(result.traces, ev="fd")
                if event["op"] in ("socket", "socketpair", "accept", "accept4")]

    def opened(self, result):
        """The frames by which each descriptor was opened first."""
        found = {}
        for event, frames in self.openings(result):
            found.setdefault(event["fd"], frames)
        return found

    def violations(self, result, code, count):
        """Those of a code, which are so many different ones, in the order of their descriptors."""
        found = [violation for violation in result.report["violations"] if violation["code"] == code]
        self.assertEqual(count, len(found), f"expected {count} different violations of {code}\n{result.stderr}")
        return sorted(found, key=lambda violation: violation["fds"][0])
