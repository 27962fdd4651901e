"""Fingerprints survive changes around a mistake: a rebuild, other lines, another folder, another machine. Each as a
user would see it: a baseline from before, and a run after the change.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

from run_test_base import PYTHON, RunTest
from socksan_test import socksan

C = """
#include <sys/socket.h>
#include <unistd.h>

static int make(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static void serve(int s)
{
	close(s);
	close(s);
}

int main(void)
{
	int s = make();
	int kept = make();
	serve(s);
	return kept < 0;
}
"""

SCRIPT = """
import os, socket

def make():
    return socket.socket()

def serve():
    s = make()
    fd = s.detach()
    os.close(fd)
    kept = make().detach()
    try:
        os.close(fd if fd != kept else -1)
    except OSError:
        pass

serve()
"""


class Fingerprints(RunTest):
    def built(self, folder, source=C, *flags, compiler="gcc"):
        os.makedirs(f"{self.tmp}/{folder}/src", exist_ok=True)
        path = f"{self.tmp}/{folder}/src/server.c"
        pathlib.Path(path).write_text(source, encoding="utf-8")
        subprocess.run([compiler, "-g", *flags, "-o", f"{self.tmp}/{folder}/server", path], check=True)
        return [f"{self.tmp}/{folder}/server"]

    def script(self, folder, source=SCRIPT):
        os.makedirs(f"{self.tmp}/{folder}", exist_ok=True)
        path = f"{self.tmp}/{folder}/server.py"
        pathlib.Path(path).write_text(source, encoding="utf-8")
        return [PYTHON, path]

    def baseline(self, cmd):
        """A baseline of cmd, with its traces in self.traces."""
        base, self.traces = f"{self.tmp}/base.json", self.folder("traces")
        ended = self.run_(cmd, f"--write-baseline={base}", f"--trace-dir={self.traces}")
        self.assert_status(ended, 23, cmd)
        return base

    def assert_known(self, base, cmd, about):
        report = f"{self.tmp}/after.json"
        ended = self.run_(cmd, f"--baseline={base}", "--fail-on=warning", f"--output=json={report}")
        self.assert_status(ended, 0, about)
        violations = json.loads(pathlib.Path(report).read_text(encoding="utf-8"))["violations"]
        self.assertEqual([True] * len(violations), [one["known"] for one in violations], f"{about}: expected every violation to be known\n{ended[2]}")
        self.assertTrue(violations, f"{about}: expected violations")

    def test_a_rebuild(self):
        base = self.baseline(self.built("a"))
        self.assert_known(base, self.built("a", C, "-Wl,--build-id=0x" + 20 * "5a", "-no-pie"), "a rebuild")
        self.assert_known(base, self.built("a", C, "-Og", "-fno-optimize-sibling-calls"), "an optimised build")
        if shutil.which("clang"):
            self.assert_known(base, self.built("a", C, compiler="clang"), "a build of another compiler")

    def test_other_lines(self):
        base = self.baseline(self.built("a"))
        self.assert_known(base, self.built("a", "/* new\n * lines\n */\n" + C.replace("static void serve", "int unrelated(void);\nint unrelated(void) { return 1; }\n\nstatic void serve")),
                          "other lines in C")
        base = self.baseline(self.script("p"))
        self.assert_known(base, self.script("p", "# new\n# lines\n" + SCRIPT.replace("def serve", "def unrelated():\n    pass\n\ndef serve")), "other lines in Python")

    def test_another_folder(self):
        base = self.baseline(self.built("a"))
        self.assert_known(base, self.built("elsewhere/deep down"), "another folder")
        base = self.baseline(self.script("p"))
        self.assert_known(base, self.script("elsewhere/deep down"), "another folder of a script")

    def test_another_machine(self):
        """The traces as another machine would have written them: its name, its boot, its C library, its numbers."""
        base = self.baseline(self.built("a"))
        there = self.folder("there")
        libc = set()
        for path in pathlib.Path(self.traces).glob("*.jsonl"):
            lines = []
            for line in map(json.loads, filter(None, path.read_text(encoding="utf-8").split("\n"))):
                line["pid"] += 1000
                line["t"] += 10**15
                if line["ev"] == "process":
                    line.update(host="elsewhere", boot="00000000-0000-0000-0000-000000000000", ppid=1)
                if line["ev"] == "module" and "libc.so" in line["path"]:
                    libc.add(str(line["id"]))
                    line.update(path="/lib64/libc.so.6", build_id="00" * 20)
                if line["ev"] == "stack":
                    line["frames"] = [f"{frame}9" if frame.split("+")[0] in libc else frame for frame in line["frames"]]
                lines.append(json.dumps(line) + "\n")
            (pathlib.Path(there) / path.name).write_text("".join(lines), encoding="utf-8")
        self.assertTrue(libc, "expected frames of the C library")
        status, stdout, stderr = self.finish(self.start([socksan(), "report", f"--baseline={base}", there]))
        self.assertEqual(0, status, f"expected every violation to be known\n{stdout}{stderr}")
        self.assertIn("known[double-close]", stdout)

    def test_another_mistake_is_new(self):
        base = self.baseline(self.built("a"))
        for other in (C.replace("serve", "handle"), C.replace("	int kept = make();", "	int kept = socket(AF_UNIX, SOCK_STREAM, 0);")):
            self.assert_status(self.run_(self.built("a", other), f"--baseline={base}"), 23, "another mistake")


if __name__ == "__main__":
    unittest.main()
