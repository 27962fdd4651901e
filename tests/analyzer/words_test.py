"""The words of `socksan` itself: commands, help, version, explain.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position


class Words(SockSanTest):
    def say(self, *args):
        return self.finish(self.start([socksan(), *args]))

    def assert_says(self, args, status, text):
        got = self.say(*args)
        self.assertEqual(status, got[0], f"socksan {args}: expected status {status}\n{got[1]}{got[2]}")
        self.assertIn(text, got[1] if status == 0 else got[2])
        return got


class WordsTest(Words):
    def test_help(self):
        for args in (["--help"], ["run", "--help"], ["report", "--help"], ["merge", "--help"], ["top", "--help"], ["snapshot", "--help"], ["export", "--help"], ["diff", "--help"],
                     ["explain", "--help"]):
            self.assert_says(args, 0, "Usage: socksan")

    def test_version(self):
        self.assertRegex(self.say("--version")[1], r"^socksan \d+\.\d+\.\d+\n$")

    def test_no_word(self):
        self.assert_says([], 2, "Usage: socksan")

    def test_a_mistyped_word(self):
        self.assert_says(["reprot"], 2, "did you mean 'report'?")
        self.assert_says(["\033[2J"], 2, "no command '\\x1b[2J'")

    def test_an_unknown_option(self):
        self.assert_says(["report", "--nonsense", "x"], 2, "--nonsense")


class MistypedOptions(Words):
    def test_the_nearest_is_named(self):
        for words, near in ((["report", "--fromat=json", "x"], "--format"), (["report", "--outptu", "json=y", "x"], "--output"),
                            (["merge", "--basline=x", "y"], "--baseline"), (["top", "--batsh", "1"], "--batch"), (["explain", "--hlep"], "--help")):
            got = self.assert_says(words, 2, f"did you mean '{near}'?")
            self.assertIn(f"See `socksan {words[0]} --help`", got[2])
        self.assert_says(["run", "--strickt", "true"], 125, "no option '--strickt'; did you mean '--strict'?")

    def test_what_is_nowhere_near(self):
        self.assertNotIn("did you mean", self.assert_says(["report", "--xyzzy", "x"], 2, "--xyzzy")[2])

    def test_what_is_no_option_of_ours(self):
        for words in (["run", "echo", "--fromat"], ["run", "--", "echo", "--fromat"], ["run", "-f", "json", "echo", "--fromat"], ["run", "--format", "json", "echo", "--fromat"]):
            self.assertEqual("--fromat\n", self.assert_says(words, 0, "--fromat")[1], words)
        self.assert_says(["report", "--suppressions", "--fromat", "x"], 2, "--suppressions: --fromat: No such file")
        self.assert_says(["report", "--", "--fromat"], 2, "--fromat: No such file")

    def test_a_name_may_be_short(self):
        self.assertEqual(0, self.say("run", "--form=json", "--allow", "true")[0])


class ShortForms(Words):
    """As other tools have them: strace and valgrind run what they are given, git has help and version as commands."""

    def test_a_program_is_run(self):
        for words in (["/bin/sh", "-c", "exit 7"], ["sh", "-c", "exit 7"], ["--format=json", "sh", "-c", "exit 7"], ["-f", "json", "--", "sh", "-c", "exit 7"]):
            status, stdout, stderr = self.say(*words)
            self.assertEqual((7, ""), (status, stdout), f"{words}: expected the program's own status and output\n{stderr}")
            self.assertIn('"socksan-report/1"' if words[0].startswith("-") else "socksan: ", stderr)

    def test_its_options_are_its_own(self):
        status, stdout, _ = self.say("echo", "--help", "--version")
        self.assertEqual((0, "--help --version\n"), (status, stdout))

    def test_a_program_that_is_not_there(self):
        self.assert_says(["./no-such-program"], 127, "./no-such-program: command not found")
        self.assert_says(["no-such-program"], 2, "no command 'no-such-program'")
        self.assert_says(["--no-such-option", "true"], 125, "--no-such-option")

    def test_a_program_that_is_here_and_not_in_path(self):
        os.symlink("/bin/true", f"{self.tmp}/checks")
        for name, says in (("checks", "; did you mean './checks'?"), ("check", "")):
            got = self.finish(self.start([socksan(), "run", name], env=self.environment(PATH="/usr/bin:/bin")))
            self.assertEqual((127, "", f"socksan: {name}: command not found{says}\n"), got)

    def test_names_that_are_mistyped(self):
        for args, says in ((["run", "--fail-on=DOUBLE-CLOSE", "--", "true"], "no code 'DOUBLE-CLOSE'; did you mean 'double-close'?"),
                           (["run", "--kinds=Files", "--", "true"], "no kind 'Files'; did you mean 'file'?"),
                           (["run", "--format=sariff", "--", "true"], "no format 'sariff'; did you mean 'sarif'?"),
                           (["export", "--format=perfeto", "."], "no format 'perfeto'; did you mean 'perfetto'?"),
                           (["init", "--ci=git-hub"], "no service 'git-hub'; did you mean 'github'?"),
                           (["fleet", "rport"], "did you mean 'report'?")):
            self.assert_says(args, 125 if args[0] == "run" else 2, says)

    def test_help_and_version_as_words(self):
        for words in (["version"], ["-v"], ["-V"]):
            self.assertEqual(self.say("--version"), self.say(*words), words)
        self.assertEqual(self.say("--help"), self.say("help"))
        self.assertEqual(self.say("merge", "--help"), self.say("help", "merge"))
        self.assert_says(["help", "reprot"], 2, "did you mean 'report'?")

    def test_codes_in_capitals(self):
        self.assertEqual(self.say("explain", "double-close"), self.say("explain", "DOUBLE_CLOSE"))
        self.assert_says(["explain", "DOUBLE_COLSE"], 2, "did you mean 'double-close'?")


class ExplainTest(Words):
    CODES = re.findall(r'^(?:VIOLATION|OUTCOME)\(\w+, "([a-z-]+)"', find("shim/model/violation.def").read_text(encoding="utf-8"), re.M)

    def test_the_list_has_every_code(self):
        listed = [line.split()[0] for line in self.say("explain")[1].split("\n\n")[0].splitlines()]
        self.assertEqual(self.CODES, listed)

    def test_help_names_every_format(self):
        formats = re.findall(r"^FORMAT\((\w+),", find("analyzer/report/format.def").read_text(encoding="utf-8"), re.M)
        for command in ("run", "report", "merge"):
            self.assertEqual(formats, re.findall(r"^ +(\w+): ", self.say(command, "--help")[1].split("Formats:")[1], re.M))

    def test_every_code_has_meaning_examples_and_help(self):
        for code in self.CODES:
            status, text, _ = self.say("explain", code)
            self.assertEqual(0, status)
            python = () if code.endswith("-fault") else ("In Python:",)
            for part in (f"{code}: ", "CWE-", "Wrong:", "Right:", *python, "To fix it:"):
                self.assertIn(part, text, f"explain {code}")

    def test_an_unknown_code(self):
        self.assert_says(["explain", "double-colse"], 2, "did you mean 'double-close'?")
        self.assert_says(["explain", "xyzzy"], 2, "no code 'xyzzy'.")
        self.assert_says(["explain", "bad-fd", "double-close"], 2, "one CODE")


if __name__ == "__main__":
    unittest.main()
