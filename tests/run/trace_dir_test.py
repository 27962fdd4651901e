"""Where the traces of `socksan run` go, what becomes of them, and in what form they end.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

from run_test_base import PYTHON, RunTest
from socksan_test import read_trace

CLEAN = [PYTHON, "-c", "import socket; socket.socket().close()"]
LEAK = [PYTHON, "-c", "import socket; socket.socket().detach()"]
KILLED = [PYTHON, "-c", "import os, socket; s = [socket.socket() for _ in range(50)]; os.kill(os.getpid(), 9)"]


class TraceDir(RunTest):
    def setUp(self):
        super().setUp()
        self.traces = os.path.join(self.tmp, "deep", "er", "traces")

    def files(self):
        return sorted(pathlib.Path(self.traces).glob("*.jsonl"))

    def test_a_missing_folder_is_made_for_its_owner_alone_and_kept(self):
        self.assert_status(self.run_(CLEAN, f"--trace-dir={self.traces}"), 0, "a clean command")
        self.assertEqual(stat.S_IMODE(os.stat(self.traces).st_mode), 0o700)
        self.assertEqual(len(self.files()), 1, "expected one trace")
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.traces}/socksan.board").st_mode), 0o600, "expected the board beside it")

    def test_a_folder_without_traces_can_be_reported_on(self):
        self.assert_status(self.run_(["true"], f"--trace-dir={self.traces}"), 0, "true")
        self.assertEqual(os.listdir(self.traces), ["socksan.board"], "expected no trace where no socket was used")
        self.assertEqual(self.socksan_report(self.traces).status, 0, "expected the same as of the run")

    def test_a_folder_for_a_command_that_cannot_run_stays_empty(self):
        self.assert_status(self.run_([self.write("broken", "#!/missing/interpreter\n")], f"--trace-dir={self.traces}"), 127, "a broken script")
        self.assertEqual(os.listdir(self.traces), [])

    def test_runs_that_share_a_new_folder_begin_at_once(self):
        for i in range(6):
            traces = f"{self.tmp}/new{i}"
            started = [self.start_run(["true"], f"--trace-dir={traces}") for _ in range(8)]
            for process in started:
                self.assert_status(self.finish(process), 0, "one of several runs that share a new folder")
            self.assertEqual(os.listdir(traces), ["socksan.board"], "expected nothing else left there")

    def test_runs_that_share_a_folder_answer_for_themselves(self):
        option, ready, done = f"--trace-dir={self.traces}", f"{self.tmp}/ready", f"{self.tmp}/done"
        code = f"import os, socket, time\nopen('{ready}', 'w').close()\nsocket.socket().close()\nwhile not os.path.exists('{done}'): time.sleep(.01)"
        clean = self.start_run([PYTHON, "-c", code], option)
        while not os.path.exists(ready):
            time.sleep(.01)
        self.assert_status(self.run_(LEAK, option), 23, "a leak")
        pathlib.Path(done).touch()
        ended = self.finish(clean)
        self.assert_status(ended, 0, "a clean command while another leaked")
        self.assertIn("in 1 process, 1 socket", ended[2])
        self.assertEqual(len(self.files()), 2)

    def test_a_path_that_cannot_be_passed_on_is_refused(self):
        long = os.path.join(self.tmp, *["d" * 200] * 16)
        for path, why in ((os.path.join(self.tmp, "a:b"), "a path with ':' cannot be passed to the shim"),
                          (long, "a path this long cannot be passed to the shim")):
            os.makedirs(path)
            ended = self.run_(LEAK, f"--trace-dir={path}")
            self.assert_status(ended, 125, path)
            self.assertIn(why, ended[2])
            self.private = path
            ended = self.run_(LEAK)
            self.assert_status(ended, 125, f"TMPDIR={path}")
            self.assertIn(f"{why}; name another folder with TMPDIR or --trace-dir", ended[2])

    def test_an_existing_folder_keeps_its_mode_and_what_it_holds(self):
        os.makedirs(self.traces)
        os.chmod(self.traces, 0o755)
        pathlib.Path(self.traces, "notes.txt").write_text("mine", encoding="utf-8")
        self.assert_status(self.run_(["true"], f"--trace-dir={self.traces}"), 0, "true")
        self.assertEqual(stat.S_IMODE(os.stat(self.traces).st_mode), 0o755)
        self.assertEqual(pathlib.Path(self.traces, "notes.txt").read_text(encoding="utf-8"), "mine")

    def test_traces_of_earlier_runs_stay_and_are_not_reported_again(self):
        option = f"--trace-dir={self.traces}"
        self.assert_status(self.run_(LEAK, option), 23, "a leak")
        before = {path: path.read_bytes() for path in self.files()}
        self.assert_status(self.run_(CLEAN, option), 0, "a clean command after a leak")
        for path, content in before.items():
            self.assertEqual(path.read_bytes(), content, "expected the earlier trace untouched")
        self.assertEqual(len(self.files()), len(before) + 1)

    def test_each_process_has_a_trace_that_ends_on_its_last_line(self):
        self.run_(["sh", "-c", "\"$@\"; \"$@\"; :", "sh", *KILLED], f"--trace-dir={self.traces}")
        self.assertEqual(len(self.files()), 2, "expected the traces of the shell's children, and none of the shell, which used no socket")
        for path in self.files():
            read_trace(str(path))  # jq accepts it, and so does the schema
            self.assertRegex(path.read_bytes()[-2:], rb"[^\n]\n", f"{path}: expected no padding after the last line")

    def test_torn_lines_are_blank_afterwards(self):
        # A process that ends with half a line in its trace, as one that was killed while it wrote.
        tear = ("import glob, os, socket, sys\n"
                "socket.socket().close()\n"
                "path = glob.glob(sys.argv[1] + '/*.jsonl')[0]\n"
                "open(path, 'ab').write(b'{\"ev\":\"fd\",\"t\":1,\"op\":\"so\\n')\n"
                "os.kill(os.getpid(), 9)\n")
        result = self.run_([PYTHON, "-c", tear, self.traces], f"--trace-dir={self.traces}", f"--output=json={self.tmp}/report.json")
        self.assert_status(result, 137, "killed")
        report = json.loads(pathlib.Path(self.tmp, "report.json").read_text(encoding="utf-8"))
        self.assertEqual(report["totals"]["torn"], 1, "expected the report to count the torn line")
        for path in self.files():
            read_trace(str(path))

    def test_the_private_folder_is_for_its_owner_alone_and_removed(self):
        ended = self.run_([*CLEAN[:2], f"{CLEAN[2]}; import os; os.system('ls -ld {self.private}/*; ls {self.private}/*')"])
        self.assertRegex(ended[1], r"^drwx------.*/socksan-\w{6}\nsocksan\.\d+\.jsonl\nsocksan\.board\n", ended[2])
        self.assert_nothing_left()

    def test_removing_never_follows_links_nor_takes_what_is_not_a_trace(self):
        target = self.write("target.jsonl", "precious")
        script = (f"ln -s {target} {self.private}/*/socksan.1.jsonl 2>/dev/null || "
                  f"for d in {self.private}/*; do ln -s {target} $d/socksan.1.jsonl; echo mine > $d/notes; done")
        self.run_(["sh", "-c", script])
        self.assertEqual(pathlib.Path(target).read_text(encoding="utf-8"), "precious")
        kept = [path.name for path in pathlib.Path(self.private).glob("*/*")]
        self.assertIn(kept, ([], ["notes"]), "expected only what is no trace to stay")

    def test_it_works_without_home_and_tmpdir(self):
        ended = self.finish(self.start(["env", "-i", f"SOCKSAN_SHIM={self.environment()['SOCKSAN_SHIM']}", *self.argv("true")]))
        self.assert_status(ended, 0, "empty environment")

    @staticmethod
    def argv(*cmd):
        from socksan_test import socksan  # pylint: disable=import-outside-toplevel
        return [socksan(), "run", "--", *cmd]

    def test_a_command_that_changes_user_is_reported_as_far_as_it_was_seen(self):
        if os.getuid() != 0:
            self.skipTest("only root can change user")
        drop = "import os, socket; a = socket.socket().detach(); os.setgid(65534); os.setuid(65534); b = socket.socket().detach()"
        result = self.socksan_run([PYTHON, "-c", drop])
        self.assert_violation(result, "never-closed", count=2)

    def test_a_program_that_cannot_write_its_trace_makes_the_report_incomplete(self):
        if os.getuid() != 0:
            self.skipTest("only root can change user")
        # The other user can reach neither root's home nor what is built there.
        public = tempfile.mkdtemp(prefix="socksan-test-")
        self.addCleanup(shutil.rmtree, public)
        os.chmod(public, 0o755)
        env = {"SOCKSAN_SHIM": shutil.copy(self.environment()["SOCKSAN_SHIM"], public)}
        leak = [PYTHON, "-c", "import socket; socket.socket().detach()"]
        drop = "import os, sys; os.setgid(65534); os.setuid(65534); os.execv(sys.argv[1], sys.argv[1:])"
        fail = "import os; os.setuid(65534)\ntry: os.execv('/nowhere', ['x'])\nexcept OSError: pass"
        ended = self.run_([PYTHON, "-c", drop, *leak], env=env)
        self.assert_status(ended, 24, "a program that runs as a user who may not write there")
        self.assertRegex(ended[2], r"incomplete: process \d+ became another program that may not write to the traces' folder")
        self.assert_status(self.run_([PYTHON, "-c", drop, *leak], "--allow-dropped", env=env), 0, "the same, with --allow-dropped")
        self.assert_status(self.run_([PYTHON, "-c", fail], env=env), 0, "an exec that failed")

    def test_a_board_of_another_version_is_named(self):
        folder = self.folder("old")
        board = pathlib.Path(folder, "socksan.board")
        board.write_bytes(bytes(100))
        ended = self.run_(CLEAN, f"--trace-dir={folder}")
        self.assert_status(ended, 125, "a board that cannot be used")
        self.assertIn(f"{board}: not a file of this version", ended[2])
        self.assertEqual(board.read_bytes(), bytes(100), "expected it to be left alone")

    def test_a_trace_without_room_for_a_line_is_told_with_its_cause(self):
        for limit in (0, 1):
            ended = self.run_(LEAK, f"--option=max_bytes={limit}")
            self.assert_status(ended, 24, f"max_bytes={limit}")
            self.assertIn("could write no trace, as max_bytes leaves no room for one: ", ended[2])
            self.assertNotIn("empty", ended[2])

    def test_no_folder_is_kept_that_nobody_is_told_of(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            process = self.start_run(LEAK, stderr=full)
            process.communicate()
        self.assertEqual(process.returncode, 125)
        self.assert_nothing_left()

    def test_the_child_of_one_that_changed_user_is_seen_where_the_folder_lets_it(self):
        if os.getuid() != 0:
            self.skipTest("only root can change user")
        # The folders of a test may lie where no other user can go.
        self.traces = tempfile.mkdtemp(prefix="socksan-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.traces)
        os.chmod(self.traces, 0o1777)
        drop = ("import os, socket\n"
                "os.setgid(65534); os.setuid(65534)\n"
                "child = os.fork()\n"
                "if child: os._exit(os.waitpid(child, 0)[1])\n"
                "socket.socket().detach()\n"
                "os._exit(0)\n")
        ended = self.run_([PYTHON, "-c", drop], f"--trace-dir={self.traces}")
        self.assert_status(ended, 23, "a leak in a child of another user")
        subprocess.run(["jq", "-e", ".", *map(str, self.files())], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    unittest.main()
