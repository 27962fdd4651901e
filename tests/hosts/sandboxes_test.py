"""Hosts in sandboxes made by others: namespaces, bubblewrap, system call filters. They run as without SockSan, and if nothing can be
recorded, one line says so.

SPDX-License-Identifier: Apache-2.0
"""

import os
import shutil
import socket
import subprocess
import unittest

from hosts_base import HostTest
from socksan_test import codes, program, read_report, select, shim, socksan


INSIDE = [program("host_limits"), "children", "3"]  # forks, and needs no network


class SandboxesTest(HostTest):
    def need(self, *trial):
        """A skip where the tool is missing, or may not do here what it does."""
        if shutil.which(trial[0]) is None:
            self.skipTest(f"no {trial[0]} here")
        tried = subprocess.run([*trial, "/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               timeout=60, check=False)
        if tried.returncode != 0:
            self.skipTest(f"{' '.join(trial)} does not work here: {tried.stdout}")

    def assert_recorded(self, wrapper, cmd):
        self.need(*wrapper)
        result = self.assert_same([*wrapper, *cmd], found={})
        self.assertTrue(select(result.traces, op="socket"), f"{wrapper}: expected what runs inside to be recorded")

    def test_user_namespaces(self):
        for options in (("-Ur",), ("-U",), ("-Urn",), ("-Urpf", "--mount-proc")):
            with self.subTest(options):
                self.assert_recorded(["unshare", *options], INSIDE)

    def test_a_process_that_lives_on_in_another_pid_namespace_has_left_nothing_open(self):
        inside = ["unshare", *([] if os.getuid() == 0 else ["-Ur"]), "--pid", "--fork", "--mount-proc"]
        self.need(*inside)
        folder = self.folder("elsewhere")
        holds = "import socket; socket.socket().detach(); print('holds', flush=True); input()"
        living = self.start([*inside, "env", f"LD_PRELOAD={shim()}", "/usr/bin/python3", "-c", holds], stdin=subprocess.PIPE,
                            env=self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/socksan"))
        self.assertEqual(living.stdout.readline(), "holds\n")
        report = self.socksan_report(folder)
        self.assertEqual(codes(report.report), {}, "expected no leak of a process that lives")
        if os.getuid() == 0 and os.stat("/proc/self/ns/pid").st_ino == 0xeffffffc:  # from where all are seen
            self.assertEqual([process["end"] for process in report.report["processes"]], ["running"])
        path = f"{self.folder('report')}/report.json"
        blind = self.finish(self.start([*inside, socksan(), "report", f"--output=json={path}", folder]))
        self.assertEqual(blind[0], 24, f"expected a report that says what it cannot know\n{blind[2]}")
        seen = read_report(path)
        self.assertEqual((codes(seen), [process["end"] for process in seen["processes"]]), ({}, ["unknown"]), blind[2])
        living.communicate("\n", timeout=60)
        self.assertEqual(codes(self.socksan_report(folder).report), {"never-closed": 1}, "expected its leak once it has ended")

    def test_bubblewrap_that_lets_it_write(self):
        self.assert_recorded(["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent"],
                             INSIDE)

    def test_bubblewrap_that_does_not(self):
        wrapper = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-pid", "--unshare-net"]
        self.need(*wrapper)
        cmd = [*wrapper, *INSIDE]
        bare = self.bare_once(cmd)
        result = self.assert_same_run(cmd, bare, options=("--allow-dropped",))
        self.assertEqual(codes(result.report), {}, "expected no word of what was not seen")
        self.assertEqual([one["why"] for one in result.report["incomplete"]], ["mute"], "expected to be told that it was not seen")
        self.assertEqual(self.socksan_run(cmd).status, 24, "expected that this is no clean bill")
        self.assertIn("cannot write the trace", result.stderr, "expected one line that nothing is recorded, and why")

    def test_bubblewrap_without_proc(self):
        wrapper = ["bwrap", "--bind", "/", "/", "--tmpfs", "/proc", "--dev", "/dev"]
        self.assert_recorded(wrapper, INSIDE)

    def test_a_program_without_new_privileges(self):
        self.assert_recorded(["setpriv", "--no-new-privs"], INSIDE)


@unittest.skipIf(shutil.which("sshd", path="/usr/sbin") is None or shutil.which("ssh") is None, "no sshd or ssh here")
class SshdTest(HostTest):
    """openssh's server on loopback: it re-executes itself, forks, gives up its rights and locks itself into a seccomp filter."""

    def keygen(self, name):
        path = os.path.join(self.tmp, name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return path

    def test_a_session(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        host, user = self.keygen("host"), self.keygen("user")
        if os.getuid() != 0:
            self.skipTest("privilege separation takes root")
        os.makedirs("/run/sshd", exist_ok=True)
        with open(f"{self.tmp}/config", "w", encoding="ascii") as config:
            config.write(f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {host}\nAuthorizedKeysFile {user}.pub\nPidFile none\n"
                         "StrictModes no\nUsePAM no\nPermitRootLogin yes\nMaxStartups 1\n")
        server = self.start_socksan(["/usr/sbin/sshd", "-D", "-e", "-f", f"{self.tmp}/config"], "--fail-on=never")
        ssh = ["ssh", "-F", "none", "-p", str(port), "-i", user, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
               f"UserKnownHostsFile={self.tmp}/known", "-o", "ConnectionAttempts=20", "-o", "ConnectTimeout=20", "127.0.0.1", "echo inside; exit 7"]
        ended = self.finish(self.start(ssh))
        server.terminate()
        result = self.end_socksan(server)
        self.assertEqual(ended[:2], (7, "inside\n"), f"expected the session to work\n{ended[2]}\n{result.stderr}")
        self.assertTrue(select(result.traces, op="accept"), "expected the server to be recorded")
        self.assertIn("Accepted publickey", result.stderr)


if __name__ == "__main__":
    unittest.main()
