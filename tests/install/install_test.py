"""`./dev install` makes a tree that works wherever it is moved to, and refuses what it cannot do.

SPDX-License-Identifier: Apache-2.0
"""

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
