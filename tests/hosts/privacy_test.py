"""What a trace reveals, and to whom: only its owner can read it, it contains no byte of payload, and a program with more rights
than its caller writes none.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shutil
import socket
import stat
import struct
import subprocess
import tempfile
import unittest

from socksan_test import SockSanTest, command, find, program, read_trace, select, shim, socksan

SECRET = "correct-horse-battery-staple"
NOBODY = 65534


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Privacy(SockSanTest):
    def files(self, folder):
        return sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())

    def test_a_trace_is_for_its_owner_alone_whatever_the_umask(self):
        result = self.preload(command("silent_udp"), umask=0)
        for path in self.files(result.folder):
            self.assertEqual(mode(path), 0o600, f"{path}: expected a trace that its owner alone may read")
        self.assertEqual(len(self.files(result.folder)), 1)

    def test_folders_that_run_makes_are_for_their_owner_alone(self):
        show = ["/bin/sh", "-c", "stat -c %a \"$(dirname \"${SOCKSAN_OPTIONS##*log_path=}\")\""]
        private = self.start([socksan(), "run", "--", *show], umask=0)
        self.assertEqual(self.finish(private)[1], "700\n", "expected a private folder of mode 700")
        given = f"{self.tmp}/given/traces"
        self.finish(self.start([socksan(), "run", f"--trace-dir={given}", "--", *command("silent_udp")], umask=0))
        self.assertEqual(mode(given), 0o700, "expected the folder of --trace-dir to be made with mode 700")
        self.assertEqual({path.name.partition(".")[2]: mode(path) for path in self.files(given) if path.suffix != ".jsonl"}, {"board": 0o600})
        self.assertEqual([mode(path) for path in self.files(given) if path.suffix == ".jsonl"], [0o600])

    def test_a_trace_opened_up_is_closed_again_before_more_is_written(self):
        """A process that becomes another program goes on with its file."""
        folder = self.folder("exec")
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t")
        script = f"chmod 644 {folder}/t.$$.jsonl && exec {program('silent_udp')}"
        with socket.socket() as inherited:  # for which the shell has a trace
            status, _, stderr = self.finish(self.start(["/bin/sh", "-c", script], env=env, pass_fds=[inherited.fileno()]))
        self.assertEqual(status, 0, stderr)
        (path,) = [path for path in self.files(folder) if '"how":"exec"' in path.read_text() and "silent_udp" in path.read_text()]
        self.assertEqual(mode(path), 0o600)
        self.assertEqual(sum(event["ev"] == "process" for event in read_trace(str(path))), 2, "expected both programs in one file")

    def planted(self, plant):
        """silent_udp with something at its trace's name before it starts; plant makes it. It is left alone: the next name is taken."""
        folder = self.folder("planted")
        os.chmod(folder, 0o777)
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t")
        process = self.start(command("silent_udp"), env=env, preexec_fn=lambda: plant(f"{folder}/t.{os.getpid()}.jsonl"))
        status, _, stderr = self.finish(process)
        self.assertEqual((status, stderr), (0, ""))
        planted, own = (os.lstat(f"{folder}/t.{process.pid}{n}.jsonl") for n in ("", "-2"))
        self.assertEqual((own.st_uid, stat.S_IMODE(own.st_mode), stat.S_ISREG(own.st_mode)), (os.geteuid(), 0o600, True))
        self.assertTrue(stat.S_ISLNK(planted.st_mode) or not stat.S_ISREG(planted.st_mode) or planted.st_size < 100,
                        "expected what was there to be left as it was")
        self.assertTrue(select(read_trace(f"{folder}/t.{process.pid}-2.jsonl"), ev="exit"), "expected a whole trace of its own")

    def test_what_lies_at_its_name_is_not_followed_or_taken(self):
        victim = pathlib.Path(self.tmp, "victim")
        victim.write_text("precious\n")

        def of_somebody_else(name):
            pathlib.Path(name).touch()
            os.chown(name, NOBODY, NOBODY)

        plants = {"a symbolic link": lambda name: os.symlink(victim, name),
                  "a link to nothing": lambda name: os.symlink(f"{self.tmp}/made", name),
                  "a hard link": lambda name: os.link(victim, name),
                  "a pipe": os.mkfifo,
                  "a folder": os.mkdir}
        if os.getuid() == 0:
            plants["a file of another user"] = of_somebody_else
        for what, plant in plants.items():
            with self.subTest(what):
                self.planted(plant)
                self.assertEqual(victim.read_text(), "precious\n")
                self.assertFalse(os.path.exists(f"{self.tmp}/made"))

    def test_no_payload_is_in_traces_or_reports(self):
        env = self.environment(HOST_SECRET=SECRET)
        result = self.socksan_run([program("host_secret"), "visible-argument"], "--fail-on=never",
                                  "--output=text=" + f"{self.tmp}/report.txt", env=env)
        self.assertEqual((result.status, result.stdout), (0, "passed\n"), result.stderr)
        files = self.files(result.folder) + self.files(pathlib.Path(result.folder).parent) + [pathlib.Path(self.tmp, "report.txt")]
        self.assertGreaterEqual(len(files), 3)
        self.assertTrue(any("visible-argument" in path.read_text() for path in files), "expected the command line to be recorded")
        self.assertGreater(sum(event.get("tx", 0) for event in result.traces), 0, "expected bytes to be counted")
        for path in files:
            self.assertNotIn(SECRET, path.read_text(errors="replace"), f"{path}: expected no byte of payload")

    def test_no_payload_of_a_python_program_either(self):
        code = ("import os, socket\n"
                "def leak(secret):\n"
                "    global a, b\n"
                "    a, b = socket.socketpair()\n"
                "    a.sendall(secret.encode())\n"
                "    b.close()\n"
                "leak(os.environ['HOST_SECRET'])\n")
        source = pathlib.Path(self.tmp, "leaky.py")
        source.write_text(code)
        result = self.socksan_run(["/usr/bin/python3", str(source)], "--fail-on=never", env=self.environment(HOST_SECRET=SECRET))
        for path in self.files(pathlib.Path(result.folder).parent):
            self.assertNotIn(SECRET, path.read_text(errors="replace"), f"{path}: expected no byte of payload")

    def test_the_command_line_can_be_left_out(self):
        result = self.socksan_run(["/bin/sh", "-c", f": password-of-the-shell; {program('host_secret')} password-of-the-program"],
                                  "--fail-on=never", "--option=argv=0", env=self.environment(HOST_SECRET=SECRET))
        self.assertTrue(result.traces, "expected a trace")
        for path in self.files(pathlib.Path(result.folder).parent):
            self.assertNotIn("password", path.read_text(errors="replace"), f"{path}: expected no command line with argv=0")
        self.assertEqual({tuple(process["argv"]) for process in result.report["processes"]}, {()})
        self.assertIn("host_secret", result.stderr, "expected the report to name the program all the same")

    def test_no_path_of_a_file_is_taken_for_more_than_a_name(self):
        """Traces are data: what a report of them names is neither made nor written to."""
        trace = find("tests/traces/minimal/hand.jsonl").read_text()
        target = pathlib.Path(self.tmp, "t", "target")
        folder = pathlib.Path(self.tmp, "given")
        folder.mkdir()
        line = re.sub(r'"exe":"[^"]*"', f'"exe":"{target}"', trace)
        (folder / "socksan.1.jsonl").write_text(line)
        self.socksan_report(str(folder))
        self.assertFalse(target.parent.exists())
        self.assertEqual((folder / "socksan.1.jsonl").read_text(), line, "expected the trace to be left as it is")



@unittest.skipIf(os.getuid() != 0, "a set-user-ID program in a root of its own takes root")
class Secure(SockSanTest):
    """A machine that preloads the shim into everything, by /etc/ld.so.preload, set-user-ID programs too."""

    def setUp(self):
        super().setUp()
        self.root = tempfile.mkdtemp(prefix="socksan-root-")
        self.addCleanup(shutil.rmtree, self.root)
        os.chmod(self.root, 0o755)
        files = [program("silent_udp"), shim()]
        linked = subprocess.run(["ldd", *files], stdout=subprocess.PIPE, text=True, check=True).stdout
        for library in set(re.findall(r"(/\S+\.so\S*) \(", linked)):
            self.place(library, library)
        self.place(shim(), "/lib/libsocksan.so")
        self.place(program("silent_udp"), "/plain")
        self.place(program("silent_udp"), "/privileged", 0o6755)
        pathlib.Path(self.root, "etc").mkdir()
        pathlib.Path(self.root, "etc/ld.so.preload").write_text("/lib/libsocksan.so\n")
        pathlib.Path(self.root, "home").mkdir(mode=0o777)
        os.chmod(f"{self.root}/home", 0o777)

    def place(self, source, target, bits=0o755):
        path = pathlib.Path(self.root + target)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(source), path)
        os.chmod(path, bits)

    def traces_of(self, name, options):
        """The files that a caller without rights finds in the folder it chose after running a program there."""
        def enter():
            os.chroot(self.root)
            os.chdir("/home")
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)

        process = self.start([f"/{name}"], env=options, preexec_fn=enter, cwd="/")
        self.assertEqual(self.finish(process), (0, "", ""), f"{name}: expected what it does without the shim")
        return sorted(os.listdir(f"{self.root}/home"))

    def test_it_is_never_traced_into_a_folder_that_its_caller_chose(self):
        for options in ({"SOCKSAN_OPTIONS": "log_path=/home/t:verbosity=0"}, {}):
            with self.subTest(options):
                self.assertEqual(self.traces_of("privileged", options), [], "expected no trace of a set-user-ID program")
        self.assertEqual(len(self.traces_of("plain", {"SOCKSAN_OPTIONS": "log_path=/home/t"})), 1,
                         "expected the same program to be traced without the bit")

    def test_nor_one_that_has_rights_by_file_capabilities(self):
        self.place(program("silent_udp"), "/capable")
        net_bind_service = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)  # effective; struct vfs_cap_data of linux/capability.h
        try:
            os.setxattr(f"{self.root}/capable", "security.capability", net_bind_service)
        except OSError as refusal:
            self.skipTest(f"file capabilities cannot be given here: {refusal}")
        self.assertEqual(self.traces_of("capable", {"SOCKSAN_OPTIONS": "log_path=/home/t"}), [],
                         "expected no trace of a program with capabilities of its own")


if __name__ == "__main__":
    unittest.main()
