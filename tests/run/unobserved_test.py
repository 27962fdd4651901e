"""Commands that the shim cannot enter are run all the same, and the report says that nothing was observed, and why.

SPDX-License-Identifier: Apache-2.0
"""

import os
import shutil
import subprocess
import unittest

from run_test_base import RunTest

HELLO = "int puts(const char *); int main(void) { puts(\"hello\"); return 4; }"


class Unobserved(RunTest):
    def assert_run_but_not_observed(self, cmd, why, status=4, **popen):
        ended = self.run_(cmd, **popen)
        self.assertEqual(ended[1], "hello\n", f"{cmd}: expected it to run\n{ended[2]}")
        self.assert_status(ended, status, str(cmd))
        self.assertIn("not observed", ended[2].replace("nothing was observed", "not observed"), "expected the report to say so")
        self.assertIn(why, ended[2], "expected the report to say why")
        self.assertNotIn("ld.so", ended[2], "expected no complaint of a loader")

    def assert_refused_with_require_shim(self, cmd, why, **popen):
        ended = self.run_(cmd, "--require-shim", **popen)
        self.assert_status(ended, 125, f"--require-shim -- {cmd}")
        self.assertEqual(ended[1], "", "expected that it was not run")
        self.assertIn(why, ended[2])

    def assert_unobserved(self, cmd, why, **popen):
        self.assert_run_but_not_observed(cmd, why, **popen)
        self.assert_refused_with_require_shim(cmd, why, **popen)

    def test_a_static_program(self):
        self.assert_unobserved([self.compile("static", HELLO, "-static")], "statically linked")

    def test_a_static_position_independent_program(self):
        self.assert_unobserved([self.compile("static", HELLO, "-static-pie")], "statically linked")

    def test_a_script_of_a_static_interpreter(self):
        busybox = shutil.which("busybox")
        if busybox is None or b"INTERP" in subprocess.run(["readelf", "-lW", busybox], stdout=subprocess.PIPE, check=False).stdout:
            self.skipTest("no static busybox here")
        shell = os.path.join(self.tmp, "sh")
        shutil.copy(busybox, shell)
        self.assert_unobserved([self.write("script", f"#!{shell}\necho hello\nexit 4\n")], "statically linked")

    def test_the_children_of_a_static_program_are_observed(self):
        busybox = shutil.which("busybox")
        if busybox is None:
            self.skipTest("no busybox here")
        leak = "import socket; socket.socket().detach()"
        ended = self.run_([busybox, "sh", "-c", "/usr/bin/python3 -c \"$1\"; exit 0", "sh", leak])
        self.assert_status(ended, 23, "a leak in a child of a static shell")
        self.assertIn("statically linked", ended[2])

    def test_a_32_bit_program(self):
        path = self.compile("narrow", HELLO, "-m32")
        try:
            subprocess.run([path], stdout=subprocess.DEVNULL, check=False)
        except OSError as refusal:
            self.skipTest(f"this kernel runs no 32-bit programs: {refusal}")
        self.assert_unobserved([path], "32-bit")

    def test_a_program_of_another_libc(self):
        if shutil.which("musl-gcc") is None:
            self.skipTest("no musl-gcc here")
        path = os.path.join(self.tmp, "musl")
        subprocess.run(["musl-gcc", "-x", "c", "-", "-o", path], input=HELLO, text=True, check=True)
        self.assert_unobserved([path], "ld-musl")

    def test_a_set_user_id_program(self):
        if os.getuid() != 0:
            self.skipTest("only root can make a program set-user-ID of another user")
        path = self.compile("suid", HELLO)
        os.chmod(self.tmp, 0o755)
        os.chown(path, 65534, 65534)
        os.chmod(path, 0o4755)
        if os.statvfs(path).f_flag & os.ST_NOSUID:
            self.skipTest("the folder for tests ignores set-user-ID")
        self.assert_unobserved([path], "set-user-ID")

    def test_set_user_id_of_the_caller_himself_does_not_matter(self):
        path = self.compile("suid", HELLO)
        os.chmod(path, 0o4755)
        ended = self.run_([path], "--require-shim")
        self.assert_status(ended, 4, "set-user-ID of the same user")
        self.assertNotIn("observed", ended[2])

    def test_a_program_that_cannot_start_leaves_an_honest_reason(self):
        library, gone = self.compile("libgone.so", "int gone(void) { return 0; }", "-shared", "-fPIC"), "int gone(void);"
        path = self.compile("needy", gone + " int main(void) { return gone(); }", library)
        os.unlink(library)
        ended = self.run_([path])
        self.assert_status(ended, 127, "a missing library")
        self.assertIn("left no trace", ended[2])

    def test_require_shim_is_content_with_a_command_that_is_observed(self):
        self.assert_status(self.run_(["true"], "--require-shim"), 0, "true")


if __name__ == "__main__":
    unittest.main()
