"""What asyncio, Trio and aiohttp leave to __del__, to the garbage collector and to the end of the interpreter, at the line that opened it.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from python_test import VERSIONS, frames, interpreter, line, source  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest  # pylint: disable=wrong-import-position


def own_frames(violation, role="opened"):
    return [(frame["function"], os.path.basename(frame["file"]), frame["line"]) for frame in violation["stacks"][role]
            if frame.get("file", "").endswith("/tasks.py")]


class Tasks(SockSanTest):
    """Each case told, as (code, count, frames of the one that opened it), and its twin, which closes, silent."""

    path = None

    def assert_told(self, case, *expected):
        result = self.socksan_run([self.path, str(source("tasks.py")), case])
        told = sorted((violation["code"], violation.get("cause", ""), violation["count"], own_frames(violation))
                      for violation in result.report["violations"])
        expected = sorted((code, {"never-closed": "interpreter-end"}.get(code, ""), count, frames("tasks.py", *marks, "<module>=module"))
                          for code, count, *marks in expected)
        self.assertEqual(expected, told, f"{case}\n{result.stderr}")
        self.assertEqual(23 if any(one[0] == "never-closed" for one in expected) else 0, result.status, f"{case}\n{result.stderr}")
        self.assert_all_read(result)
        twin = self.socksan_run([self.path, str(source("tasks.py")), case, "closes"])
        self.assertEqual(0, twin.status, f"{case}, with what it opens closed\n{twin.stderr}")
        self.assert_silent(twin)
        return result.report["violations"]


class Asyncio(Tasks):
    version = None

    def setUp(self):
        super().setUp()
        self.path = interpreter(self.version)
        if not self.path:
            self.skipTest(f"CPython {self.version} is not at hand")

    def test_what_is_kept_to_the_end(self):
        self.assert_told("kept_to_the_end", ("never-closed", 1, "ask", "ask_twice=awaited", "kept_to_the_end=run"),
                         ("never-closed", 2, "ask", "kept_to_the_end=run"))

    def test_all_that_await_within_a_task_are_told_in_their_order(self):
        self.assert_told("awaited_in_many_ways", ("never-closed", 1, "ask", "__aenter__=entered", "each=within", "visit=visited",
                                                  "awaited_in_many_ways=run_visits"))

    def test_a_transport_that_closes_as_it_is_thrown_away(self):
        dropped, = self.assert_told("dropped", ("gc-closed", 1, "drop", "drop_later=dropping", "dropped=run_dropping"))
        self.assertEqual(frames("tasks.py", "drop=dropped", "drop_later=dropping", "dropped=run_dropping", "<module>=module"),
                         own_frames(dropped, "at"), "expected the line that threw it away too")

    def test_a_stream_that_lets_the_loop_close_it_as_it_is_thrown_away(self):
        left, = self.assert_told("left_to_the_loop", ("gc-closed", 1, "leave", "left_to_the_loop=run_leaving"))
        self.assertEqual(frames("tasks.py", "__del__=warns", "leave=left", "left_to_the_loop=run_leaving", "<module>=module"),
                         own_frames(left, "at"), "expected the line that threw it away, and not the loop's, which closed it")

    def test_what_a_server_accepted(self):
        accepted, = self.assert_told("accepted", ("never-closed", 1, "accepted=run_server"))
        self.assertEqual(frames("tasks.py", "serve=listens", "accepted=run_server", "<module>=module"), own_frames(accepted, "other"),
                         "expected the line that started the server too")
        accepted, = self.assert_told("accepted_by_two", ("never-closed", 2, "accepted_by_two=run_servers"))
        self.assertNotIn("other", accepted["stacks"], "expected none of two servers")

    def test_the_headline_is_where_the_server_was_started(self):
        result = self.socksan_run([self.path, str(source("tasks.py")), "accepted"])
        self.assertIn(f"tasks.py:{line('tasks.py', 'listens')} in serve\n", result.stderr)

    def test_a_loop(self):
        self.assert_told("loop", ("never-closed", 2, "loop"))


class Libraries(Tasks):
    """Of the machine's Python."""

    path = "/usr/bin/python3"

    def need(self, library):
        if not os.path.isdir(f"/usr/lib/python3/dist-packages/{library}"):
            self.skipTest(f"python3-{library} is not installed")

    def test_trio(self):
        self.need("trio")
        # Trio connects in a task of its own, in whose stack the awaiting ones are not.
        self.assert_told("trio", ("never-closed", 1, "trio"), ("gc-closed", 1, "trio"),
                         ("never-closed", 1, "trio_main=trio_socket", "trio"))

    def test_aiohttp(self):
        self.need("aiohttp")
        dropped, _ = sorted(self.assert_told("aiohttp", ("gc-closed", 1, "fetch", "browse", "aiohttp"),
                                             ("never-closed", 1, "fetch", "browse=browse_kept", "aiohttp")),
                            key=lambda violation: violation["code"])
        self.assertEqual(frames("tasks.py", "browse", "aiohttp", "<module>=module"), own_frames(dropped, "at"))


for each in VERSIONS:
    name = f"Asyncio{each.replace('.', '_').replace('-', '_')}"
    globals()[name] = type(name, (Asyncio,), {"version": each})
del Asyncio, Tasks

if __name__ == "__main__":
    unittest.main()
