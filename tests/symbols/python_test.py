"""Where it happened in Python: the frames of each CPython from 3.9 to 3.13 that is at hand.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, select, socksan  # pylint: disable=wrong-import-position

VERSIONS = ["3.9", "3.10", "3.11", "3.11-dbg", "3.12", "3.13", "3.13t"]


def interpreter(version):
    """The path of that CPython: in PATH, or among what pyenv keeps in the home folder; None: it is not at hand."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    pattern = re.compile(rf"{re.escape(version)}\.\d+$")
    kept = [path for path in glob.glob(f"{home}/.pyenv/versions/*") if pattern.match(os.path.basename(path))]
    for path in [shutil.which("python" + version)] + [f"{path}/bin/python3" for path in sorted(kept)]:
        if not path or not os.path.exists(path):
            continue
        asked = subprocess.run([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, check=False)
        if asked.returncode == 0 and asked.stdout.strip() == re.match(r"\d+\.\d+", version)[0]:
            return path
    return None


def source(name):
    return find("tests/symbols/" + name)


def line(name, mark):
    """The line of a source that `line: MARK` marks."""
    for number, text in enumerate(source(name).read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"line: {mark}( \*/)?$", text):
            return number
    raise AssertionError(f"{name}: expected a line marked 'line: {mark}'")


def frames(name, *marks):
    """(function, file, line) for each FUNCTION=MARK; a mark alone is its function's name; FILE:FUNCTION is the library's."""
    found = []
    for mark in marks:
        file, _, library = mark.partition(":")
        function, _, at = mark.rpartition("=")
        found.append((library, file, None) if library else (function or mark, name, line(name, at)))
    return found


def frames_of(violation, role, module=None):
    """(function, file, line) of the Python frames, without lines in the library, which differ from version to version; with those
    of a native module among them."""
    found = []
    for frame in violation["stacks"].get(role, []):
        if frame["lang"] == "python" or frame.get("module") == module:
            file = os.path.basename(frame["file"])
            found.append((frame["function"], file, None if "/lib/python3" in frame["file"] else frame["line"]))
    return found


THREAD = ["threading.py:run", "threading.py:_bootstrap_inner", "threading.py:_bootstrap"]
END = ["<module>=module"]

# What places.py leaks, in its order: the frames of each, innermost first.
PLACES = [
    ["socket.py:__init__", "größe_文=names", "main=main_names"],
    ["socket.py:__init__", "generator", "main=main_generator"],
    ["socket.py:__init__", "coroutine", "run_coroutine", "main=main_coroutine"],
    ["socket.py:__init__", "__call__=call", "main=main_call"],
    ["socket.py:__init__", "made=property", "main=main_property"],
    ["socket.py:__init__", "__lt__=less", "sort", "main=main_sort"],
    ["<lambda>=lambda", "main=lambda"],
    ["gil_held=held", "main=main_held"],
    ["gil_released=released", "main=main_released"],
]


class Python(SockSanTest):
    """The tests of one version: see the end of the file."""

    version = None

    def setUp(self):
        super().setUp()
        self.path = interpreter(self.version)
        if not self.path:
            self.skipTest(f"CPython {self.version} is not at hand")

    def run_python(self, name, *args, options=()):
        return self.socksan_run([self.path, str(source(name)), *args], *options)

    def violations(self, result, code, count):
        found = [violation for violation in result.report["violations"] if violation["code"] == code]
        self.assertEqual(count, len(found), f"expected {count} different violations of {code}\n{result.stderr}")
        return found

    def test_a_lost_connection_names_the_line_and_function_that_accepted(self):
        result = self.run_python("app.py")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual(frames("app.py", "socket.py:accept", "accept_one", "serve=serve_accept", "main", *END),
                         frames_of(leak, "opened"))
        self.assertIn(f"app.py:{line('app.py', 'accept_one')} in accept_one\n", result.stderr, "expected the headline to name it")

    def test_a_double_close_names_both_lines(self):
        result = self.run_python("app.py")
        twice, = self.violations(result, "double-close", 1)
        around = ["serve=serve_twice", "main", *END]
        self.assertEqual(frames("app.py", "close_twice=second", *around), frames_of(twice, "at"))
        self.assertEqual(frames("app.py", "close_twice=first", *around), frames_of(twice, "closed"))
        self.assertEqual(frames("app.py", "socket.py:accept", "close_twice", *around), frames_of(twice, "opened"))

    def test_a_close_behind_its_socket_is_one_mistake_at_its_line(self):
        """The socket's finalizer asks for its names, to warn, and closes it once more: all of that follows."""
        result = self.socksan_run(["/usr/bin/python3", str(find("tests/programs/double_close_behind.py"))])
        found, = result.report["violations"]
        self.assertEqual(("double-close", 1), (found["code"], found["count"]), result.stderr)
        self.assertIn("double_close_behind.py:17 in main\n", result.stderr.splitlines(True)[1], "expected the line of os.close")
        self.assertIn("detach()", found["help"], "expected what is to be done in Python")

    def test_a_use_after_close_names_its_line_and_that_of_the_close(self):
        used, = self.violations(self.run_python("app.py"), "use-after-close", 1)
        around = ["serve=serve_use", "main", *END]
        self.assertEqual(frames("app.py", "use_after_close=send", *around), frames_of(used, "at"))
        closed = ["socket.py:_real_close", "socket.py:close", "use_after_close=close", *around]
        self.assertEqual(frames("app.py", *closed), frames_of(used, "closed"))
        self.assertEqual(frames("app.py", "socket.py:accept", "use_after_close=use", *around), frames_of(used, "opened"))

    def test_the_same_as_it_should_be(self):
        self.assert_silent(self.run_python("app.py", "right"))

    def test_each_place_is_named(self):
        result = self.run_python("places.py")
        leaks = sorted(self.violations(result, "never-closed", len(PLACES) + 3), key=lambda leak: leak["fds"][0])
        for expected, leak in zip(PLACES, leaks):
            self.assertEqual(frames("places.py", *expected, *END), frames_of(leak, "opened"))
        generated, recursive, thread = (frames_of(leak, "opened") for leak in leaks[len(PLACES):])
        self.assertEqual([("<module>", "a generated file", 3)] + frames("places.py", "main=exec", *END), generated)
        self.assertEqual(frames("places.py", *["recursive"] * 31, "main=deep", *END), recursive, "expected own frames beyond stack_depth too")
        self.assertEqual(frames("places.py", "socket.py:__init__", "in_thread=thread", *THREAD), thread)

    def test_frames_come_before_those_of_the_interpreter(self):
        leak, = self.violations(self.run_python("app.py"), "never-closed", 1)
        languages = [frame["lang"] for frame in leak["stacks"]["opened"]]
        self.assertEqual(sorted(languages, reverse=True), languages, "expected Python first, then C")

    def run_callbacks(self):
        """callbacks.py with the path of its library, and with stacks that are not cut."""
        library = os.path.join(self.tmp, "callbacks.so")
        subprocess.run(["gcc", "-g", "-O0", "-shared", "-fPIC", "-o", library, str(source("callbacks.c"))], check=True)
        return library, self.run_python("callbacks.py", library, options=["--option=stack_depth=64"])

    def test_c_that_calls_python_stands_between_its_frames(self):
        library, result = self.run_callbacks()
        leak, = self.violations(result, "never-closed", 1)
        expected = [*frames("callbacks.py", "socket.py:__init__", "lose", "innermost"), *frames("callbacks.c", "inner_call"),
                    *frames("callbacks.py", "between"), *frames("callbacks.c", "outer_call"),
                    *frames("callbacks.py", "main=main_lost", *END)]
        self.assertEqual(expected, frames_of(leak, "opened", library))
        self.assertIn(f"callbacks.py:{line('callbacks.py', 'lose')} in lose\n", result.stderr, "expected the headline to name it")

        # What else is between frames of Python is of ctypes, libffi and the C library; what carried out the innermost call follows.
        languages = [frame["lang"] for frame in leak["stacks"]["opened"]]
        last = len(languages) - languages[::-1].index("python")
        modules = {frame["module"] for frame in leak["stacks"]["opened"][:last] if frame["lang"] == "c"}
        self.assertNotIn(os.path.realpath(self.path), modules, "expected none of the interpreter's own frames among those of Python")
        loops = [frame.get("function") for frame in leak["stacks"]["opened"][last:]].count("_PyEval_EvalFrameDefault")
        self.assertEqual(1, loops, "expected the loop that runs the innermost line, and none of those that stand for other lines")

    def test_python_comes_first_when_a_callback_drops_a_socket_as_it_returns(self):
        library, result = self.run_callbacks()
        dropped, = self.violations(result, "gc-closed", 1)
        expected = [*frames("callbacks.py", "dropped"), *frames("callbacks.c", "outer_call"),
                    *frames("callbacks.py", "main=main_dropped", *END), *frames("callbacks.c", "inner_call")]
        self.assertEqual(expected, frames_of(dropped, "at", library))

    def test_none_when_not_wanted(self):
        leak, = self.violations(self.run_python("app.py", options=["--option=python=0"]), "never-closed", 1)
        self.assertEqual([], frames_of(leak, "opened"))

    def test_what_the_collector_closed_is_told_from_what_code_closed(self):
        result = self.run_python("collected.py")
        at = sorted(frames_of(violation, "at") for violation in self.violations(result, "gc-closed", 6))
        self.assert_codes(result, {"gc-closed": 6})
        expected = [["dropped", "main=main_dropped", *END], ["dropped_bare", "main=main_bare", *END],
                    ["cycle", "main=main_cycle", *END], ["unwound", "main=main_unwound", *END], ["__del__=warns", "warned", "main=main_warned", *END], ["dropped", *THREAD]]
        self.assertEqual(sorted(frames("collected.py", *marks) for marks in expected), at)

    def test_files_that_the_collector_closed_are_told_from_those_that_code_closed(self):
        result = self.socksan_run([self.path, str(source("collected_files.py"))], "--kinds=all")
        at = sorted(frames_of(violation, "at") for violation in self.violations(result, "gc-closed", 4))
        self.assert_codes(result, {"gc-closed": 4})
        expected = [frames("collected_files.py", name, f"<module>=main_{name}") for name in ("text", "unbuffered", "number", "cycle")]
        self.assertEqual(sorted(expected), at)

    def test_what_its_end_closes_was_never_closed(self):
        program = pathlib.Path(self.tmp, "ends.py")
        program.write_text("import atexit\nimport socket\nleft = socket.socket()\nkept = socket.socket()\n"
                           "atexit.register(kept.close)\nbare = socket.socket()\natexit.register(super(socket.socket, bare).close)\n",
                           encoding="utf-8")
        result = self.socksan_run([self.path, str(program)])
        self.assert_violation(result, "never-closed", cause="interpreter-end", severity="error", function="<module>")
        self.assert_codes(result, {"never-closed": 1})
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual([("__init__", "socket.py", None), ("<module>", "ends.py", 3)], frames_of(leak, "opened"))

    def test_what_its_end_closes_by_code_of_python_was_never_closed(self):
        """As in the finalizer of a response, whose close() closes its connection; and a file, which its own finalizer closes."""
        program = pathlib.Path(self.tmp, "response.py")
        program.write_text("""import io, socket, sys
class Response(io.RawIOBase):
    def __init__(self):
        self.connection = socket.socket()
    def close(self):
        super().close()
        self.connection.close()
response, file = Response(), open("/dev/null")
if sys.argv[1:]:
    response.close()
    file.close()
""", encoding="utf-8")
        result = self.socksan_run([self.path, str(program)], "--kinds=all")
        leaks = self.violations(result, "never-closed", 2)
        lines = {(leak["kind"], leak["cause"], frames_of(leak, "opened")[-1]) for leak in leaks}
        self.assertEqual({("socket", "interpreter-end", ("<module>", "response.py", 8)), ("file", "interpreter-end", ("<module>", "response.py", 8))}, lines)
        self.assert_silent(self.socksan_run([self.path, str(program), "closes"], "--kinds=all"))

    def test_what_files_and_responses_close_at_its_end_was_never_closed(self):
        result = self.socksan_run([self.path, str(find("tests/programs/never_closed_response.py"))])
        self.assertEqual({("fetch", "interpreter-end", "error"), ("converse", "interpreter-end", "error")},
                         {(next(function for function, file, _ in frames_of(leak, "opened") if file == "never_closed_response.py"),
                           leak["cause"], leak["severity"]) for leak in self.violations(result, "never-closed", 2)})
        self.assert_codes(result, {"never-closed": 2})
        self.assert_silent(self.socksan_run([self.path, str(find("tests/programs/never_closed_response_fixed.py"))]))

    def test_many_that_are_kept_to_its_end_are_one_error(self):
        program = pathlib.Path(self.tmp, "kept.py")
        program.write_text("import socket\nkept = []\nfor _ in range(100):\n    kept.append(socket.socket())\n", encoding="utf-8")
        result = self.socksan_run([self.path, str(program)])
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual((100, "error", "interpreter-end", 23), (leak["count"], leak["severity"], leak["cause"], result.status))
        self.assert_codes(result, {"never-closed": 100})

    def test_a_stack_is_recorded_once(self):
        program = pathlib.Path(self.tmp, "loop.py")
        program.write_text("import socket\nfor _ in range(300):\n    socket.socket().close()\n", encoding="utf-8")
        result = self.socksan_run([self.path, str(program)])
        self.assert_silent(result)
        stacks = [json.dumps(stack["py"]) for stack in select(result.traces, ev="stack")]
        # CPython changes the way in which it runs a line that it runs often, and with it the C frames below.
        self.assertEqual(2, len(set(stacks)), f"expected a stack of Python for socket and one for close\n{stacks}")
        self.assertLess(len(stacks), 20, "expected few stacks for many events")

    def lives(self, case):
        result = self.run_python("lifetimes.py", case)
        self.assertEqual(0, result.status, f"{case}: expected status 0\n{result.stderr}")
        self.assert_silent(result)
        self.assert_all_read(result)

    def test_threads(self):
        self.lives("many_threads")

    def test_forked_children(self):
        self.lives("forks")

    def test_multiprocessing(self):
        self.lives("processes")

    def test_exit(self):
        self.lives("at_exit")

    def test_an_interpreter_that_ends_under_daemon_threads(self):
        for _ in range(3):
            # What the threads were about to close is lost with them, and may be told.
            command = [socksan(), "run", "--fail-on=never", "--", self.path, str(source("lifetimes.py")), "daemon_threads"]
            status, _, stderr = self.finish(self.start(command))
            self.assertEqual(0, status, f"expected status 0\n{stderr}")

    def test_subinterpreters(self):
        self.lives("subinterpreters")


for each in VERSIONS:
    name = f"Python{each.replace('.', '_').replace('-', '_')}"
    globals()[name] = type(name, (Python,), {"version": each})
del Python

if __name__ == "__main__":
    unittest.main()
