"""What the tests of packages for test runners share: a project, run with the shim and without, by the user's own command.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import subprocess

from socksan_test import SockSanTest, find, socksan


class RunnerTest(SockSanTest):
    COMMAND = []  # of the runner
    ENVIRONMENT = {}

    @staticmethod
    def packages(output):
        """Builds what ./dev packages builds into a folder."""
        made = subprocess.run([find("dev"), "packages", f"--output={output}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if made.returncode != 0:
            raise AssertionError(f"./dev packages: status {made.returncode}, expected 0\n{made.stdout}")

    def write(self, name, text):
        path = pathlib.Path(self.tmp, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def go(self, *args, under=True):
        """Status and all that was said, under SockSan or without."""
        env = self.environment(PYTHONDONTWRITEBYTECODE="1", NO_COLOR="1", **self.ENVIRONMENT)
        command = [*self.COMMAND, *args]
        if under:
            command = [socksan(), "run", "--fail-on=never", "--", *command]
        status, stdout, stderr = self.finish(self.start(command, env=env))
        return status, stdout + stderr

    @staticmethod
    def told(said):
        """The findings, without the descriptor and the addresses."""
        return sorted(set(re.sub(r"descriptor \d+, (\w+)(, (?:from|to) [^ ,]+)*", r"\1", line.replace(os.getcwd() + "/", "")).strip()
                          for line in re.findall(r"socksan: (.* left open: .*)$", said, re.M)))

    def check(self, expected, status, *args):
        """Under SockSan exactly these findings and this status; without it none, and the status of a clean suite."""
        bare_status, bare = self.go(*args, under=False)
        self.assertEqual((bare_status, self.told(bare)), (0, []), f"expected silence without SockSan\n{bare}")
        got, said = self.go(*args)
        self.assertEqual(self.told(said), sorted(expected), f"expected these findings\n{said}")
        self.assertEqual(got, status, said)
        return said
