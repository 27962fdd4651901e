"""`socksan doctor` says what would hinder recording, in the cases in which `socksan run` and `socksan attach` fail, and in no others.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, TIMEOUT, check, shim, socksan  # pylint: disable=wrong-import-position

NOTHING = "int main(void) { return 0; }"
WAITS = "#include <unistd.h>\nint main(void) { for (;;) pause(); }"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
SECCOMP = """
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(void)
{
	struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog filter = {1, all};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
	for (;;)
		pause();
}
"""
UNDUMPABLE = "#include <sys/prctl.h>\n" + WAITS.replace("for", "prctl(PR_SET_DUMPABLE, 0); for")
needs_root = unittest.skipIf(os.getuid() != 0, "needs root")


def state(pid, key="State"):
    """A line of the status of a process."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return text.split(f"\n{key}:")[1].split("\n")[0].strip()


def until(truth, what):
    """Wait for something that comes soon."""
    end = time.monotonic() + TIMEOUT
    while not truth():
        if time.monotonic() > end:
            raise AssertionError(f"expected within {TIMEOUT} s: {what}")
        time.sleep(0.02)


class DoctorTest(SockSanTest):
    def setUp(self):
        super().setUp()
        self.usual = {name for name, row in self.doctor().items() if row[0] == "note"}  # of this machine, such as a policy of its container

    def environment(self, **more):
        """Of PATH, the folders that this user may search: for what is in none of them, execvp would say of the others that it may not be run."""
        path = os.pathsep.join(folder for folder in os.get_exec_path() if os.access(folder, os.X_OK))
        return super().environment(**{"PATH": path, **more})

    def wrong(self, rows, *expected):
        return {name: row for name, row in rows.items() if row[0] == "problem" or row[0] == "note" and (name in expected or name not in self.usual)}

    def doctor(self, *args, before=(), tool=None, **popen):
        """{check: (result, found, help)}, after the status, the text and the schema were held against each other."""
        cmd = [*before, tool or socksan(), "doctor", "--format=json", *map(str, args)]
        status, out, err = self.finish(self.start(cmd, **popen))
        self.assertIn(status, (0, 1), f"{cmd}: expected a verdict\n{out}{err}")
        self.assertEqual("", err, f"{cmd}: expected nothing on standard error")
        document = json.loads(out)
        check("analyzer/report/doctor.schema.json", document, str(cmd))
        rows = {}
        for row in document["checks"]:
            if rows.get(row["check"], ("ok",))[0] == "ok":
                rows[row["check"]] = (row["result"], row["found"], row.get("help"))
        problems = [row for row in document["checks"] if row["result"] == "problem"]
        self.assertEqual((status, document["hindered"]), (int(bool(problems)), bool(problems)), f"{cmd}: expected status 1 for a problem\n{out}")
        return rows

    def assert_only(self, rows, name, result, found, help_=None):
        """This is the one row that is not ok."""
        self.assertEqual({name: result}, {key: row[0] for key, row in self.wrong(rows, name).items()}, f"expected a {result} of {name} alone: {rows}")
        self.assertRegex(rows[name][1], found)
        if help_:
            self.assertRegex(rows[name][2] or "", help_)

    def assert_fine(self, rows):
        self.assertEqual({}, self.wrong(rows), "expected every row to be ok")

    def bare_process(self, *cmd, **popen):
        """A process that waits, by now the program that it is to become."""
        process = self.start(cmd, **popen)
        name = os.path.basename(cmd[-2] if cmd[-1].isdigit() else cmd[-1])[:15]
        until(lambda: pathlib.Path(f"/proc/{process.pid}/comm").read_text(encoding="utf-8").strip() == name and state(process.pid).startswith("S"), name)
        return process


class Commands(DoctorTest):
    def assert_as_run(self, cmd, name, result, found, help_=None, **popen):
        """The verdict is what `run --require-shim` does."""
        self.assert_only(self.doctor(*cmd, **popen), name, result, found, help_)
        status = self.finish(self.start([socksan(), "run", "--require-shim", "--", *cmd], **popen))[0]
        self.assertIn(status, (125, 126, 127), f"{cmd}: expected `run` to fail as well")

    def written(self, name, text, mode=0o755):
        path = pathlib.Path(self.tmp, name)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return str(path)

    def test_a_program_that_can_be_recorded(self):
        path = self.compile("fine", NOTHING)
        for cmd in ([path], [path, "--format=xml", "-x"], ["--", "sh", "-c", "exit 3"], ["true"], [self.written("script", "#!/bin/sh\nexit 0\n")],
                    [self.written("bare", "exit 0\n")]):
            with self.subTest(cmd=cmd):
                rows = self.doctor(*cmd)
                self.assert_fine(rows)
                self.assertEqual({"shim", "trace folder", "open files", "file size", "address space", "trial run", "command", "program", "confinement"}, set(rows))

    def test_it_is_not_run_and_nothing_is_left(self):
        folder, made = self.folder("tmp"), os.path.join(self.tmp, "made")
        self.assert_fine(self.doctor("touch", made, env=self.environment(TMPDIR=folder)))
        self.assertFalse(os.path.exists(made), "expected the command not to be run")
        self.assertEqual([], os.listdir(folder), "expected the traces of the trial run to be removed")
        self.assertFalse(os.path.exists(f"{made}/traces") or self.doctor(f"--trace-dir={made}/traces", "true")["trace folder"][0] != "ok")
        self.assertFalse(os.path.exists(made), "expected the folder for traces not to be made")

    def test_static_programs(self):
        for flag in ("-static", "-static-pie"):
            with self.subTest(flag):
                path = self.compile("static", NOTHING, flag)
                self.assert_as_run([path], "program", "problem", f"^{path} is statically linked", "without -static")
        script = self.written("script", f"#!{path} -x\n")
        self.assert_as_run([script], "program", "problem", f"^{path} is statically linked")

    @needs_root
    def test_programs_that_gain_privileges(self):
        os.chmod(self.tmp, 0o755)
        if os.statvfs(self.tmp).f_flag & os.ST_NOSUID:
            self.skipTest("the folder for tests ignores set-user-ID")
        for name, mode in (("suid", 0o4755), ("sgid", 0o2755)):
            path = self.compile(name, NOTHING)
            os.chown(path, 65534, 65534)
            os.chmod(path, mode)
            with self.subTest(name):
                self.assert_as_run([path], "program", "problem", "^.* is set-user-ID, set-group-ID or has file capabilities", "put `socksan run` behind it")

    @needs_root
    def test_file_capabilities_of_another_user(self):
        path = self.compile("able", NOTHING)
        copy = self.for_every_user(path)
        if shutil.which("setcap") is None or subprocess.run(["setcap", "cap_net_raw+ep", copy], check=False).returncode != 0:
            self.skipTest("file capabilities cannot be set here")
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()), TMPDIR="/tmp")
        rows = self.doctor(copy, before=NOBODY, tool=self.for_every_user(socksan()), env=env, cwd="/")
        self.assert_only(rows, "program", "problem", "file capabilities")

    def test_programs_of_another_libc(self):
        if shutil.which("musl-gcc") is None:
            self.skipTest("no musl-gcc here")
        path = os.path.join(self.tmp, "musl")
        subprocess.run(["musl-gcc", "-x", "c", "-", "-o", path], input=NOTHING, text=True, check=True)
        self.assert_as_run([path], "program", "problem", "is loaded by /lib/ld-musl-.*, and the shim needs glibc's loader", "against glibc")

    def test_programs_of_another_machine(self):
        path = self.compile("other", NOTHING)
        image = bytearray(pathlib.Path(path).read_bytes())
        image[18:20] = (8).to_bytes(2, "little")  # EM_MIPS
        pathlib.Path(path).write_bytes(image)
        self.assert_as_run([path], "program", "problem", "is built for another architecture than the shim")

    def test_what_cannot_be_run_at_all(self):
        plain = self.written("plain", "exit 0\n", 0o644)
        lost = self.written("lost", "#!/nonexistent/python3\n")
        wanted = self.written("wanted", "#!/usr/bin/env no-such-python\n")
        for cmd, name, found, help_ in (([f"{self.tmp}/none"], "command", "command not found$", "check the path"),
                                        (["no-such-command-here"], "command", "command not found$", "PATH"),
                                        ([plain], "command", "cannot be run: Permission denied$", "chmod"),
                                        ([self.tmp], "command", "cannot be run: Is a directory$", None),
                                        ([lost], "program", f"^{lost} needs /nonexistent/python3, which does not exist$", "install what is missing"),
                                        ([wanted], "program", f"^{wanted} needs no-such-python, which does not exist$", "install what is missing")):
            with self.subTest(cmd=cmd):
                self.assert_as_run(cmd, name, "problem", found, help_)
        self.assert_only(self.doctor("--", "12345"), "command", "problem", "^12345: command not found")

    @needs_root
    def test_a_program_that_cannot_be_read(self):
        copy = self.for_every_user(self.compile("hidden", NOTHING))
        os.chmod(copy, 0o711)
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()), TMPDIR="/tmp")
        rows = self.doctor(copy, before=NOBODY, tool=self.for_every_user(socksan()), env=env, cwd="/")
        self.assert_only(rows, "program", "note", "cannot be read", "--require-shim")

    def test_programs_of_go(self):
        if shutil.which("go") is None:
            self.skipTest("no go here")
        pathlib.Path(self.tmp, "main.go").write_text("package main\nimport _ \"net\"\nimport \"C\"\nfunc main() {}\n", encoding="utf-8")
        env = self.environment(CGO_ENABLED="1", GOCACHE=f"{self.tmp}/cache", GOFLAGS="-mod=mod", HOME=self.tmp, GO111MODULE="off")
        built = self.bare(["go", "build", "-o", "program", "main.go"], env=env)
        if built.status != 0:
            self.skipTest(f"go cannot build here: {built.stderr}")
        self.assert_only(self.doctor(f"{self.tmp}/program"), "program", "note", "is written in Go", "C libraries")


class Machine(DoctorTest):
    def test_nothing_hinders(self):
        rows = self.doctor()
        self.assert_fine(rows)
        self.assertEqual(("ok", os.path.realpath(shim()), None), rows["shim"])
        self.assertIn("attaching", rows)
        status, out, err = self.finish(self.start([socksan(), "doctor"]))
        self.assertEqual((0, ""), (status, err))
        self.assertRegex(out, r"^ok       shim +/")
        self.assertRegex(out, r"\nsocksan: nothing hinders recording a program here( \(\d+ notes?\))?\n$")

    def test_text_and_advice(self):
        status, out, err = self.finish(self.start([socksan(), "doctor", "no\x1bsuch"]))
        self.assertEqual((1, ""), (status, err))
        self.assertRegex(out, r"\nproblem  command +no\\x1bsuch: command not found\n +  = help: give its path, or add its folder to PATH\n")
        self.assertRegex(out, r"\nsocksan: 1 problem hinders recording no\\x1bsuch( \(\d+ notes?\))?\n$")

    def test_unusable_arguments(self):
        for args, why in ((["--format=xml"], "no format 'xml'; there are text json"), (["--trace-dir="], "wants a folder"), (["1", "2"], "one PID at a time"),
                          (["0"], "is not a PID"), (["99999999999"], "is not a PID"), (["--fromat=json"], "did you mean '--format'")):
            with self.subTest(args=args):
                status, out, err = self.finish(self.start([socksan(), "doctor", *args]))
                self.assertEqual((2, ""), (status, out), err)
                self.assertIn(why, err)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for args in ([], ["--format=json"]):
                process = self.start([socksan(), "doctor", *args], stdout=full)
                self.assertEqual(2, self.finish(process)[0], f"{args}: expected status 2 when the disk is full")

    def with_shim(self, path, **popen):
        return self.doctor("true", env=self.environment(SOCKSAN_SHIM=path), **popen)

    def test_the_shim(self):
        self.assert_only(self.with_shim("/nonexistent/libsocksan.so"), "shim", "problem", "named by SOCKSAN_SHIM: No such file", "SOCKSAN_SHIM")
        text = pathlib.Path(self.tmp, "libsocksan.so")
        text.write_text("no library", encoding="utf-8")
        self.assert_only(self.with_shim(str(text)), "shim", "problem", "not a shared library")
        spaced = os.path.join(self.folder("a b"), "libsocksan.so")
        shutil.copy(shim(), spaced)
        self.assert_only(self.with_shim(spaced), "shim", "problem", "a space cannot be preloaded")

    def test_a_shim_that_does_not_work(self):
        """Whatever keeps a program from being recorded shows when one is run."""
        for source, why in (("int other;", "was not recorded$"), ("int gone(void); int other(void) { return gone(); }", "failed: .*undefined symbol: gone$"),
                            ("__attribute__((constructor)) static void end(void) { __builtin_trap(); }", "was ended by signal [0-9]+$")):
            with self.subTest(source):
                other = self.compile("libsocksan.so", source, "-shared", "-fPIC", "-Wl,-z,now")
                self.assert_only(self.with_shim(other), "trial run", "problem", f"^a program that was run under the shim {why}", "LD_DEBUG")

    def test_a_shim_of_another_version(self):
        version = self.bare([socksan(), "--version"]).stdout.split()[1]
        other = os.path.join(self.folder("other"), "libsocksan.so")
        pathlib.Path(other).write_bytes(pathlib.Path(shim()).read_bytes().replace(f"{version}\0".encode(), b"7" + f"{version}\0".encode()[1:]))
        self.assert_only(self.with_shim(other), "trial run", "problem", f"the shim is of version 7{version[1:]}, and socksan of {version}$", "same package")

    @needs_root
    def test_a_shim_that_the_user_may_not_read(self):
        copy = self.for_every_user(shim())
        os.chmod(copy, 0o600)
        rows = self.with_shim(copy, before=NOBODY, tool=self.for_every_user(socksan()), cwd="/")
        self.assert_only(rows, "shim", "problem", "Permission denied")

    def mounted(self, options, then, *args, **env):
        """A doctor in a mount namespace of its own, in which the folder `there` is a tmpfs with these options, after the shell did `then`."""
        there = self.folder("there")
        script = f"mount -t tmpfs -o {options} none {there} && {then.format(there=there)} && exec \"$@\""
        tried = self.bare(["unshare", "-m", "sh", "-c", script, "sh", "true"])
        if tried.status != 0:
            self.skipTest(f"nothing can be mounted here: {tried.stderr}")
        words = {name: value.format(there=there) for name, value in env.items()}
        return self.doctor(*(arg.format(there=there) for arg in args), "true", before=["unshare", "-m", "sh", "-c", script, "sh"], env=self.environment(**words))

    @needs_root
    def test_a_shim_on_a_file_system_without_exec(self):
        rows = self.mounted("noexec", f"cp {shim()} {{there}}/libsocksan.so", SOCKSAN_SHIM="{there}/libsocksan.so")
        self.assert_only(rows, "shim", "problem", "mounted noexec", "a copy elsewhere")

    @needs_root
    def test_the_folder_for_traces_has_no_room(self):
        rows = self.mounted("size=128k", "head -c 100000 /dev/zero >{there}/much", "--trace-dir={there}")
        self.assert_only(rows, "trace folder", "problem", "[0-9]+ KiB are left there", "another folder")
        rows = self.mounted("size=16m", "true", "--trace-dir={there}/new/traces")
        self.assert_only(rows, "trace folder", "note", "/there-.*/new/traces: 16384 KiB are left there", "max_bytes")
        rows = self.mounted("size=1g", "true", TMPDIR="{there}")
        self.assert_fine(rows)

    @needs_root
    def test_the_folder_for_traces_is_read_only(self):
        for args, env in ((["--trace-dir={there}/new"], {}), ([], {"TMPDIR": "{there}"})):
            rows = self.mounted("rw", "mount -o remount,ro {there}", *args, **env)
            self.assert_only(rows, "trace folder", "problem", "cannot keep traces in .*: Read-only file system", "--trace-dir")

    def test_the_folder_for_traces_is_none(self):
        path = pathlib.Path(self.tmp, "file")
        path.touch()
        for folder, why in ((path, "Not a directory"), (f"{path}/below", "Not a directory"), (f"{self.tmp}/a:b", "':' cannot be passed"), ("/proc/new", "No such file")):
            with self.subTest(folder):
                self.assert_only(self.doctor(f"--trace-dir={folder}", "true"), "trace folder", "problem", f"cannot keep traces in .*{why}")
        rows = self.doctor("true", env=self.environment(TMPDIR=f"{self.tmp}/gone"))
        self.assert_only(rows, "trace folder", "problem", "No such file", "TMPDIR")

    @needs_root
    def test_the_folder_for_traces_of_another_user(self):
        folder = os.path.dirname(self.for_every_user(shim()))
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()))
        rows = self.doctor(f"--trace-dir={folder}", "true", before=NOBODY, tool=self.for_every_user(socksan()), env=env, cwd="/")
        self.assert_only(rows, "trace folder", "problem", "Permission denied")

    def limited(self, what, limit):
        return self.doctor("true", preexec_fn=lambda: resource.setrlimit(what, (limit, limit)))

    def test_limits(self):
        self.assert_only(self.limited(resource.RLIMIT_FSIZE, 32 << 10), "file size", "problem", "at most 32 KiB", "ulimit -f")
        self.assert_only(self.limited(resource.RLIMIT_FSIZE, 8 << 20), "file size", "note", "at most 8192 KiB", "max_bytes")
        self.assert_only(self.limited(resource.RLIMIT_NOFILE, 12), "open files", "note", "at most 12", "ulimit -n")
        if self.bare(["prlimit", f"--as={62 << 20}", socksan(), "--version"]).status == 0:  # with its libraries
            self.assert_only(self.limited(resource.RLIMIT_AS, 62 << 20), "address space", "note", "at most 63488 KiB", "ulimit -v")
        self.assertEqual("at most 1024 MiB", self.limited(resource.RLIMIT_AS, 1 << 30)["address space"][1])

    def test_within_a_run(self):
        folder = self.folder("traces")
        rows = self.doctor("true", before=[socksan(), "run", f"--trace-dir={folder}", "-q", "--"])
        self.assert_fine(rows)


class Processes(DoctorTest):
    def assert_as_attach(self, pid, name, found, help_=None):
        """The verdict is what `attach` says."""
        self.assert_only(self.doctor(pid), name, "problem", found, help_)
        status, _, err = self.finish(self.start([socksan(), "attach", str(pid)]))
        self.assertEqual(2, status, f"{name}: expected `attach` to fail as well")
        self.assertRegex(err, found.lstrip("^").rstrip("$"))

    def test_a_process_that_can_be_attached_to(self):
        process = self.bare_process("sleep", "1000")
        rows = self.doctor(process.pid)
        self.assert_fine(rows)
        self.assertEqual({"shim", "trace folder", "process", "tracer", "shadow stack", "seccomp", "architecture", "permission", "libc", "recording",
                          "open files", "file size", "address space", "confinement"}, set(rows))
        self.assertEqual("0", state(process.pid, "TracerPid"))
        self.assertNotIn("libsocksan", pathlib.Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8"), "expected it not to be changed")

    def test_what_is_gone(self):
        gone = self.start(["true"])
        gone.wait()
        self.assert_as_attach(gone.pid, "process", f"there is no process {gone.pid}")

    def test_what_is_no_running_program(self):
        stopped = self.bare_process("sleep", "1000")
        os.kill(stopped.pid, signal.SIGSTOP)
        until(lambda: state(stopped.pid).startswith("T"), "a stop")
        self.assert_as_attach(stopped.pid, "process", r"\(sleep\) is stopped", "kill -CONT")
        zombie = self.start(["/usr/bin/python3", "-c", "import subprocess, time; p = subprocess.Popen(['true']); print(p.pid, flush=True); time.sleep(1000)"])
        pid = int(zombie.stdout.readline())
        until(lambda: state(pid).startswith("Z"), "a zombie")
        self.assert_as_attach(pid, "process", "has ended")

    def test_static_and_other_libc(self):
        static = self.bare_process(self.compile("static", WAITS, "-static"))
        self.assert_as_attach(static.pid, "libc", "is statically linked", "link it dynamically")
        if shutil.which("musl-gcc") is None:
            self.skipTest("no musl-gcc here")
        path = os.path.join(self.tmp, "musl")
        subprocess.run(["musl-gcc", "-x", "c", "-", "-o", path], input=WAITS, text=True, check=True)
        self.assert_as_attach(self.bare_process(path).pid, "libc", "uses musl", "against glibc")

    def test_under_a_filter(self):
        process = self.bare_process(self.compile("filtered", SECCOMP))
        until(lambda: state(process.pid, "Seccomp") == "2", "a filter")
        self.assert_as_attach(process.pid, "seccomp", "runs under a seccomp filter", "attach from inside it")

    def test_traced(self):
        if shutil.which("strace") is None:
            self.skipTest("no strace here")
        process = self.bare_process("sleep", "1000")
        self.start(["strace", "-o", f"{self.tmp}/calls", "-p", str(process.pid)])
        until(lambda: state(process.pid, "TracerPid") != "0", "a tracer")
        self.assert_as_attach(process.pid, "tracer", "is being traced by process [0-9]+", "end that first")

    def test_observed_already(self):
        process = self.bare_process("sleep", "1000")
        folder = self.folder("traces")
        self.assertEqual(0, self.finish(self.start([socksan(), "attach", f"--trace-dir={folder}", str(process.pid)]))[0])
        self.assert_only(self.doctor(process.pid), "recording", "note", "is observed already, by `socksan attach`", "socksan snapshot")

    def test_no_descriptor_is_free(self):
        hungry = """
import resource, time
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
kept = []
try:
    while True:
        kept.append(open("/dev/null"))
except OSError:
    print("ready", flush=True)
time.sleep(1000)
"""
        process = self.start(["/usr/bin/python3", "-c", hungry])
        self.assertEqual("ready\n", process.stdout.readline())
        self.assert_only(self.doctor(process.pid), "open files", "problem", "all of its 20 descriptors are in use", "prlimit")
        status, _, err = self.finish(self.start([socksan(), "attach", str(process.pid)]))
        self.assertEqual(2, status, f"expected `attach` to fail as well\n{err}")

    def test_no_memory_is_left(self):
        process = self.bare_process("sleep", "1000", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (10 << 20, 10 << 20)))
        self.assert_only(self.doctor(process.pid), "address space", "problem", "^only [0-9]+ KiB left", "prlimit --as")
        status, _, err = self.finish(self.start([socksan(), "attach", str(process.pid)]))
        self.assertEqual(2, status, f"expected `attach` to fail as well\n{err}")

    def as_nobody(self, *args):
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()), TMPDIR="/tmp")
        return self.doctor(*args, before=NOBODY, tool=self.for_every_user(socksan()), env=env, cwd="/")

    @needs_root
    def test_another_user(self):
        process = self.bare_process("sleep", "1000")
        self.assert_only(self.as_nobody(process.pid), "permission", "problem", "belongs to another user", "attach as root")

    @needs_root
    def test_what_protects_itself(self):
        process = self.bare_process(*NOBODY, self.for_every_user(self.compile("undumpable", UNDUMPABLE)), cwd="/")
        until(lambda: os.stat(f"/proc/{process.pid}/stat").st_uid == 0, "a process that is not dumpable")
        self.assert_only(self.as_nobody(process.pid), "permission", "problem", "not dumpable", "attach as root")

    @needs_root
    def test_what_its_user_may_not_reach(self):
        process = self.bare_process(*NOBODY, "sleep", "1000", cwd="/")
        copy = self.for_every_user(shim())
        env = self.environment(SOCKSAN_SHIM=copy, TMPDIR="/tmp")
        self.assert_fine(self.doctor(process.pid, env=env))
        folder = self.folder("mine")
        self.assert_only(self.doctor(f"--trace-dir={folder}", process.pid, env=env), "trace folder", "problem", "the user of process .* may not write to", "--trace-dir")
        os.chmod(copy, 0o600)
        self.assert_only(self.doctor(process.pid, env=env), "shim", "problem", "has a user who may not read", "a copy")
        status, _, err = self.finish(self.start([socksan(), "attach", str(process.pid)], env=env))
        self.assertEqual(2, status, err)
        self.assertRegex(err, "has a user who may not read .*: make ")

    @needs_root
    def test_another_root_folder(self):
        root = self.folder("root")
        script = f"mount --rbind / {root} && mount -t tmpfs none {root}/tmp && exec chroot {root} sleep 1000"
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()))
        process = self.start(["unshare", "-m", "sh", "-c", script], env=env, cwd="/")
        until(lambda: process.poll() is not None or pathlib.Path(f"/proc/{process.pid}/comm").read_text(encoding="utf-8") == "sleep\n", "a process below another root")
        if process.poll() is not None:
            self.skipTest(f"no process can be put below another root here: {process.stderr.read()}")
        rows = self.doctor(process.pid, env=env)
        self.assert_only(rows, "shim", "problem", "has a different root folder, which has no /tmp/", "put the shim there")
        self.assertEqual(f"a new folder in /proc/{process.pid}/root/tmp", rows["trace folder"][1])
        there = f"/proc/{process.pid}/root{os.path.dirname(env['SOCKSAN_SHIM'])}"
        os.makedirs(there)
        shutil.copy(shim(), there)
        self.assert_fine(self.doctor(process.pid, env=env))


if __name__ == "__main__":
    unittest.main()
