"""pytest-socksan as a team uses it: the wheel of `./dev packages`, installed by pip, found by pytest.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from runners import RunnerTest  # pylint: disable=wrong-import-position

LEAKS = """
import socket

kept = []

def open_one():
    kept.append(socket.socket())

def test_closes():
    socket.socket().close()

def test_leaks():
    open_one()

def test_closes_too():
    with socket.socket():
        pass
"""

SESSION = """
import socket
import threading

import pytest

@pytest.fixture(scope="session")
def server():
    listener = socket.create_server(("127.0.0.1", 0))
    accepted = []
    def serve():
        while True:
            try:
                accepted.append(listener.accept()[0])
            except OSError:
                return
            accepted[-1].sendall(b"x")
    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    if CLOSES:
        listener.close()
        for one in accepted:
            one.close()
    else:
        server.kept = listener, accepted

@pytest.mark.parametrize("turn", [1, 2])
def test_uses_the_server(server, turn):
    with socket.create_connection(server) as client:
        assert client.recv(1) == b"x"

def test_needs_no_server():
    pass
"""

FIXTURES = """
import socket
import unittest

import pytest

kept = []

@pytest.fixture(scope="module")
def of_the_module():
    kept.append(socket.socket())
    return kept[-1]

@pytest.fixture
def of_the_function():
    kept.append(socket.socket())
    return kept[-1]

def test_one(of_the_module):
    pass

def test_two(of_the_module, of_the_function):
    pass

class TestOfUnittest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kept.append(socket.socket())

    def test_three(self):
        kept.append(socket.socket())

    def test_four(self):
        pass
"""

IGNORES = """
import socket

from pytest_socksan import ignore

kept = []

def test_pool():
    kept.append(ignore(socket.socket()))
    kept.append(socket.socket())
    ignore(kept[-1].fileno())
"""

FAILS = """
import socket

kept = []

def test_fails():
    kept.append(socket.socket())
    assert False
"""

LIBRARY = """
import asyncio
import socket

kept = []

def test_makes_a_loop():
    kept.append(asyncio.new_event_loop())
"""

LATE = """
import socket
import threading

def test_closes_in_a_thread():
    one = socket.socket()
    threading.Timer(0.02, one.close).start()
"""


class Pytest(RunnerTest):
    COMMAND = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider"]

    @classmethod
    def setUpClass(cls):
        cls.installed = tempfile.mkdtemp(prefix="pytest-socksan-", dir=os.environ.get("TEST_TMPDIR"))
        cls.addClassCleanup(shutil.rmtree, cls.installed)
        cls.packages(cls.installed)
        wheels = glob.glob(cls.installed + "/*.whl")
        subprocess.run(["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", f"--target={cls.installed}/site",
                        *wheels], env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}, check=True)
        cls.ENVIRONMENT = {"PYTHONPATH": cls.installed + "/site"}

    def suite(self, text, expected, status, name="test_it.py"):
        self.write(name, text)
        return self.check(expected, status, name)

    def test_a_test_that_leaks_is_named_with_the_line_that_opened_it(self):
        said = self.suite(LEAKS, [f"test_it.py::test_leaks left open: CLOSED, opened at {self.tmp}/test_it.py:7 in open_one"], 1)
        self.assertIn("ERROR at teardown of test_leaks", said)
        self.assertIn("3 passed, 1 error", said)

    def test_a_clean_suite_is_silent(self):
        self.suite(LEAKS.replace("kept.append(socket.socket())", "socket.socket().close()"), [], 0)

    def test_a_server_of_the_session_answers_for_what_it_accepts(self):
        self.suite("CLOSES = True\n" + SESSION, [], 0)

    def test_what_a_server_of_the_session_never_closes_is_the_sessions(self):
        said = self.suite("CLOSES = False\n" + SESSION, [
            f"session fixture server left open: CLOSED, opened at {self.tmp}/test_it.py:10 in server",
            f"session fixture server left open: ESTABLISHED, opened at {self.tmp}/test_it.py:15 in serve",
        ], 1)
        self.assertEqual(said.count("session fixture server left open: "), 3, "expected the listener and both connections")

    def test_fixtures_of_the_module_and_of_the_class_answer_at_their_end(self):
        place = f"left open: CLOSED, opened at {self.tmp}/test_it.py"
        said = self.suite(FIXTURES, [
            f"test_it.py::test_two {place}:16 in of_the_function",
            f"test_it.py::TestOfUnittest::test_three {place}:31 in test_three",
            f"class fixture _unittest_setUpClass_fixture_TestOfUnittest {place}:28 in setUpClass",
            f"module fixture of_the_module {place}:11 in of_the_module",
        ], 1)
        self.assertIn("4 passed, 2 errors", said)

    def test_what_is_ignored_is_told_by_nobody(self):
        self.suite(IGNORES, [], 0)
        self.write("test_it.py", IGNORES)
        env = self.environment(**self.ENVIRONMENT)
        self.assert_silent(self.socksan_run([*self.COMMAND, "test_it.py"], env=env))

    def test_a_test_that_fails_by_itself_is_not_an_error_too(self):
        self.write("test_it.py", FAILS)
        self.assertEqual(self.go("test_it.py", under=False)[0], 1)
        status, said = self.go("test_it.py")
        self.assertEqual(status, 1)
        self.assertEqual(self.told(said), [f"test_it.py::test_fails left open: CLOSED, opened at {self.tmp}/test_it.py:7 in test_fails"])

    def test_what_is_about_to_be_closed_is_waited_for(self):
        self.suite(LATE, [], 0)

    def test_what_a_library_opens_by_itself_is_not_told(self):
        """As a plugin of pytest does that makes an event loop for each test: the same from a folder of packages."""
        self.write("lib/site-packages/loops.py", "import asyncio\nimport pytest\nkept = []\n"
                   "@pytest.fixture(autouse=True)\ndef loop():\n    kept.append(asyncio.new_event_loop())\n")
        self.ENVIRONMENT = {"PYTHONPATH": f"{self.installed}/site:{self.tmp}/lib/site-packages"}
        self.suite("pytest_plugins = ['loops']\ndef test_one():\n    pass\n", [], 0)
        place = f"left open: ESTABLISHED, opened at {self.tmp}/test_it.py:8 in test_makes_a_loop"
        self.suite(LIBRARY, [f"test_it.py::test_makes_a_loop {place}"], 1)

    def test_the_plugin_can_be_left_out(self):
        self.write("test_it.py", LEAKS)
        status, said = self.go("-p", "no:socksan", "test_it.py")
        self.assertEqual((status, self.told(said)), (0, []), said)


if __name__ == "__main__":
    unittest.main()
