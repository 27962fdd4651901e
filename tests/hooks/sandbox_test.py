"""Seccomp filters that kill for every call they do not know: the recorder makes none, and counts all that it loses. Under a filter that was
there before the program, it makes no call that it did not try in a child first.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from socksan_test import SockSanTest, codes, command, find, program, read_traces, select, shim  # noqa: E402

REFUSED = "the seccomp filter that this program was started under kills"


def number(call):
    """The number of a system call here."""
    built = subprocess.run(["gcc", "-E", "-P", "-x", "c", "-"], input=f"#include <sys/syscall.h>\nn=SYS_{call}", text=True,
                           stdout=subprocess.PIPE, check=True)
    return built.stdout.rpartition("n=")[2].strip()


def hook_filter(how, call, what, *rest):
    return command("hook_filter", how, number(call), what, *rest)


class Sandbox(SockSanTest):
    def check(self, how, sockets):
        result = self.preload(command("hook_sandbox", how))
        self.assertEqual((result.status, result.stdout), (3, "done\n"), f"{how}: expected the status and output of a run without the shim")
        made = [e for e in result.traces if e["ev"] == "fd" and e["op"] == "socket"]
        self.assertEqual(len(made), sockets, f"{how}: expected a line for every socket, in the sandbox too")
        (end,) = [e for e in result.traces if e["ev"] == "exit"]
        self.assertEqual((end["status"], end["dropped"]), (3, 0), f"{how}: expected the exit line, and nothing lost")
        return result

    def test_a_filter_set_by_prctl_is_survived(self):
        self.check("prctl", 2002)

    def test_a_filter_set_by_syscall_is_survived(self):
        self.check("syscall", 2002)

    def test_a_first_socket_inside_the_sandbox_is_recorded(self):
        self.check("late", 2001)

    def test_a_socket_left_open_is_told_though_the_kernel_cannot_be_asked(self):
        result = self.check("leaves", 2003)
        self.assertEqual([e["op"] for e in result.traces if e.get("note") == "closed-unseen"], [], "expected nobody to have closed it")
        self.assertEqual(len([e for e in result.traces if e["ev"] == "leak"]), 1, "expected a leak line")


class Filters(SockSanTest):
    """Filters of one call each, which the program does not make."""

    def same(self, cmd, options="", env=None):
        """As without the shim: its Result."""
        bare = self.bare(cmd)
        self.assertEqual(bare.status, 0, f"{cmd[1:]} without SockSan: {bare.stderr}")
        result = self.preload(cmd, options, env)
        self.assertEqual(result[:3], bare[:3], f"{cmd[1:]} {options}: expected the status and outputs of a run without the shim")
        return result

    def test_the_end_of_a_thread_with_descriptors_of_its_own(self):
        self.same(hook_filter("kill", "getpid", "apart"))

    def test_a_child_that_is_not_followed(self):
        self.same(hook_filter("kill", "getpid", "child_exits"), "follow=0")
        self.same(hook_filter("kill", "geteuid", "child_becomes"), "follow=0")
        self.same(hook_filter("kill", "geteuid", "child_becomes"))

    def test_the_filter_of_a_vfork_child_is_its_own(self):
        result = self.same(hook_filter("kill", "rt_sigprocmask", "vforks", program("unseen_static")))
        made = select(result.traces, op="socket")
        self.assertEqual(len(made), 6000, "expected the parent, which has no filter, to be recorded to its end")

    def test_an_environment_that_cannot_be_read(self):
        self.same(hook_filter("kill", "ptrace", "environment"))

    def test_a_range_that_is_closed(self):
        result = self.socksan_run(hook_filter("kill", "ptrace", "ranges"))
        self.assertEqual((result.status, result.stdout), (0, "closed\n"), result.stderr)
        self.assert_silent(result)

    def test_a_range_that_the_filter_keeps_open(self):
        result = self.socksan_run(hook_filter("refuse", "close_range", "ranges"))
        self.assert_codes(result, {"never-closed": 3})

    def test_a_forked_child_is_counted(self):
        result = self.socksan_run(hook_filter("kill", "ptrace", "forks"))
        self.assertEqual((result.status, result.stdout), (24, "exit 0\n"), f"expected an incomplete report\n{result.stderr}")
        (why,) = result.report["incomplete"]
        self.assertEqual((why["why"], why["count"]), ("mute", 1), "expected the report to know of a child that could write no trace")
        self.assertNotIn("pid", why, "expected no word of a number that the child does not know")
        self.assertIn("5 events", why["message"])

    def test_a_forked_child_that_uses_no_socket_lacks_nothing(self):
        result = self.socksan_run(hook_filter("kill", "ptrace", "forks_idle"))
        self.assertEqual((result.status, result.stdout), (0, "exit 0\n"), result.stderr)

    def test_descriptors_that_may_have_come_unseen_are_counted(self):
        result = self.socksan_run(hook_filter("kill", "ptrace", "receives"))
        self.assertEqual((result.status, result.stdout), (24, "used\n"), f"expected an incomplete report\n{result.stderr}")
        self.assertEqual([why["why"] for why in result.report["incomplete"]], ["sandbox"])

    def test_a_stack_that_leads_nowhere(self):
        source = """
#include "program.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
int broken(void);
__asm__(".text\\nbroken:\\n.cfi_startproc\\npush %rbp\\n.cfi_def_cfa_offset 16\\n.cfi_offset 6, -16\\nmov $0x10000, %ebp\\n"
	".cfi_def_cfa_register 6\\nmov $2, %edi\\nmov $1, %esi\\nxor %edx, %edx\\ncall socket@plt\\npop %rbp\\n.cfi_def_cfa 7, 8\\nret\\n.cfi_endproc\\n");
int main(void)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {1, code};
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	close(MUST(broken()));
	puts("done");
	return 0;
}
"""
        if os.uname().machine != "x86_64":
            self.skipTest("written for x86-64")
        path = self.compile("broken", source, f"-I{find('tests/programs/program.h').resolve().parent}")
        result = self.same([path])
        self.assertEqual(len(select(result.traces, op="socket")), 2)


class Before(SockSanTest):
    """Filters that were there before the program that the shim is in."""

    USES = ("uses", "and closes")

    def under(self, how, call, cmd):
        """cmd with the shim, started under such a filter by a launcher without."""
        folder = self.folder("trace")
        inside = ["/usr/bin/env", f"LD_PRELOAD={shim()}", f"SOCKSAN_OPTIONS=log_path={folder}/t", *cmd]
        ended = self.finish(self.start(hook_filter(how, call, "execs", *inside)))
        return ended, read_traces(folder)

    def calls(self):
        """The system calls that the shim's sources make for themselves."""
        top = find("shim/model/hooks.def").resolve().parents[1]
        texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(top.glob("*/*.[ch]"))}
        made = {name: set(re.findall(r"\bsys\d?(?:_raw)?\(SYS_(\w+)", text)) for name, text in texts.items()}
        return made.pop("sandbox.c") | {"openat", "mmap", "getsockopt"}, set().union(*made.values())

    def test_all_that_the_recorder_calls_is_tried_first(self):
        tried, made = self.calls()
        # The end, and the same program once more, are the host's own. A connection is made to look reset only where a failure is injected.
        self.assertEqual(made - tried - {"exit_group", "execve", "connect"}, set(), "expected a try of each call in shim/process/sandbox.c")

    def test_a_filter_that_kills_for_any_of_it(self):
        uses = command("hook_filter", "refuse", "0", *self.USES)
        recorded, refused = [], []
        for call in sorted(self.calls()[0] - {"clone", "wait4", "exit_group", "prctl"}):
            with self.subTest(call):
                bare = self.bare(hook_filter("kill", call, "execs", "/usr/bin/env", *uses))
                if bare.status == -signal.SIGSYS:
                    continue  # the program makes it, its loader or env do
                ended, events = self.under("kill", call, uses)
                self.assertEqual(ended[:2], (0, "used\n"), f"expected the program to run on\n{ended[2]}")
                if events:
                    recorded.append(call)
                    self.assertEqual(ended[2], "")
                else:
                    refused.append(call)
                    self.assertLessEqual(ended[2].count(REFUSED), 1)
                    self.assertLessEqual(len(ended[2].splitlines()), 1, "expected one line at most")
        self.assertIn("process_vm_readv", refused)
        self.assertEqual(recorded, [], "expected nothing to be begun where one call kills")

    def test_one_line_says_so(self):
        uses = command("hook_filter", "refuse", "0", *self.USES)
        for call in ("getpid", "process_vm_readv", "madvise", "getdents64"):
            with self.subTest(call):
                ended, events = self.under("kill", call, uses)
                self.assertEqual((ended[:2], events), ((0, "used\n"), []))
                self.assertEqual(ended[2].count(REFUSED), 1, f"expected the program's one line\n{ended[2]}")

    def test_the_report_knows(self):
        uses = command("hook_filter", "refuse", "0", *self.USES)
        for call in ("getpid", "process_vm_readv"):
            with self.subTest(call):
                result = self.socksan_run(hook_filter("kill", call, "execs", *uses))
                self.assertEqual((result.status, result.stdout), (24, "used\n"), f"expected an incomplete report\n{result.stderr}")
                (why,) = result.report["incomplete"]
                self.assertEqual((why["why"], why["count"]), ("mute", 1))
                self.assertIn("was started under a sandbox", why["message"])
                self.assertEqual(why["pid"], result.report["processes"][0]["pid"])

    def test_one_that_refuses_is_none_that_kills(self):
        leaves = command("hook_filter", "refuse", "0", "uses")
        for call in ("ptrace", "process_vm_readv", "madvise", "sched_yield"):
            with self.subTest(call):
                result = self.socksan_run(hook_filter("refuse", call, "execs", *leaves))
                self.assertEqual((result.status, result.stdout), (0, "used\n"), result.stderr)
                self.assertEqual(codes(result.report).get("never-closed"), 1, "expected the descriptor that came by recvmsg to be told")
                self.assertNotIn("incomplete", result.report, f"expected nothing to be missing\n{result.stderr}")

    def test_the_host_is_told_of_no_child(self):
        source = """
#include "program.h"
int main(void)
{
	sigset_t pending;
	int status;
	EXPECT(sigpending(&pending) == 0 && !sigismember(&pending, SIGCHLD));
	EXPECT(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
	EXPECT(waitpid(-1, &status, WNOHANG | __WALL) == -1 && errno == ECHILD);
	puts("none");
	return 0;
}
"""
        path = self.compile("childless", source, "-D_GNU_SOURCE", f"-I{find('tests/programs/program.h').resolve().parent}")
        for how in ("refuse", "kill"):
            ended, _ = self.under(how, "process_vm_readv", [path])
            self.assertEqual(ended[:2], (0, "none\n"), ended[2])


if __name__ == "__main__":
    unittest.main()
