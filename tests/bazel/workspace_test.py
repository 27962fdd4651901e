"""Another project's workspace that tests with SockSan, tests/bazel_example: its own Bazel, without a network.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import check, find  # pylint: disable=wrong-import-position

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
EXAMPLE = find("tests/bazel_example/WORKSPACE").resolve().parent


class Workspace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        cls.addClassCleanup(cls.end)
        info = cls.bazel("info", "bazel-testlogs")
        cls.logs = pathlib.Path(info.stdout.strip())
        cls.all = cls.bazel("test", "--keep_going", "//...")
        cls.all_logs = {name: cls.log(name) for name in cls.results(cls.all)}
        cls.leaks_outputs = cls.outputs("leaks_socksan_test")
        names = ["//:closes_test", "//:leaks_test", "//:script_test"]
        cls.under = cls.bazel("test", "--keep_going", "--run_under=@socksan//analyzer:run --fail-on=never-closed", *names)

    @classmethod
    def end(cls):
        cls.bazel("shutdown")
        subprocess.run(["chmod", "-R", "u+w", cls.tmp], check=False)
        shutil.rmtree(cls.tmp, ignore_errors=True)

    @classmethod
    def bazel(cls, command, *args):
        """Bazel in the example, with a server that ends with the test, or a minute after it was cut off."""
        # The analyzer is built once more, which takes a while where it is optimized.
        quiet = ["--nosandbox_debug", "--per_file_copt=external/socksan/analyzer/.*@-O0,-g0"] if command == "test" else []
        more = ["--symlink_prefix=/", "--curses=no", "--color=no", *quiet] if command != "shutdown" else []
        return subprocess.run(
            ["bazel", "--nohome_rc", f"--output_user_root={cls.tmp}/bazel", "--host_jvm_args=-Xmx384m", "--host_jvm_args=-XX:TieredStopAtLevel=1",
             "--max_idle_secs=60", command, *more, *args],
            cwd=EXAMPLE, env={"PATH": PATH, "HOME": cls.tmp, "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    @staticmethod
    def results(run):
        """{test: "PASSED" or "FAILED"}"""
        return dict(re.findall(r"^//:(\w+)\s+(?:\(cached\) )?(PASSED|FAILED)\b", run.stdout, re.M))

    @classmethod
    def log(cls, name):
        return (cls.logs / name / "test.log").read_text(encoding="utf-8")

    @classmethod
    def outputs(cls, name):
        """The undeclared outputs of a test: {name: text}."""
        with zipfile.ZipFile(cls.logs / name / "test.outputs/outputs.zip") as archive:
            return {entry: archive.read(entry).decode() for entry in archive.namelist()}

    def test_socksan_test_fails_for_the_leaking_test_alone(self):
        self.assertEqual(self.results(self.all), {
            "closes_test": "PASSED",
            "leaks_test": "PASSED",
            "script_test": "PASSED",
            "closes_socksan_test": "PASSED",
            "leaks_socksan_test": "FAILED",
            "leaks_never_fails_socksan_test": "PASSED",
            "leaks_suppressed_socksan_test": "PASSED",
            "script_socksan_test": "PASSED",
        }, self.all.stderr)

    def test_report_stands_in_the_log(self):
        self.assertRegex(self.all_logs["leaks_socksan_test"],
                         r"error\[never-closed\]: Unix stream socket.*\n  --> leaks_test\.c:\d+ in forgets_one")
        self.assertIn("error[never-closed]", self.all_logs["leaks_never_fails_socksan_test"])
        self.assertNotIn("socksan", self.all_logs["leaks_test"], "the test alone is no business of SockSan's")

    def test_report_stands_among_the_outputs(self):
        report = json.loads(self.leaks_outputs["socksan.json"])
        check("analyzer/report/report.schema.json", report, "socksan.json")
        self.assertEqual(report["totals"]["by_code"], {"never-closed": 1})
        cases = xml.etree.ElementTree.fromstring(self.leaks_outputs["socksan.xml"]).iter("testcase")
        self.assertEqual([case.get("name") for case in cases if case.find("failure") is not None], ["never-closed"])

    def test_wrapped_test_gets_arguments_data_and_environment(self):
        self.assertRegex(self.all_logs["script_socksan_test"],
                         r"greeting: it's here\ndata is there\nargument: (\./)?data\.txt\n"
                         r"(.*\n)*socksan: no violations in 1 process, 2 sockets")

    def test_run_under_takes_the_whole_workspace_and_options(self):
        self.assertEqual(self.results(self.under), {"closes_test": "PASSED", "leaks_test": "FAILED", "script_test": "PASSED"},
                         self.under.stderr)
        self.assertRegex(self.log("leaks_test"), r"error\[never-closed\](.*\n)*.*leaks_test\.c:\d+ in forgets_one")
        self.assertIn("socksan.json", self.outputs("leaks_test"))


if __name__ == "__main__":
    unittest.main()
