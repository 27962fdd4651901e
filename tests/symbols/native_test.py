"""Where it happened in Rust, C++ and Go's C: names as in the source; no frame of code that the compiler adds is the user's.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find  # pylint: disable=wrong-import-position

OPTIMIZED = ("0", "2")


def compiler(*names):
    """Debian's first: what else is in PATH may have another library."""
    found = [path for name in names for path in (shutil.which(name, path="/usr/bin"), shutil.which(name)) if path]
    return found[0] if found else None


class Native(SockSanTest):
    """Builds of one source, whose cases are run as they are and as they should be."""

    source = None

    def lines(self):
        return {mark: number for number, text in enumerate(find(self.source).read_text(encoding="utf-8").splitlines(), 1)
                for mark in re.findall(r"line: (\w+)( \*/)?$", text) for mark in mark[:1]}

    def expected(self, frames, names):
        """(function, line) of each FUNCTION=MARK."""
        lines = self.lines()
        found = []
        for frame in frames:
            function, _, mark = frame.rpartition("=")
            found.append((names.get(function, function) if function else mark, lines[mark]))
        return found

    def frames(self, violation, role):
        return [(frame["function"], frame["line"]) for frame in violation["stacks"][role]
                if frame.get("file", "").endswith(os.path.basename(self.source))]

    def assert_told(self, program, case, code, names=(), headline=None, **roles):
        """One violation of that code with these of the user's frames, and the first of `headline`'s in its headline."""
        names, what = dict(names), f"{os.path.basename(program)} {case}"
        result = self.socksan_run([program, case])
        found = [one for one in result.report["violations"] if one["code"] == code]
        expected = {role: self.expected(frames, names) for role, frames in roles.items()}
        self.assertIn(expected, [{role: self.frames(one, role) for role in one["stacks"]} for one in found], f"{what}\n{result.stderr}")
        if headline:
            (function, line), = self.expected([headline], names)
            self.assertRegex(result.stderr, rf" --> \S*{re.escape(os.path.basename(self.source))}:{line} in {re.escape(function)}\n", what)
        twin = self.socksan_run([program, case, "right"])
        self.assertEqual(0, twin.status, f"{what}, as it should be\n{twin.stderr}")
        self.assert_silent(twin)
        return result


class Rust(Native):
    source = "tests/symbols/native.rs"
    pool = "native::net::Pool"
    mangled = {
        "v0": {"grow": f"<{pool}<std::net::tcp::TcpStream>>::grow",
               "take": f"<{pool}<std::net::tcp::TcpStream> as native::net::Accepts>::take", "{}": "{closure#0}"},
        "legacy": {"grow": f"{pool}<T>::grow", "take": f"<{pool}<T> as native::net::Accepts>::take", "{}": "{{closure}}"},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rustc = compiler("rustc")
        if not cls.rustc:
            raise unittest.SkipTest("rustc is not installed")

    def each_build(self):
        for mangling, names in self.mangled.items():
            closures = {f"{outer}::{{}}": f"{outer}::{names['{}']}" for outer in ("native::unwound", "native::lost_in_a_thread")}
            closures["native::lost_in_a_thread::{}::{}"] = f"native::lost_in_a_thread::{names['{}']}::{names['{}']}"
            for level in OPTIMIZED:
                program = f"{self.tmp}/native_{mangling}{level}"
                # The older mangling is what stable releases have by default, until the newer is.
                options = ["-C", "symbol-mangling-version=v0"] if mangling == "v0" else []
                # With assertions, newer libraries abort at a second close.
                subprocess.run([self.rustc, "-g", "-C", f"opt-level={level}", "-C", "debug-assertions=off", *options, "-o", program,
                                str(find(self.source))], check=True, cwd=self.tmp)
                if mangling == "legacy" and self.is_v0(program):
                    continue
                yield program, {**names, **closures}

    @staticmethod
    def is_v0(program):
        names = subprocess.run(["nm", program], stdout=subprocess.PIPE, text=True, check=True).stdout
        return re.search(r" _R\w*6native4lost$", names, re.M) is not None

    def test_each_case(self):
        main = "native::main="
        for program, names in self.each_build():
            told = self.assert_told(program, "lost", "never-closed", names, headline="grow=connect",
                                    opened=["grow=connect", "native::lost=grow", main + "main_lost"])
            self.assertEqual(23, told.status)
            self.assert_told(program, "lost", "never-closed", names, headline="take=accept",
                             opened=["take=accept", "native::lost=take", main + "main_lost"])
            self.assert_told(program, "lost_in_a_thread", "never-closed", names, headline="native::lost_in_a_thread::{}::{}=closure",
                             opened=["native::lost_in_a_thread::{}::{}=closure", "native::lost_in_a_thread::{}=collect"])
            twice = self.assert_told(program, "closed_twice", "double-close", names, headline="native::closed_twice=second",
                                     opened=["native::pool=bind", "native::closed_twice=pool", main + "main_twice"],
                                     closed=["native::close=close", "native::closed_twice=first", main + "main_twice"],
                                     at=["native::close=close", "native::closed_twice=second", main + "main_twice"])
            self.assertRegex(twice.stderr, rf"closed first by native::closed_twice \(\S*native.rs:{self.lines()['first']}\)\n")
            self.assert_told(program, "used_after_its_close", "use-after-close", names, headline="native::used_after_its_close=write",
                             opened=["grow=connect", "native::used_after_its_close=grow_again", main + "main_used"],
                             closed=["native::used_after_its_close=drop", main + "main_used"],
                             at=["native::used_after_its_close=write", main + "main_used"])
            around = ["native::unwound=catch", main + "main_unwound"]
            self.assert_told(program, "unwound", "double-close", names, headline="native::unwound::{}=dropped",
                             opened=["native::pool=bind", "native::unwound::{}=made", *around],
                             closed=["native::close=close", "native::unwound::{}=before", *around],
                             at=["native::unwound::{}=dropped", *around])


class Cpp(Native):
    source = "tests/symbols/native.cc"

    def test_each_case(self):
        made, closed, end = "net::Socket::Socket=constructor", "net::Socket::~Socket=destructor", ["main"]
        for name in ("g++", "clang++"):
            path = compiler(name)
            for level in OPTIMIZED if path else ():
                program = f"{self.tmp}/native_{name}{level}"
                subprocess.run([path, "-std=c++20", "-g", f"-O{level}", "-fno-optimize-sibling-calls", "-pthread", "-o", program,
                                str(find(self.source))], check=True)
                self.assert_told(program, "lost", "never-closed", headline=made,
                                 opened=[made, "net::Pool<net::Socket>::take<>=emplace", "lost=take", *end])
                self.assert_told(program, "closed_twice", "double-close", opened=[made, "closed_twice=first", *end],
                                 closed=[closed, "closed_twice=twice", *end], at=[closed, "closed_twice=twice", *end])
                self.assert_told(program, "used_after_its_close", "use-after-close", headline="used_after_its_close=listen",
                                 opened=[made, "used_after_its_close=made", *end], closed=[closed, "used_after_its_close=scope", *end],
                                 at=["used_after_its_close=listen", *end])
                self.assert_told(program, "unwound", "double-close", opened=[made, "unwound", *end],
                                 closed=["fail=before", "unwound", *end], at=[closed, "unwound", *end])
                self.assert_told(program, "lost_in_a_coroutine", "never-closed", headline=made,
                                 opened=[made, "coroutine", "lost_in_a_coroutine=resume", *end])

    def test_lambdas_in_a_thread(self):
        program = f"{self.tmp}/native"
        subprocess.run(["g++", "-std=c++20", "-g", "-pthread", "-o", program, str(find(self.source))], check=True)
        function = "lost_in_a_thread::<lambda>::operator()"
        self.assert_told(program, "lost_in_a_thread", "never-closed",
                         opened=["net::Socket::Socket=constructor", f"{function}=lambda", f"{function}=call"])


class Go(Native):
    """Go with cgo: the frames of C, up to where Go called it."""

    source = "tests/symbols/native.go"
    NOTE = "is a Go program: what Go opens by system calls of its own, as package net does, is not observed"

    def test_each_case(self):
        go = compiler("go")
        if not go:
            self.skipTest("golang-go is not installed")
        program = f"{self.tmp}/native"
        environment = {**os.environ, "GOCACHE": f"{self.tmp}/cache", "HOME": self.tmp, "GO111MODULE": "off", "CGO_ENABLED": "1"}
        subprocess.run([go, "build", "-o", program, str(find(self.source))], check=True, env=environment)
        for case in ("lost", "lost_in_a_goroutine"):
            self.assert_told(program, case, "never-closed", headline="make=c_socket", opened=["make=c_socket"])
        self.assert_told(program, "closed_twice", "double-close", headline="twice=c_close", opened=["make=c_socket"],
                         closed=["twice=c_close"], at=["twice=c_close"])
        result = self.assert_told(program, "used_after_its_close", "use-after-close", headline="use=c_listen", opened=["make=c_socket"],
                                  closed=["twice=c_close"], at=["use=c_listen"])
        self.assertNotIn("_cgo_", result.stderr, "expected none of the frames that cgo writes")
        for more in ([], ["right"]):
            unseen = self.socksan_run([program, "unseen", *more])
            self.assertIn(self.NOTE, unseen.stderr, "expected a report that says what it does not know")
            self.assertEqual(0, unseen.report["totals"]["sockets"])


class GccGo(Native):
    """gccgo's library calls libc: observed as C is, with the lines of Go."""

    source = "tests/symbols/dialer.go"

    def test_each_case(self):
        gccgo = compiler("gccgo", "gccgo-12")
        if not gccgo:
            self.skipTest("gccgo is not installed")
        for level in OPTIMIZED:
            program = f"{self.tmp}/dialer{level}"
            subprocess.run([gccgo, "-g", f"-O{level}", "-o", program, str(find(self.source))], check=True)
            result = self.assert_told(program, "lost", "never-closed", headline="main.lost=dial", opened=["main.lost=dial", "main.main=main"])
            self.assertNotIn(Go.NOTE, result.stderr)


del Native

if __name__ == "__main__":
    unittest.main()
