"""Commands that the shim cannot enter are run all the same, and the report says that nothing was observed, and why.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import shutil
import subprocess
import unittest

from run_test_base import PYTHON, RunTest, socksan

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

    def test_a_trace_that_is_removed_while_its_process_runs(self):
        source = """
import os, socket, sys
socket.socket().detach()
for name in os.listdir(sys.argv[1]):
    if name.endswith(".jsonl"):
        os.unlink(os.path.join(sys.argv[1], name))
for _ in range(int(sys.argv[2])):
    socket.socket().close()
"""
        for more in (1, 2000):  # which the file has room for, or not
            folder = os.path.join(self.tmp, f"traces{more}")
            ended = self.run_([PYTHON, "-c", source, folder, str(more)], f"--trace-dir={folder}", "--option=python=0")
            self.assert_status(ended, 24, "a report of a process whose trace is gone")
            self.assertIn("could write no trace", ended[2])

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

    def assert_programs_not_observed(self, n, cmd, *options, names=None):
        ended = self.run_(cmd, *options)
        self.assert_status(ended, 0, str(cmd))
        said = re.findall(r"note: (\d+) programs? w\w+ not observed(?:: (.*?))?: static", ended[2])
        self.assertEqual([int(number) for number, _ in said], [n] if n else [], f"{cmd}\n{ended[2]}")
        if names is not None:
            self.assertEqual(re.sub(r" \(process \d+\)", "", said[0][1]), names)
        self.assert_status(self.run_(cmd, "--require-shim", *options), 125 if n else 0, f"--require-shim -- {cmd}")

    def test_static_programs_that_the_command_starts_are_counted(self):
        static = self.compile("still", "int main(void) { return 0; }", "-static")
        spawn = f"import os; os.waitpid(os.posix_spawn('{static}', ['x'], os.environ), 0)"
        run = f"import subprocess; subprocess.run(['{static}'], cwd='/')"  # by fork and exec in every version of Python
        system = f"import os; os.system('{static}')"
        for n, names, cmd in ((1, "still", ["env", static]), (1, "still", ["sh", "-c", f"exec {static}"]), (2, "still, still", ["sh", "-c", f"{static}; {static}; true"]),
                              (1, "still", [PYTHON, "-c", run]), (1, "", [PYTHON, "-c", spawn]), (1, "still", [PYTHON, "-c", system]),
                              (100, None, ["sh", "-c", f"for i in $(seq 100); do {static}; done"])):
            with self.subTest(cmd=cmd):
                self.assert_programs_not_observed(n, cmd, names=names)

    def test_programs_that_are_observed_or_never_began_are_not(self):
        missing = "import subprocess\nfor i in range(2):\n try: subprocess.run(['/nowhere'], close_fds=i)\n except OSError: pass"
        spawn = "import os\nos.waitpid(os.posix_spawn('/bin/true', ['x'], os.environ), 0)\ntry: os.posix_spawn('/nowhere', ['x'], {})\nexcept OSError: pass"
        for cmd in (["sh", "-c", "true; /bin/true; ls / | cat >/dev/null; env true; (exec /bin/true); nowhere 2>/dev/null; true"], [PYTHON, "-c", missing],
                    [PYTHON, "-c", spawn], [PYTHON, "-c", "import os; os.system('true'); os.popen('true').read()"],
                    ["env", "-i", "/bin/sh", "-c", "/bin/true; exec env true"], [self.write("script", "#!/usr/bin/env sh\n/bin/true\n")],
                    [socksan(), "run", "--", "sh", "-c", "env true"]):
            with self.subTest(cmd=cmd):
                self.assert_programs_not_observed(0, cmd)

    def test_those_that_are_not_to_be_followed_are_not_missed(self):
        static = self.compile("still", "int main(void) { return 0; }", "-static")
        self.assert_programs_not_observed(0, ["sh", "-c", f"{static}; /bin/true"], "--option=follow=0")

    def test_a_run_within_a_run_tells_the_outer_one(self):
        static = self.compile("still", "int main(void) { return 0; }", "-static")
        ended = self.run_([socksan(), "run", "--", "env", static])
        self.assertEqual(ended[2].count("1 program was not observed: still"), 2, ended[2])

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
