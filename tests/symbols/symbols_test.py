"""Where it happened: the functions, files and lines of stacks, compared frame by frame.

SPDX-License-Identifier: Apache-2.0
"""

import ctypes.util
import http.server
import json
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, program, select, socksan  # pylint: disable=wrong-import-position

COMPILERS = {"c": ["gcc", "clang"], "cc": ["g++", "clang++"]}
LEVELS = ["-O0", "-O1", "-O2", "-O3"]


def source(name):
    return find("tests/symbols/" + name)


def line(name, mark):
    """The line of a source that `line: MARK` marks."""
    for number, text in enumerate(source(name).read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"line: {mark}\b", text):
            return number
    raise AssertionError(f"{name}: expected a line marked 'line: {mark}'")


def frames(name, *marks):
    """(function, file, line) of each marked line; a mark FUNCTION=MARK tells a function whose mark is another."""
    pairs = [mark.rpartition("=") for mark in marks]
    return [(function or mark, name, line(name, mark)) for function, _, mark in pairs]


def frames_of(violation, role="opened", path=False):
    """(function, file, line) of the frames up to main."""
    found = [(frame.get("function"), frame.get("file"), frame.get("line")) for frame in violation["stacks"][role]]
    found = [(function, file if path or not file else os.path.basename(file), number) for function, file, number in found]
    for i, frame in enumerate(found):
        if frame[0] == "main":
            return found[:i + 1]
    return found


C_FRAMES = frames("frames.c", "make", "inlined_deeper", "inlined", "serve", "main")
CPP_FRAMES = frames("frames.cc", "net::Pool<int>::take=take", "net::open_one<2>=open_one",
                    "net::(anonymous namespace)::hidden=hidden", "net::inlined=inlined", "net::Server::run=run", "main")


class SymbolsTest(SockSanTest):
    def build(self, name, out, *flags, compiler="gcc"):
        path = os.path.join(self.tmp, out)
        subprocess.run([compiler, "-o", path, str(source(name)), *flags], cwd=self.tmp, check=True)  # clang leaves a .dwo there
        return path

    def others(self, *flags):
        root = find("tests/programs/threads.h").resolve().parents[2]
        return self.build("others.c", "program", "-g", "-pthread", f"-I{root}", *flags)

    def opened(self, result):
        self.assert_codes(result, {"never-closed": 1})
        return result.report["violations"][0]

    def assert_frames(self, violation, expected, what, role="opened"):
        self.assertEqual(expected, frames_of(violation, role), f"{what}: expected exactly these frames")


class NativeTest(SymbolsTest):
    def each_build(self, name, expected, *flags):
        for compiler in COMPILERS[name.partition(".")[2]]:
            for level in LEVELS:
                built = self.build(name, "program", "-g", level, *flags, compiler=compiler)
                violation = self.opened(self.socksan_run([built]))
                self.assert_frames(violation, expected, f"{compiler} {level} {' '.join(flags)}")

    def test_c(self):
        self.each_build("frames.c", C_FRAMES)

    def test_c_without_position_independence(self):
        self.each_build("frames.c", C_FRAMES, "-no-pie")

    def test_cpp(self):
        self.each_build("frames.cc", CPP_FRAMES)

    def test_ways_to_keep_debug_information(self):
        ways = [["-gdwarf-4"], ["-gdwarf-5"], ["-gz=zlib"], ["-gdwarf-4", "-fdebug-types-section"],
                ["-gsplit-dwarf", "-gdwarf-4"], ["-gsplit-dwarf", "-gdwarf-5"], ["-flto"],
                ["-ffunction-sections", "-Wl,--gc-sections"]]
        for way in ways:
            for name, expected in (("frames.c", C_FRAMES), ("frames.cc", CPP_FRAMES)):
                for compiler in COMPILERS[name.partition(".")[2]]:
                    built = self.build(name, "program", "-g", "-O2", *way, compiler=compiler)
                    violation = self.opened(self.socksan_run([built]))
                    self.assert_frames(violation, expected, f"{compiler} {' '.join(way)}")

    def test_a_relative_path_is_of_the_folder_in_which_the_compiler_ran(self):
        """Not of that in which the report is made, which may have another file of that name."""
        for folder in ("one/src", "one/build", "other/src"):
            os.makedirs(f"{self.tmp}/{folder}")
        shutil.copy(source("frames.c"), f"{self.tmp}/one/src")
        pathlib.Path(self.tmp, "other/src/frames.c").write_text("int innocent;\n" * 99, encoding="utf-8")
        for folder, path in (("one", "src/frames.c"), ("one/build", "../src/frames.c"), ("one/src", "frames.c")):
            for compiler in COMPILERS["c"]:
                subprocess.run([compiler, "-g", "-O2", "-o", f"{self.tmp}/built", path], cwd=f"{self.tmp}/{folder}", check=True)
                ended = self.bare([socksan(), "run", f"--output=json={self.tmp}/report", "--", f"{self.tmp}/built"], cwd=f"{self.tmp}/other")
                violation, = json.loads(pathlib.Path(self.tmp, "report").read_text(encoding="utf-8"))["violations"]
                files = {file for _, file, _ in frames_of(violation, path=True)}
                self.assertEqual({f"{self.tmp}/one/src/frames.c"}, files, f"{compiler} {path}")
                self.assertNotIn("innocent", ended.stdout + ended.stderr)

    def test_line_tables_alone(self):
        for compiler in COMPILERS["cc"]:
            # Of inlined functions -g1 tells the bare name; of others the symbol tells the whole.
            built = self.build("frames.cc", "program", "-g1", "-O2", compiler=compiler)
            bare = [(name.rpartition("::")[2] if name.endswith(("hidden", "inlined")) else name, *place)
                    for name, *place in CPP_FRAMES]
            self.assert_frames(self.opened(self.socksan_run([built])), bare, f"{compiler} -g1")

    def test_a_part_in_a_dwo_file_that_would_block_is_not_opened(self):
        built = self.build("frames.c", "program", "-g", "-O2", "-gsplit-dwarf")
        part, = pathlib.Path(self.tmp).glob("*.dwo")
        part.unlink()
        os.mkfifo(part)
        first = frames_of(self.opened(self.socksan_run([built])))[0]
        self.assertEqual(C_FRAMES[0], first, "expected the line table, which is in the program")

    def test_calls_that_nothing_follows(self):
        for compiler in COMPILERS["c"]:
            for level in LEVELS:
                built = self.build("calls.c", "program", "-g", level, compiler=compiler)
                self.assert_frames(self.opened(self.socksan_run([built, "noreturn"])),
                                   frames("calls.c", "make", "leave", "give_up", "main=main_noreturn"), f"{compiler} {level}")

    def test_called_back_from_the_c_library(self):
        built = self.build("calls.c", "program", "-g", "-O2")
        violation = self.opened(self.socksan_run([built, "qsort"]))
        own = [frame for frame in frames_of(violation) if frame[1] == "calls.c"]
        self.assertEqual(frames("calls.c", "make", "compare", "sort", "main=main_qsort"), own)

    def test_interrupted_in_the_vdso(self):
        built = self.build("calls.c", "program", "-g", "-O0")
        result = self.socksan_run([built, "vdso"], "--full-stacks")
        violation = self.opened(result)
        own = [frame for frame in frames_of(violation) if frame[1] == "calls.c"]
        self.assertEqual(frames("calls.c", "make", "on_alarm", "ask_time=asks", "main=main_vdso"), own)
        modules = [os.path.basename(frame.get("module", "")) for frame in violation["stacks"]["opened"]]
        self.assertIn("linux-vdso.so.1", modules)
        self.assertNotIn("note:", result.stderr, "expected no complaint of the vdso, which is no file")

    def test_what_the_c_library_closes_is_told_by_who_called_it(self):
        for level in ("-O0", "-O2"):
            built = self.build("calls.c", "program", "-g", level)
            result = self.socksan_run([built, "fclose"])
            self.assert_codes(result, {"double-close": 1})
            violation = result.report["violations"][0]
            self.assert_frames(violation, frames("calls.c", "close_number", "main=main_number"), level, "at")
            self.assert_frames(violation, frames("calls.c", "close_stream", "main=main_stream"), level, "closed")
            self.assertIn(f"calls.c:{line('calls.c', 'close_number')} in close_number\n", result.stderr.partition("= descriptor")[0])
            self.assertRegex(result.stderr, rf"closed first by close_stream \(.*calls.c:{line('calls.c', 'close_stream')}\)\n   = descriptor")

    def test_lambdas_in_threads_and_the_standard_library(self):
        lambdas = {"g++": r"main::(<lambda>|\{lambda\((int)?\)#\d\})::operator\(\)", "clang++": r"main::\$_\d::operator\(\)"}
        for compiler, named in lambdas.items():
            for level in ("-O0", "-O2"):
                built = self.build("threads.cc", "program", "-g", level, "-pthread", compiler=compiler)
                result = self.socksan_run([built])
                self.assert_codes(result, {"never-closed": 4})
                leaks = sorted(result.report["violations"], key=lambda leak: leak["fds"][0])
                own = [[frame for frame in frames_of(leak) if frame[1] == "threads.cc"] for leak in leaks]
                for mark, found in zip(("thread", "function"), own):
                    self.assertEqual(line("threads.cc", mark), found[1][2], f"{compiler} {level}")
                    self.assertRegex(found[1][0], f"^{named}$", f"{compiler} {level}")
                constructor = frames("threads.cc", "app::Client::Client=constructor")
                self.assertEqual([constructor] * 3, [found[:1] for found in own[:3]], f"{compiler} {level}")
                self.assertEqual(frames("threads.cc", "app::apply=apply"), own[1][2:3], f"{compiler} {level}")
                self.assertEqual(constructor + frames("threads.cc", "main"), own[2], f"{compiler} {level}")
                self.assertEqual(frames("threads.cc", "app::Client::operator<=operator", "main=compare"), own[3])

    def test_the_headline_is_in_the_users_code_though_the_call_is_in_a_header(self):
        built = self.build("header.cc", "program", "-g", "-O0", compiler="g++")
        violation = self.opened(self.socksan_run([built]))
        self.assertIn("/usr/include/", violation["stacks"]["opened"][0]["file"], "expected the innermost frame in the library")
        result = self.socksan_run([built])
        self.assertIn(f"--> {source('header.cc')}:{line('header.cc', 'apply')} in ", result.stderr)

    def test_plugin(self):
        plugin = self.build("plugin.c", "plugin.so", "-g", "-O2", "-shared", "-fPIC")
        violation = self.opened(self.socksan_run([self.build("frames.c", "program", "-g", "-O2"), plugin]))
        expected = (frames("frames.c", "make", "inlined_deeper", "inlined", "serve") + frames("plugin.c", "back", "plugin_enter")
                    + frames("frames.c", "main=main_plugin"))
        self.assert_frames(violation, expected, "a dlopened plugin")
        self.assertEqual([plugin] * 2, [frame["module"] for frame in violation["stacks"]["opened"][4:6]])

    def test_plugins_that_take_turns_at_one_address(self):
        program = self.build("frames.c", "program", "-g", "-O2")
        for name in ("one", "two"):
            self.build("plugin.c", f"{name}.so", "-g", "-O2", "-shared", "-fPIC", f"-DBACK={name}")
        # As they are given, and not by their absolute paths.
        result = self.socksan_run([program, "./one.so", "./two.so", "./one.so"])
        self.assert_codes(result, {"never-closed": 3})
        counts = {violation["stacks"]["opened"][4]["function"]: violation["count"] for violation in result.report["violations"]}
        self.assertEqual({"one": 2, "two": 1}, counts, "expected the frames of each plugin")
        for violation in result.report["violations"]:
            name = violation["stacks"]["opened"][4]["function"]
            expected = (frames("frames.c", "make", "inlined_deeper", "inlined", "serve")
                        + frames("plugin.c", f"{name}=back", "plugin_enter") + frames("frames.c", "main=main_plugin"))
            self.assert_frames(violation, expected, name)
        bases = [event["base"] for event in select(result.traces, ev="module") if event["path"].startswith(self.tmp)]
        self.assertEqual((3, 2), (len(bases), len(set(bases))), "expected both plugins at one address, which is what is tried")


class ThreadsTest(SymbolsTest):
    """Each stack of a violation, and the thread that it was in: tests/programs, where functions are named for what they do."""

    def assert_threads(self, name, code, expected):
        """expected: {role: (call, function, whether the main thread made it)}."""
        result = self.socksan_run([program(name)])
        violation, = (found for found in result.report["violations"] if found["code"] == code)
        pid = violation["pids"][0]
        found = {role: (call["op"], next(frame["function"] for frame in violation["stacks"][role]), call["thread"] == pid)
                 for role, call in violation["calls"].items()}
        self.assertEqual(expected, found, f"{name}\n{result.stderr}")
        for role, call in violation["calls"].items():
            where = "in the main thread" if call["thread"] == pid else f"in thread {call['thread']}"
            self.assertRegex(result.stderr, rf"= \w[\w ]* by {call['op']}(, which failed with EBADF)?, {where}:", f"{name}: {role}")

    def test_each_stack_has_its_thread(self):
        self.assert_threads("double_close_threads", "double-close", {
            "opened": ("socket", "client", True), "closed": ("close", "worker", False), "at": ("close", "main", True)})
        self.assert_threads("use_after_close_threads", "use-after-close", {
            "opened": ("socket", "client", True), "closed": ("close", "main", True), "at": ("recv", "reader", False)})
        self.assert_threads("stale_close", "stale-close", {
            "opened": ("socket", "victim", False), "closed": ("close", "main", True), "at": ("close", "main", True)})
        self.assert_threads("concurrent_io", "concurrent-io", {
            "opened": ("socket", "client", True), "at": ("recv", "reader", False), "other": ("recv", "reader", False)})
        self.assert_threads("close_in_use", "close-in-use", {
            "opened": ("socket", "client", True), "at": ("close", "main", True), "other": ("recv", "reader", False)})
        self.assert_threads("close_in_use_poll", "close-in-use", {
            "opened": ("socket", "client", True), "at": ("close", "main", True), "other": ("poll", "waiter", False)})
        self.assert_threads("close_in_use_accept", "close-in-use", {
            "opened": ("socket", "bound", True), "at": ("close", "main", True), "other": ("accept", "acceptor", False)})

    def test_a_thread_that_never_comes_back_is_known_by_its_number(self):
        result = self.socksan_run([self.others("-O2"), "stuck"])
        violation, = (found for found in result.report["violations"] if found["code"] == "close-in-use")
        self.assertEqual({"thread"}, set(violation["calls"]["other"]), "expected its number, and nothing that nobody has seen")
        self.assertNotIn("other", violation["stacks"])
        self.assertIn(f"= in use, in thread {violation['calls']['other']['thread']} (no stack was recorded)\n", result.stderr)


class PassagesTest(SymbolsTest):
    """What let a program in, which a socket without close-on-exec then entered."""

    def entered(self, *cases, level="-O2"):
        result = self.socksan_run([self.others(level), *cases])
        self.assertEqual({"leaked-to-exec"}, {violation["code"] for violation in result.report["violations"]}, result.stderr)
        return result

    def test_the_call_that_let_the_program_in(self):
        for case, op in (("fork", "execl"), ("vfork", "vfork"), ("spawn", "posix_spawn"), ("system", "system"), ("popen", "popen")):
            for level in ("-O0", "-O2"):
                result = self.entered(case, level=level)
                violation = result.report["violations"][0]
                self.assert_frames(violation, frames("others.c", f"by_{case}={case}", "main"), f"{case} {level}", "other")
                self.assertEqual(op, violation["calls"]["other"]["op"])
                self.assertRegex(result.stderr, rf"= passed on by {op}:\n +\S*others.c:{line('others.c', case)} in by_{case}\n")

    def test_where_the_first_of_several_came_in_is_told(self):
        violation, = self.entered("fork", "spawn", "vfork").report["violations"]
        self.assertEqual(3, violation["count"], "expected one violation: it is mended where the socket is made")
        self.assert_frames(violation, frames("others.c", "by_fork=fork", "main"), "fork, spawn, vfork", "other")


class DebugFilesTest(SymbolsTest):
    """Programs without their debug information, which lies elsewhere or nowhere."""

    def stripped(self, *flags, link=None, name="program"):
        """A stripped program and its debug file, to which it links when link is the name for it."""
        built = self.build("frames.c", name, "-g", "-O2", *flags)
        debug = built + ".debug-file"
        subprocess.run(["objcopy", "--only-keep-debug", built, debug], check=True)
        subprocess.run(["strip", built], check=True)
        if link:
            os.rename(debug, f"{self.tmp}/{link}")
            subprocess.run(["objcopy", f"--add-gnu-debuglink={self.tmp}/{link}", built], check=True)
            debug = f"{self.tmp}/{link}"
        return built, debug

    def by_id(self, built, debug):
        """A folder for --debug-dir, with the debug file under the build-id of the program."""
        text = subprocess.run(["readelf", "-n", built], stdout=subprocess.PIPE, text=True, check=True).stdout
        build_id = re.search(r"Build ID: (\w+)", text)[1]
        folder = f"{self.tmp}/by-id"
        os.makedirs(f"{folder}/.build-id/{build_id[:2]}", exist_ok=True)
        shutil.move(debug, f"{folder}/.build-id/{build_id[:2]}/{build_id[2:]}.debug")
        return folder

    def report(self, traces, *options, env=None):
        result = self.socksan_report(*options, traces, env=self.environment(**(env or {})))
        self.assertEqual(23, result.status, f"expected status 23\n{result.stdout}{result.stderr}")
        return result

    def assert_offsets(self, violation, what):
        """Nothing is known but module and offset."""
        for frame in violation["stacks"]["opened"][:3]:
            self.assertEqual({"module", "offset", "lang"}, set(frame), f"{what}: expected module and offset alone")

    @staticmethod
    def claim(path, size, old=False):
        """Makes the compressed sections of a program say that they unpack to so many bytes."""
        data = bytearray(pathlib.Path(path).read_bytes())
        if old:  # "ZLIB", and the size, of 8 bytes, the highest first
            at = data.index(b"ZLIB")
            data[at + 4:at + 12] = struct.pack(">Q", size)
        else:  # elf(5): in the header of a section of flag SHF_COMPRESSED, behind its type and 4 bytes
            first, = struct.unpack_from("<Q", data, 0x28)
            each, number = struct.unpack_from("<HH", data, 0x3a)
            for header in range(first, first + each * number, each):
                flags, = struct.unpack_from("<Q", data, header + 8)
                offset, = struct.unpack_from("<Q", data, header + 24)
                if flags & 0x800:
                    struct.pack_into("<Q", data, offset + 8, size)
        pathlib.Path(path).write_bytes(data)

    def test_a_small_file_that_would_unpack_to_all_memory_is_left_out(self):
        for way in ("zlib-gabi", "zlib-gnu"):
            built = self.build("frames.c", "packed-" + way, "-g", "-O2")
            subprocess.run(["objcopy", f"--compress-debug-sections={way}", built], check=True)
            self.assert_frames(self.opened(self.socksan_run([built])), C_FRAMES, f"{way}, as a compiler packs it")
            self.claim(built, 1 << 33, old=way == "zlib-gnu")
            result = self.socksan_run([built])
            self.assert_offsets(self.opened(result), way)
            self.assertIn(f"{built} has compressed sections out of all proportion to its size", result.stderr)

    def test_a_small_debug_file_that_would_unpack_to_all_memory_is_left_out(self):
        built, debug = self.stripped()
        subprocess.run(["objcopy", "--compress-debug-sections=zlib", debug], check=True)
        self.claim(debug, 1 << 33)
        folder = self.by_id(built, debug)
        result = self.socksan_run([built], f"--debug-dir={folder}")
        self.assertIn("has compressed sections out of all proportion to its size: it was not read", result.stderr)
        self.assertNotIn("make", [frame.get("function") for frame in self.opened(result)["stacks"]["opened"]])

    def test_debug_link_beside_the_program(self):
        for place in ("program.dbg", ".debug/program.dbg"):
            os.makedirs(f"{self.tmp}/.debug", exist_ok=True)
            built, debug = self.stripped(link="program.dbg")
            os.rename(debug, f"{self.tmp}/{place}")
            self.assert_frames(self.opened(self.socksan_run([built])), C_FRAMES, place)
            os.unlink(f"{self.tmp}/{place}")

    def test_debug_link_below_the_debug_folder(self):
        built, debug = self.stripped(link="program.dbg")
        os.makedirs(f"{self.tmp}/debug{self.tmp}")
        os.rename(debug, f"{self.tmp}/debug{self.tmp}/program.dbg")
        result = self.socksan_run([built], f"--debug-dir={self.tmp}/debug")
        self.assert_frames(self.opened(result), C_FRAMES, "a debug file below the debug folder")

    def test_debug_link_is_held_to_its_checksum(self):
        built, debug = self.stripped("-Wl,--build-id=none", link="program.dbg")
        self.assert_frames(self.opened(self.socksan_run([built])), C_FRAMES, "a debug link with the right checksum")
        with open(debug, "ab") as file:
            file.write(b"x")
        for frame in self.opened(self.socksan_run([built]))["stacks"]["opened"][:3]:
            self.assertNotIn("line", frame, "expected no line from a debug file with another checksum")

    def test_debug_file_by_build_id(self):
        built, debug = self.stripped()
        folder = self.by_id(built, debug)
        self.assert_frames(self.opened(self.socksan_run([built], f"--debug-dir={folder}")), C_FRAMES, "by build-id")

    @unittest.skipUnless(shutil.which("dwz"), "no dwz")
    def test_debug_files_that_share_a_third(self):
        pairs = [self.stripped(flag, name=name) for name, flag in (("one", "-DONE"), ("two", "-DTWO"))]
        shared = f"{self.tmp}/shared.debug"
        subprocess.run(["dwz", "-m", shared, "-M", shared, *(debug for _, debug in pairs)], check=True)
        for built, debug in pairs:
            folder = self.by_id(built, debug)
            result = self.socksan_run([built], f"--debug-dir={folder}")
            self.assert_frames(self.opened(result), C_FRAMES, "a debug file made by dwz")
        os.unlink(shared)
        first = frames_of(self.opened(self.socksan_run([pairs[0][0]], f"--debug-dir={folder}")))[0]
        self.assertIn(first[0], ("make", None), "expected no wrong name when the shared file is gone")

    def test_trace_moved_and_program_gone(self):
        built, debug = self.stripped()
        folder = self.by_id(built, debug)
        traces = self.socksan_run([built]).folder
        shutil.move(traces, f"{self.tmp}/elsewhere")
        os.rename(built, f"{self.tmp}/by-id/renamed")
        result = self.report(f"{self.tmp}/elsewhere")
        self.assert_offsets(self.opened(result), "a program that is gone")
        self.assertIn(f"note: {built} is gone", result.stdout)
        result = self.report(f"{self.tmp}/elsewhere", f"--debug-dir={folder}")
        self.assert_frames(self.opened(result), C_FRAMES, "the debug file alone, by its build-id")
        self.assertNotIn("note:", result.stdout)

    def test_trace_moved_and_program_in_a_copy_of_the_machine(self):
        built = self.build("frames.c", "program", "-g", "-O2")
        traces = self.socksan_run([built]).folder
        os.makedirs(f"{self.tmp}/root{self.tmp}")
        shutil.move(built, f"{self.tmp}/root{built}")
        result = self.report(traces, f"--debug-dir={self.tmp}/root")
        self.assert_frames(self.opened(result), C_FRAMES, "the program below --debug-dir")

    def test_replaced_program_is_said_not_guessed(self):
        built = self.build("frames.c", "program", "-g", "-O2")
        traces = self.socksan_run([built]).folder
        self.build("frames.c", "program", "-g", "-O0")
        result = self.report(traces)
        self.assert_offsets(self.opened(result), "a program that was replaced")
        self.assertIn(f"note: {built} is another build than the traced one: its frames show only module and offset", result.stdout)
        self.assertIn("--> program+0x", result.stdout)

    def packed(self, name, add=b""):
        """A stripped program with its symbols in .gnu_debugdata, as gdb's manual under "MiniDebugInfo" makes one; `add`: to them."""
        built = self.build("frames.c", name, "-g", "-O2")
        text = subprocess.run(["nm", "--defined-only", "-fposix", built], stdout=subprocess.PIPE, text=True, check=True).stdout
        kept = pathlib.Path(f"{self.tmp}/kept")
        kept.write_text("".join(f"{fields[0]}\n" for fields in map(str.split, text.splitlines()) if fields[1] in "tT"), encoding="utf-8")
        small = f"{self.tmp}/small"
        subprocess.run(["objcopy", "--only-keep-debug", built, small], check=True)
        subprocess.run(["objcopy", "-S", "-R", ".comment", f"--keep-symbols={kept}", small], check=True)
        with open(small, "ab") as file:
            file.write(add)
        pathlib.Path(f"{small}.xz").write_bytes(lzma.compress(pathlib.Path(small).read_bytes()))
        subprocess.run(["strip", built], check=True)
        subprocess.run(["objcopy", f"--add-section=.gnu_debugdata={small}.xz", built], check=True)
        return built

    def test_symbols_packed_into_a_stripped_program(self):
        names = [frame[0] for frame in frames_of(self.opened(self.socksan_run([self.packed("packed")])))]
        self.assertEqual(["make", "serve", "main"], names, "expected the functions that .gnu_debugdata names")

    def test_a_small_program_whose_packed_symbols_unpack_to_all_memory_is_left_out(self):
        built = self.packed("packed", bytes(80 << 20))
        self.assertLess(os.path.getsize(built), 1 << 20)
        result = self.socksan_run([built])
        self.assert_offsets(self.opened(result), "packed symbols without end")
        self.assertIn(f"{built} has compressed sections out of all proportion to its size", result.stderr)

    def test_no_name_reaches_beyond_its_symbol(self):
        built = self.build("plugin.c", "plugin.so", "-O2", "-fno-toplevel-reorder", "-shared", "-fPIC")
        subprocess.run(["strip", built], check=True)
        result = self.socksan_run([self.build("frames.c", "program", "-g", "-O2"), built], "--full-stacks")
        back, enter = (frame for frame in self.opened(result)["stacks"]["opened"] if frame["module"] == built)
        self.assertEqual("plugin_enter", enter.get("function"), "expected the dynamic symbol that holds the address")
        self.assertEqual({"module", "offset", "lang"}, set(back), "expected no name for a function whose symbol is stripped")
        self.assertIn(f"        plugin.so+{back['offset']}\n        plugin.so+{enter['offset']} in plugin_enter\n", result.stderr)

    def test_a_symbol_without_a_size_reaches_to_the_next(self):
        text = pathlib.Path(f"{self.tmp}/unsized.s")
        built = self.build("plugin.c", "unsized.so", "-O2", "-shared", "-fPIC", "-S")
        assembly = pathlib.Path(built).read_text(encoding="utf-8")
        self.assertIn(".size\tplugin_enter", assembly)
        text.write_text(re.sub(r"\t\.size\t.*\n", "", assembly), encoding="utf-8")
        subprocess.run(["gcc", "-shared", "-o", built, text], check=True)
        violation = self.opened(self.socksan_run([self.build("frames.c", "program", "-g", "-O2"), built]))
        self.assertEqual(["back", "plugin_enter"],
                         [frame.get("function") for frame in violation["stacks"]["opened"] if frame["module"] == built])

    def lists(self, **packages):
        """A folder for DPKG_ADMINDIR, with the files that each package is said to have come with."""
        folder = self.folder("dpkg")
        os.mkdir(f"{folder}/info")
        for name, files in packages.items():
            pathlib.Path(f"{folder}/info/{name.replace('_', ':')}.list").write_text("/.\n" + "".join(f"{file}\n" for file in files), encoding="utf-8")
        return {"DPKG_ADMINDIR": folder}

    def test_the_package_that_has_the_names(self):
        built, _ = self.stripped()
        traces = self.socksan_run([built]).folder
        note = f"note: names and lines of {built} are in a package: apt install server-dbgsym (from the debug archive)\n"
        result = self.report(traces, env=self.lists(other=[f"{built}s", f"{built}/x"], server_amd64=["/usr", built]))
        self.assertIn(note, result.stdout)
        self.assertIn(note[len("note: "):-1], result.report["notes"])
        for packages, what in (({"other": [f"{built}s"]}, "what is in no package"), ({"-o": [built]}, "a name that no package has"),
                               ({"a;b": [built]}, "a name that no package has")):
            self.assertNotIn("names and lines", self.report(traces, env=self.lists(**packages)).stdout, f"expected no hint for {what}")
        absent = self.report(traces, env={"DPKG_ADMINDIR": f"{self.tmp}/absent"})
        self.assertNotIn("names and lines", absent.stdout, "expected no hint for what lies where no package puts files")
        os.unlink(built)
        gone = self.report(traces, env=self.lists(server=[built]))
        self.assertNotIn("names and lines", gone.stdout, "expected no hint for a program of which only the path is known")

    def test_no_package_is_named_when_the_place_has_a_line(self):
        plugin = self.build("plugin.c", "plugin.so", "-O2", "-shared", "-fPIC")
        subprocess.run(["strip", plugin], check=True)
        program = self.build("frames.c", "program", "-g", "-O2")
        result = self.socksan_run([program, plugin], env=self.environment(**self.lists(plugin=[plugin], program=[program])))
        self.assertNotIn("names and lines", result.stderr)

    def test_packages_of_a_machine_without_dpkg(self):
        built, _ = self.stripped()
        traces = self.socksan_run([built]).folder
        text = subprocess.run(["readelf", "-n", "/usr/bin/env"], stdout=subprocess.PIPE, text=True, check=True).stdout
        build_id = re.search(r"Build ID: (\w+)", text)
        for path in pathlib.Path(traces).glob("*.jsonl"):
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
            for module in (line for line in lines if line.get("path") == built):
                module.update(path="/usr/bin/env", build_id=build_id[1])
            path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        result = self.report(traces, env={"DPKG_ADMINDIR": f"{self.tmp}/absent"})
        self.assertIn("note: names and lines of /usr/bin/env are in a package with its debug information\n", result.stdout)
        result = self.report(traces, env=self.lists(coreutils=["/bin/env"]))
        self.assertIn("apt install coreutils-dbgsym ", result.stdout, "expected a list that has it by the link /bin to do")

    @unittest.skipUnless(ctypes.util.find_library("debuginfod"), "no libdebuginfod")
    def test_debuginfod_is_asked_only_when_its_variable_is_set(self):
        built, debug = self.stripped()
        folder = self.by_id(built, debug)
        traces = self.socksan_run([built]).folder
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                asked.append(self.path)
                found = re.fullmatch(r"/buildid/(..)(\w+)/debuginfo", self.path)
                path = found and f"{folder}/.build-id/{found[1]}/{found[2]}.debug"
                content = pathlib.Path(path).read_bytes() if path and os.path.exists(path) else b""
                self.send_response(200 if content else 404)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever).start()
            self.addCleanup(server.shutdown)
            env = {"DEBUGINFOD_CACHE_PATH": f"{self.tmp}/cache", "DEBUGINFOD_URLS": ""}
            self.assertNotEqual(C_FRAMES, frames_of(self.opened(self.report(traces, env=env))))
            self.assertEqual([], asked, "expected no question without DEBUGINFOD_URLS")
            env["DEBUGINFOD_URLS"] = f"http://127.0.0.1:{server.server_port}"
            self.assert_frames(self.opened(self.report(traces, env=env)), C_FRAMES, "debuginfod")
            os.unlink(built)
            self.assert_frames(self.opened(self.report(traces, env=env)), C_FRAMES, "debuginfod, with the program gone")
            server.shutdown()
        shutil.rmtree(f"{self.tmp}/cache")
        self.assert_offsets(self.opened(self.report(traces, env=env)), "a debuginfod server that is not there")

    @unittest.skipUnless(ctypes.util.find_library("debuginfod"), "no libdebuginfod")
    def test_a_debuginfod_server_with_a_file_that_would_fill_the_disk(self):
        built, _ = self.stripped()
        traces = self.socksan_run([built]).folder
        over = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                self.send_response(200)
                self.send_header("Content-Length", str(1 << 33))
                self.end_headers()
                self.wfile.write(b"x" * 65536)
                self.wfile.flush()
                over.wait(60)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever).start()
            self.addCleanup(server.shutdown)
            env = {"DEBUGINFOD_CACHE_PATH": f"{self.tmp}/cache", "DEBUGINFOD_URLS": f"http://127.0.0.1:{server.server_port}"}
            result = self.report(traces, env=env)
            over.set()
            server.shutdown()
        self.assertNotIn("debuginfod did not answer", result.stdout, "expected the download to be refused for its size, not for its silence")


if __name__ == "__main__":
    unittest.main()
