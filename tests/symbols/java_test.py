"""Where it happened in Java: the frames of each HotSpot that is at hand.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, select  # pylint: disable=wrong-import-position

VERSIONS = [11, 17, 21, 25]


def homes():
    """The folder of the JDK of each version that is at hand."""
    found = {}
    javac = shutil.which("javac")
    for path in sorted(glob.glob("/usr/lib/jvm/*/bin/javac")) + ([javac] if javac else []):
        home = pathlib.Path(path).resolve().parents[1]
        asked = subprocess.run([home / "bin/javac", "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        version = re.match(r"javac (\d+)", asked.stdout)
        if version and (home / "lib/server/libjvm.so").exists():
            found.setdefault(int(version[1]), home)
    return found


HOMES = homes()


def source(name):
    return find("tests/symbols/" + name)


def line(name, mark):
    """The line of a source that `line: MARK` marks."""
    for number, text in enumerate(source(name).read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"line: {mark}( \*/)?$", text):
            return number
    raise AssertionError(f"{name}: expected a line marked 'line: {mark}'")


def frames(name, *marks, package=""):
    """(function, file, line) for each METHOD=MARK of a class; a mark alone is its method's name; CLASS.METHOD=MARK is another class's."""
    found = []
    for mark in marks:
        method, _, at = mark.rpartition("=")
        method = method or at
        method = method if "." in method else f"{name}.{method}"
        found.append((package + method, package.replace(".", "/") + name + ".java", line(name + ".java", at)))
    return found


def java_frames(violation, role):
    return [frame for frame in violation["stacks"].get(role, []) if frame["lang"] == "java"]


def own_frames(violation, role):
    """(function, file, line) of those of the program."""
    return [(frame["function"], frame["file"], frame.get("line", 0)) for frame in java_frames(violation, role)
            if not re.match(r"java/|jdk/|sun/|com/sun/", frame["file"])]


# What JavaPlaces leaves: the frames of each, innermost first.
MAIN = "main="
PLACES = [
    [MAIN + "server"],
    ["JavaPlaces$Member.<init>=constructor", MAIN + "main_constructor"],
    ["accept", MAIN + "main_accept"],
    ["größe=names", MAIN + "main_names"],
    ["lambda$main$0=lambda", MAIN + "main_lambda"],
    ["JavaPlaces$1.open=anonymous", MAIN + "main_anonymous"],
    ["reflected", MAIN + "main_reflected"],
    ["recursive"] + ["recursive=again"] * 30 + [MAIN + "main_recursive"],
    ["JavaPlaces$Holder.<clinit>=initializer", MAIN + "main_initializer"],
    ["inThread=thread"],
]


class Java(SockSanTest):
    """The tests of one version: see the end of the file."""

    version = None
    compiled = {}

    def setUp(self):
        super().setUp()
        if self.version not in HOMES:
            self.skipTest(f"JDK {self.version} is not at hand")
        self.home = HOMES[self.version]

    def classes(self, *names):
        """The folder of what these sources are compiled to, once for all tests: javac takes longer than most of them."""
        folder = self.compiled.get((self.home, names))
        if not folder:
            folder = tempfile.mkdtemp(prefix="classes-", dir=os.environ.get("TEST_TMPDIR"))
            unittest.addModuleCleanup(shutil.rmtree, folder)
            compiler = [f"{self.home}/bin/javac", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-encoding", "UTF-8", "-d", folder]
            self.assertEqual(0, self.bare(compiler + [str(source(name + ".java")) for name in names]).status, "expected javac to compile")
            self.compiled[self.home, names] = folder
        return folder

    def java(self, name, *args, vm=(), options=(), others=(), allowed=0):
        classes = self.classes(name.rpartition(".")[2], *others)
        quiet = ["--enable-native-access=ALL-UNNAMED"] if self.version >= 22 else []
        result = self.socksan_run([f"{self.home}/bin/java", *quiet, *vm, "-cp", classes, name, *args], *options)
        if allowed is not None:
            self.assertEqual(allowed, result.status, result.stderr)
        return result

    def native(self):
        library = os.path.join(self.tmp, "native.so")
        subprocess.run(["gcc", "-g", "-O0", "-shared", "-fPIC", f"-I{self.home}/include", f"-I{self.home}/include/linux", "-o", library,
                        str(source("java_native.c"))], check=True)
        return library

    def told(self, result, code):
        """What is told of own code."""
        return [one for one in result.report["violations"] if one["code"] == code and not one["suppressed"]]

    def test_each_place_is_named(self):
        result = self.java("com.example.JavaPlaces", allowed=23)
        leaks = self.told(result, "never-closed")
        self.assertEqual(sorted(frames("JavaPlaces", *place, package="com.example.") for place in PLACES),
                         sorted(own_frames(leak, "opened") for leak in leaks), result.stderr)
        self.assertTrue(all(leak["own"] for leak in leaks), "expected all to be own code")
        self.assertIn(f"--> com/example/JavaPlaces.java:{line('JavaPlaces.java', 'accept')} in com.example.JavaPlaces.accept\n", result.stderr)

    def test_frames_of_the_jdk_are_there(self):
        result = self.java("com.example.JavaPlaces", allowed=23)
        leak, = [leak for leak in self.told(result, "never-closed") if leak["cause"] == "listener"]
        inner = [frame for frame in java_frames(leak, "opened") if not frame["file"].startswith("com/example/")]
        self.assertEqual("java.net.ServerSocket.<init>", inner[-1]["function"])
        self.assertTrue(inner[-1]["file"] == "java/net/ServerSocket.java" and inner[-1]["line"] > 0, inner[-1])

    def test_what_the_jdk_makes_for_itself_is_not_own(self):
        """It does so while the program's main is on the stack, which used the class first."""
        result = self.java("com.example.JavaPlaces", "close", options=["--no-default-suppressions"])
        marker, = result.report["violations"]
        self.assertEqual(("never-closed", "note", False), (marker["code"], marker["severity"], marker["own"]))
        self.assertTrue(java_frames(marker, "opened")[-1]["function"].endswith(".<clinit>"), marker["stacks"])

    def test_what_is_closed_is_silent_and_so_is_what_the_jdk_keeps(self):
        result = self.java("com.example.JavaPlaces", "close")
        self.assertEqual([], [one for one in result.report["violations"] if not one["suppressed"]], result.stderr)
        self.assertLessEqual(len(result.report["violations"]), 1, "expected the JDK's marker at most, which is suppressed")

    def test_a_connection_that_the_jdk_keeps_for_the_next_request_is_its_own(self):
        for how in ("url", "client"):
            result = self.java("JavaPool", how)
            leaks = [leak for leak in self.told(result, "never-closed") if leak["cause"] != "listener"]
            self.assertEqual({("note", False)}, {(leak["severity"], leak["own"]) for leak in leaks}, f"{how}\n{result.stderr}")

    def test_connections_that_pile_up_are_told(self):
        result = self.java("JavaPool", "lost", allowed=23)
        leak, = [leak for leak in self.told(result, "never-closed") if leak["severity"] == "error"]
        self.assertEqual((5, frames("JavaPool", "main=lost")), (leak["count"], own_frames(leak, "opened")))

    def test_names_are_the_same_each_time(self):
        """Neither the numbers of lambdas, accessors and proxies nor addresses."""
        traces = self.java("com.example.JavaPlaces", allowed=23).traces
        texts = [text for stack in select(traces, ev="stack") for text in stack.get("java", [])]
        self.assertEqual([], [text for text in texts if re.search(r"0x|\$\$Lambda|LambdaForm|Accessor\d|\$Proxy\d|\+", text)])

    def test_no_frames_without_stacks(self):
        result = self.java("com.example.JavaPlaces", options=["--option=stack_depth=0", "--fail-on=never"])
        self.assertEqual([], select(result.traces, ev="stack"))

    def test_what_the_collector_closes(self):
        result = self.java("JavaCollected")
        closed, = self.told(result, "gc-closed")
        self.assertEqual(frames("JavaCollected", "forget=forgotten", "main"), own_frames(closed, "opened"))
        self.assertNotIn("at", closed["stacks"], "expected no place of the collector's, which runs anywhere")
        tagged, = select(result.traces, ev="fd", violation="gc-closed")
        stack, = select(result.traces, ev="stack", id=tagged["stack"], pid=tagged["pid"])
        self.assertIn("jdk.internal.ref.CleanerImpl.run", [text.rpartition(" ")[2] for text in stack["java"]])
        self.assertIn(f"--> JavaCollected.java:{line('JavaCollected.java', 'forgotten')} in JavaCollected.forget\n", result.stderr)

    def test_what_the_jdk_does_to_close_is_no_mistake(self):
        """It shuts down what was never connected, and its marker takes the place of a socket under threads that are in a call on it."""
        for vm in [], ["-Djdk.net.usePlainSocketImpl=true"]:
            result = self.java("JavaCloses", vm=vm)
            self.assertEqual([], [one for one in result.report["violations"] if not one["suppressed"] and one["severity"] != "note"], result.stderr)
        told = self.java("JavaCloses", vm=["-Djdk.net.usePlainSocketImpl=true"], options=["--no-default-suppressions", "--strict"], allowed=None)
        expected = {"wrong-state"} if self.version < 18 else set()  # when that implementation went
        self.assertLessEqual(expected, {one["code"] for one in told.report["violations"]}, "expected the program to bring it about")

    def test_nothing_is_left_to_the_collector(self):
        result = self.java("JavaCollected", "close")
        self.assertEqual([], [one for one in result.report["violations"] if not one["suppressed"]], result.stderr)

    def test_frames_are_those_that_the_vm_tells(self):
        """Interpreted, compiled by each compiler, put into each other, with each collector."""
        for rounds, vm in ((1500, []), (200, ["-Xint"]), (1000, ["-XX:TieredStopAtLevel=1"]), (1000, ["-XX:-TieredCompilation", "-XX:+UseSerialGC"])):
            self.assert_agrees(vm, rounds)

    def assert_agrees(self, vm, rounds, *more):
        expected = os.path.join(self.tmp, "expected")
        traces = self.java("JavaDeep", expected, str(rounds), *more, vm=vm).traces
        stacks = {stack["id"]: stack.get("java", []) for stack in select(traces, ev="stack")}
        found = []
        for made in [made for made in select(traces, op="socket") if made["family"] in ("AF_INET", "AF_INET6")][-rounds:]:
            own = [re.sub(r".*java:", "", text) + "|" for text in stacks[made["stack"]] if text.startswith("JavaDeep.java:")]
            found.append("".join(own))
        self.assertEqual(pathlib.Path(expected).read_text(encoding="utf-8").splitlines(), found, f"{vm} {more}")

    def test_below_native_code(self):
        library = self.native()
        result = self.java("JavaNative", library, options=["--option=stack_depth=64"], allowed=23)
        lost = []
        for made in select(result.traces, op="socket", family="AF_UNIX"):
            stack, = select(result.traces, ev="stack", id=made["stack"], pid=made["pid"])
            lost.append(stack.get("java", []))
        main = lambda mark: f"JavaNative.java:{line('JavaNative.java', mark)} JavaNative.main"
        native = lambda name: f"JavaNative.java:0 JavaNative.{name}"
        called = f"JavaNative.java:{line('JavaNative.java', 'called')} JavaNative.called"
        self.assertEqual([
            [native("lose"), main("lose")],
            [native("loseInCritical"), main("critical")],
            [native("lose"), called, native("call"), main("call")],
            [],  # a thread that the VM does not know
            [],  # one that it knows, before its first method
            [native("lose"), called],
            [],  # after it has been detached
            [native("forked"), main("forked")],
        ], lost[-8:])

    def test_misuse_by_native_code_has_the_lines_of_java(self):
        result = self.java("JavaNative", self.native(), "misuse", allowed=23)
        twice, = self.told(result, "double-close")
        used, = self.told(result, "use-after-close")
        native = lambda name: ("JavaNative." + name, "JavaNative.java", 0)
        around = frames("JavaNative", "main=misuse")
        for violation, role, name, mark in ((twice, "at", "close", "second"), (twice, "closed", "close", "first"), (twice, "opened", "open", "opened"),
                                            (used, "at", "send", "used"), (used, "closed", "close", "first")):
            self.assertEqual([native(name), *frames("JavaNative", "misuse=" + mark), *around], own_frames(violation, role), role)

    def test_virtual_threads_have_their_own_frames_or_none(self):
        if self.version < 21:
            self.skipTest("virtual threads came with JDK 21")
        for vm in ([], ["-Xint"]):
            result = self.java("JavaVirtual", vm=vm, options=["--option=stack_depth=64"], allowed=23)
            texts = [text for stack in select(result.traces, ev="stack") for text in stack.get("java", [])]
            connected = [stack["java"] for stack in select(result.traces, ev="stack") if any("JavaVirtual.connect" in text for text in stack.get("java", []))]
            self.assertTrue(connected, "expected a virtual thread's frames")
            place = f"JavaVirtual.java:{line('JavaVirtual.java', 'connect')} JavaVirtual.connect"
            outer = f"JavaVirtual.java:{line('JavaVirtual.java', 'main_connect')} JavaVirtual.lambda$main$1"
            self.assertTrue(all(place in stack and outer in stack for stack in connected), connected)
            self.assertEqual([], [stack for stack in connected if any(re.search("runContinuation|ForkJoin", text) for text in stack)],
                             "expected none of the thread that carries it")
            for made in select(result.traces, op="accept"):
                stack, = select(result.traces, ev="stack", id=made["stack"])
                own = [text for text in stack.get("java", []) if text.startswith("JavaVirtual.java")]
                self.assertTrue(own or not stack.get("java"), f"expected the program's frames or none, as all frames of the JDK would speak for it: {stack}")
            self.assertTrue(texts)
        self.assert_agrees([], 1000, "virtual")

    def test_each_end_of_the_vm(self):
        """Threads open, close and end, classes go, the VM collects, and signals come to threads wherever they are, as it ends."""
        library = self.native()
        for how in ("return", "exit-busy", "halt-busy"):
            result = self.java("JavaChurn", how, "60", library, options=["--fail-on=never"], others=["JavaNative"])
            self.assertNotIn("Exception", result.stderr, how)
            self.assertEqual(0, result.report["totals"]["dropped"], how)
            named = [stack for stack in select(result.traces, ev="stack") if any("JavaChurn" in text for text in stack.get("java", []))]
            self.assertTrue(named, f"{how}: expected frames of Java")


class Names(SockSanTest):
    def test_functions_and_files_with_blanks_and_colons(self):
        """As Kotlin and Groovy have them; the last ":line " divides the two."""
        texts = {"com/example/My Test.kt:7 com.example.MyTest.it closes: all 3": ("com.example.MyTest.it closes: all 3", "com/example/My Test.kt", 7),
                 "/a:3 b/C.java:12 C.run": ("C.run", "/a:3 b/C.java", 12)}
        for text, expected in texts.items():
            lines = [{"ev": "process", "t": 1, "pid": 9, "schema": 1, "wall": 1.5, "ppid": 1, "exe": "/opt/java", "argv": ["java"], "how": "exec"},
                     {"ev": "stack", "t": 2, "pid": 9, "id": 1, "frames": ["0+0x10"], "java": [text]},
                     {"ev": "fd", "t": 3, "pid": 9, "tid": 9, "op": "socket", "fd": 3, "sock": 1, "from": None, "to": "CLOSED", "ret": 3, "stack": 1},
                     {"ev": "leak", "t": 4, "pid": 9, "fd": 3, "sock": 1, "state": "CLOSED", "stack": 1, "violation": "never-closed"},
                     {"ev": "exit", "t": 5, "pid": 9, "status": 0, "open": 1, "events": 1, "dropped": 0}]
            trace = pathlib.Path(self.tmp, "socksan.9.jsonl")
            trace.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
            leak, = self.socksan_report(str(trace)).report["violations"]
            self.assertEqual([expected], [(frame["function"], frame["file"], frame["line"]) for frame in java_frames(leak, "opened")])


for each in VERSIONS:
    globals()[f"Java{each}"] = type(f"Java{each}", (Java,), {"version": each})
del Java


if __name__ == "__main__":
    unittest.main()
