"""The user's own frames are in every stack, however deep the libraries below them go: a violation is named and recognized by them.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, read_trace, select  # pylint: disable=wrong-import-position

# A library of the machine that makes a socket many calls below the function that it is asked by.
C = """
#include <dlfcn.h>
#include <stddef.h>

static int fetch(void *library)
{
	void *(*init)(void) = (void *(*)(void))dlsym(library, "curl_easy_init");
	int (*option)(void *, int, ...) = (int (*)(void *, int, ...))dlsym(library, "curl_easy_setopt");
	int (*perform)(void *) = (int (*)(void *))dlsym(library, "curl_easy_perform");
	void *curl = init();
	option(curl, 10002 /* CURLOPT_URL */, "telnet://127.0.0.1:1/");
	return perform(curl) == 0;
}

int main(void)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW);
	return library ? fetch(library) : 77;
}
"""

LIBRARY = """
import socket

KEPT = []

def deep(n):
    if n:
        return deep(n - 1)
    KEPT.append(socket.socket())
"""

APP = """
import os, sys
sys.path.insert(0, sys.argv[1])
import library

def fetch_user():
    library.deep(int(sys.argv[2]))

def fetch_group():
    library.deep(int(sys.argv[2]))

fetch_user()
fetch_group()
os._exit(0)
"""

# Functions come and go, and code of a file of the user's own may lie where code of the machine was.
GENERATED = """
import socket
text = "def f(n):\\n    return f(n - 1) if n else socket.socket().close()\\n"
for i in range(1000):
    names = {"socket": socket}
    exec(compile(text, ("/usr/lib/m%d.py", "/srv/mine%d.py")[i % 2] % i, "exec"), names)
    names["f"](20)
"""


# What calls it from one line, by two depths of the library, and then by two functions of its own.
DEPTHS = """
import os, sys
sys.path.insert(0, sys.argv[1])
import library

def fetch(n):
    library.deep(n)

def other():
    library.deep(30)

for n in (30, 31, 30):
    fetch(n)
other()
os._exit(0)
"""

# What serves a manager is made in a process that a fork of the user's began, so that the user's frames are below it.
MANAGER = """
import multiprocessing, socket

def mine():
    kept.append(socket.socket())

kept = []
context = multiprocessing.get_context("fork")
with context.Manager() as manager:
    manager.dict()[1] = 2
child = context.Process(target=mine)
child.start()
child.join()
"""


class OwnFrames(SockSanTest):
    def app(self, depth, *options, text=APP):
        """Of Python, with a library of a package manager that goes so deep."""
        packages = pathlib.Path(self.tmp) / "site-packages"
        packages.mkdir(exist_ok=True)
        (packages / "library.py").write_text(LIBRARY, encoding="utf-8")
        app = pathlib.Path(self.tmp) / "app.py"
        app.write_text(text, encoding="utf-8")
        return self.socksan_run(["/usr/bin/python3", str(app), str(packages), str(depth)], *options)

    def assert_places(self, result, about):
        found = {frame["function"] for one in result.report["violations"] for frame in one["stacks"]["opened"] if frame.get("file", "").endswith("/app.py")}
        self.assertEqual({"fetch_user", "fetch_group", "<module>"}, found, f"{about}: expected the frames of the user's own file\n{result.stderr}")
        self.assertEqual({True}, {one["own"] for one in result.report["violations"]}, about)
        self.assertIn("in fetch_user\n", result.stderr, f"{about}: expected the headline to name it")
        self.assertEqual(2, len({one["fingerprint"] for one in result.report["violations"]}), f"{about}: expected two places to be told apart")

    def test_python_frames_beyond_the_depth(self):
        for depth, options in ((3, ()), (30, ()), (50, ()), (3, ("--option=stack_depth=1",)), (50, ("--option=stack_depth=64",))):
            self.assert_places(self.app(depth, *options), f"a library {depth} calls deep, {options}")

    def test_frames_of_the_library_end_at_the_depth(self):
        result = self.app(30, "--option=stack_depth=4")
        for one in result.report["violations"]:
            python = [frame for frame in one["stacks"]["opened"] if frame["lang"] == "python"]
            self.assertEqual(4, sum(not frame["file"].endswith("/app.py") for frame in python), "expected stack_depth frames of what is not the user's")

    def test_library_frames_beyond_the_depth_tell_no_stacks_apart(self):
        folder = self.folder("kept")
        self.app(0, f"--trace-dir={folder}", text=DEPTHS)
        traces = [event for path in pathlib.Path(folder).glob("*.jsonl") for event in read_trace(path)]
        stacks = {event["id"]: event["py"] for event in select(traces, ev="stack") if "py" in event}
        opened = [event["stack"] for event in select(traces, ev="fd", op="socket")]
        self.assertEqual(4, len(opened), "expected a socket per call")
        # From 3.12 on, Python calls in another way once it has adapted to the code: the same frames, but others in C.
        ways = 1 if sys.version_info < (3, 12) else 2
        self.assertLessEqual(len(set(opened[:3])), ways, "expected one stack for frames that are left out of it")
        self.assertEqual(1, len({tuple(stacks[stack]) for stack in opened[:3]}), "expected the same frames in it")
        self.assertNotIn(opened[3], opened[:3], "expected another one for another function of the user's own, however deep")
        self.assertIn("other", stacks[opened[3]][-2], "expected the frame of the user's own in it")

    def test_what_serves_a_manager_of_python_is_not_the_user_s(self):
        result = self.app(0, text=MANAGER)
        found = {(one["severity"], "mine" in [frame.get("function") for frame in one["stacks"]["opened"]])
                 for one in result.report["violations"]}
        self.assertEqual({("note", False), ("error", True)}, found, result.stderr)

    def test_a_new_place_is_not_known_for_the_library_that_it_goes_through(self):
        first = self.app(30)
        baseline = pathlib.Path(self.tmp) / "baseline.json"
        known = [one for one in first.report["violations"] if any(frame.get("function") == "fetch_user" for frame in one["stacks"]["opened"])]
        baseline.write_text(json.dumps({**first.report, "violations": known}), encoding="utf-8")
        again = self.app(30, f"--baseline={baseline}")
        self.assertEqual([False, True], sorted(one["known"] for one in again.report["violations"]), again.stderr)

    def test_code_that_lies_where_other_code_was(self):
        script = pathlib.Path(self.tmp) / "generate.py"
        script.write_text(GENERATED, encoding="utf-8")
        result = self.preload(["/usr/bin/python3", str(script)])
        counted = {}
        for event in result.traces:
            for folder in ("/srv/mine", "/usr/lib/m"):
                n = sum(frame.startswith(folder) for frame in event.get("py", ()))
                if n:
                    counted.setdefault(folder, set()).add(n)
        self.assertEqual({"/srv/mine": {21}, "/usr/lib/m": {14, 15}}, counted,
                         "expected all frames of own code, and stack_depth, those of socket.py among them, of what is not")

    def test_c_frames_beyond_the_depth(self):
        binary = self.compile("fetches", C, "-g", "-O0")
        for depth in (1, 2, 16):
            result = self.preload([binary], f"stack_depth={depth}")
            if result.status == 77:
                self.skipTest("no libcurl.so.4 here")
            own = {f"{event['id']}+" for event in result.traces if event["ev"] == "module" and event["path"] == binary}
            stacks = {event["id"]: event["frames"] for event in result.traces if event["ev"] == "stack"}
            opened = [stacks[event["stack"]] for event in result.traces if event["ev"] == "fd" and event["op"] == "socket"]
            self.assertTrue(opened, "expected curl to make a socket")
            for frames in opened:
                mine = [frame for frame in frames if frame.startswith(tuple(own))]
                self.assertGreaterEqual(len(mine), 2, f"depth {depth}: expected fetch and main in {frames}")
                self.assertLessEqual(len(frames) - len(mine), depth, f"depth {depth}: expected so many of the library's")


if __name__ == "__main__":
    unittest.main()
