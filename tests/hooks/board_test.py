"""The page that the processes of a run share: it says who is observed and who cannot write, and no host is harmed by it.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import resource
import socket
import struct
import subprocess
import unittest

from socksan_test import SockSanTest, program, read_traces, select, shim

DEATHS, NEXT = 80, 80 + 248 * 16
SIZE = NEXT + 64 * 64
FIELDS = ("first", "observed", "mute", "last_mute", "lost", "deaths", "barred", "last_barred", "begun", "unawaited")
N = 20


class Board(SockSanTest):
    def setUp(self):
        super().setUp()
        self.traces = self.folder("board")
        self.path = pathlib.Path(self.traces, "t.board")

    def make(self, size=None):
        self.path.write_bytes(bytes(SIZE if size is None else size))
        self.path.chmod(0o600)

    def read(self):
        return dict(zip(FIELDS, struct.unpack_from("<IIIIQIIIII", self.path.read_bytes())))

    def watched(self, cmd, **popen):
        return self.start(cmd, env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.traces}/t:board=1"), **popen)

    def ended(self, cmd, status, **popen):
        process = self.watched(cmd, **popen)
        result = self.finish(process)
        self.assertEqual(result[0], status, result[2])
        self.assertEqual(result[1], self.bare(cmd).stdout)
        return process.pid, result[2]

    def test_the_struct_is_as_long_as_this_test_takes_it_for(self):
        (source,) = [self.compile("size", '#include <stdio.h>\n#include "shim/model/board.h"\nint main(void){printf("%zu", sizeof(struct board));}',
                                  f"-I{pathlib.Path(__file__).resolve().parents[2]}")]
        self.assertEqual(subprocess.run([source], stdout=subprocess.PIPE, text=True, check=True).stdout, str(SIZE))

    def test_a_program_without_sockets_is_counted_and_leaves_no_file(self):
        self.make()
        pid, said = self.ended(["/bin/true"], 0)
        self.assertEqual((self.read(), said), ({**dict.fromkeys(FIELDS, 0), "first": pid, "observed": 1, "unawaited": 1}, ""))
        self.ended(["/bin/sh", "-c", "/bin/true; exec /bin/true"], 0)
        self.assertEqual((self.read()["first"], self.read()["observed"]), (pid, 4), "expected each program to count, an exec too")
        self.assertEqual(os.listdir(self.traces), ["t.board"])

    def test_an_inherited_socket_makes_a_trace(self):
        self.make()
        with socket.socket() as inherited:
            self.ended(["/bin/true"], 0, pass_fds=[inherited.fileno()])
        self.assertEqual(len(select(read_traces(self.traces), ev="process")), 1)

    @unittest.skipIf(os.getuid() != 0, "becoming somebody else takes root")
    def test_a_child_that_cannot_write_is_mute(self):
        self.make()
        pid, said = self.ended([program("hook_faults"), str(N), "setuid_fork"], 3)
        events, board = read_traces(self.traces), self.read()
        self.assertEqual(len(said.splitlines()), 1, f"expected one line about it, got {said!r}")
        self.assertEqual((board["observed"], board["mute"]), (1, 1))
        self.assertNotIn(board["last_mute"], (0, pid))
        self.assertEqual({event["pid"] for event in events}, {pid})
        self.assertEqual(board["lost"], N * 7, "expected the events of the child to be counted")

    def test_a_board_that_is_none_harms_nobody(self):
        victim = pathlib.Path(self.tmp, "victim")
        victim.write_bytes(bytes(SIZE))
        plants = {"nothing": lambda: None,
                  "too short": lambda: self.make(SIZE - 1),
                  "too long": lambda: self.make(2 * SIZE),
                  "empty": lambda: self.make(0),
                  "a link": lambda: self.path.symlink_to(victim),
                  "a hard link": lambda: os.link(victim, self.path),
                  "a folder": self.path.mkdir,
                  "a pipe": lambda: os.mkfifo(self.path)}
        for what, plant in plants.items():
            with self.subTest(what):
                plant()
                _, said = self.ended([program("hook_faults"), str(N)], 3)
                self.assertEqual(said, "")
                self.assertEqual(victim.read_bytes(), bytes(SIZE))
                if self.path.is_dir():
                    self.path.rmdir()
                else:
                    self.path.unlink(missing_ok=True)

    def test_a_board_cut_short_while_running(self):
        self.make()
        process = self.watched([program("hook_faults"), str(N), "wait"], stdin=subprocess.PIPE,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))  # so that events go there
        self.assertIn("cycles", process.stdout.readline())
        process.stdout.readline()
        self.assertEqual((self.read()["mute"], self.read()["last_mute"]), (1, process.pid))
        os.truncate(self.path, 0)
        stdout, _ = process.communicate("x", timeout=120)
        self.assertEqual(process.returncode, 3, "expected the host to go on, not SIGBUS")
        self.assertIn(f"{N} cycles", stdout)


if __name__ == "__main__":
    unittest.main()
