"""`./dev install` makes a tree that works wherever it is moved to, and refuses what it cannot do.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import socksan_test
from documents import installed


def install(*args, command="install", **env):
    """Runs `dev install`, or `uninstall`, on the files that are built already, since Bazel cannot run inside of Bazel."""
    built = pathlib.Path(socksan_test.socksan()).parents[1]
    return subprocess.run(
        [socksan_test.find("dev"), command, *args],
        env=dict(os.environ, DEV_BUILT=str(built), **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def run_true(socksan):
    """`socksan run --require-shim`, which fails with 125 unless the shim was found and could enter the command."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("SOCKSAN")}
    return subprocess.run(
        [socksan, "run", "--require-shim", "/bin/true"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_installed_tree_is_complete(self):
        result = install(f"--prefix={self.folder}/a/b")
        self.assertEqual(result.returncode, 0, result.stdout)
        files = sorted(str(p.relative_to(self.folder / "a/b")) for p in self.folder.rglob("*") if p.is_file())
        self.assertEqual(files, sorted(installed("lib")))

    def test_installed_socksan_finds_its_shim_also_after_a_move(self):
        result = install("--prefix", str(self.folder / "here"))
        self.assertEqual(result.returncode, 0, result.stdout)
        result = run_true(self.folder / "here/bin/socksan")
        self.assertEqual(result.returncode, 0, result.stdout)
        (self.folder / "here").rename(self.folder / "there")
        result = run_true(self.folder / "there/bin/socksan")
        self.assertEqual(result.returncode, 0, result.stdout)

    def validated(self, socksan):
        """What SARIF's own validator says of a report by this program, but for its notes: {rule, ...}."""
        tool = pathlib.Path(os.environ["SOCKSAN_NPM"], "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
        if not tool.exists():
            self.skipTest("sarif-multitool is not for this machine")
        if not os.access(tool, os.X_OK):
            tool.chmod(0o755)  # npm's own script, which is not run, would do so
        traces = [socksan_test.find(f"tests/traces/{name}") for name in ("tagged", "wrong_state_fates", "stale_close")]
        log, said = self.folder / "report.sarif", self.folder / "said.sarif"
        subprocess.run([socksan, "report", f"--output=sarif={log}", *traces], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        subprocess.run([tool, "validate", "--rule-kind=Sarif;Ghas", "--level=Error;Warning", "--log=ForceOverwrite", f"--output={said}", log],
                       env=dict(os.environ, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1"), stdout=subprocess.DEVNULL, check=False)
        run = json.loads(said.read_text(encoding="utf-8"))["runs"][0]
        self.assertTrue(run["invocations"][0]["executionSuccessful"], run["invocations"])
        return {result["ruleId"] for result in run["results"]}

    def test_sarif_of_an_installed_socksan_has_no_warning(self):
        result = install(f"--prefix={self.folder}/a")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(set(), self.validated(self.folder / "a/bin/socksan"))
        # Where it is not installed, there is no page to name.
        self.assertEqual({"SARIF2005"}, self.validated(socksan_test.socksan()))

    def test_uninstall_leaves_what_is_not_its_own(self):
        result = install(f"--prefix={self.folder}")
        self.assertEqual(result.returncode, 0, result.stdout)
        (self.folder / "bin/other").touch()
        result = install(f"--prefix={self.folder}", command="uninstall")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual([str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()], ["bin/other"])
        self.assertFalse((self.folder / "share/socksan").exists())
        result = install(f"--prefix={self.folder}", command="uninstall")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(f"there is no {self.folder}/bin/socksan", result.stdout)

    def test_socksan_without_its_shim_says_so(self):
        result = install(f"--prefix={self.folder}")
        self.assertEqual(result.returncode, 0, result.stdout)
        (self.folder / "lib/libsocksan.so").unlink()
        result = run_true(self.folder / "bin/socksan")
        self.assertEqual(result.returncode, 125, result.stdout)
        self.assertIn("libsocksan.so", result.stdout)

    def test_relative_prefix_is_taken_from_the_folder_of_the_caller(self):
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)
        result = install("--prefix=sub")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertTrue((self.folder / "sub/bin/socksan").exists(), result.stdout)

    def test_prefix_that_is_a_file_is_refused(self):
        (self.folder / "file").touch()
        result = install(f"--prefix={self.folder}/file/sub")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(f"cannot write to {self.folder}/file/sub", result.stdout)

    def test_prefix_that_cannot_be_written_is_refused(self):
        # /proc is the one place where root cannot write either.
        result = install("--prefix=/proc/socksan")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("cannot write to /proc/socksan", result.stdout)

    def test_unknown_argument_is_refused(self):
        result = install("--perfix=/nowhere")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("--perfix=/nowhere", result.stdout)


if __name__ == "__main__":
    unittest.main()
