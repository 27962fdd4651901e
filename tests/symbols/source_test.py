"""The source around a place: shown if it is available and unchanged, and never if it may not be read.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find  # pylint: disable=wrong-import-position

SOURCE = """#include <sys/socket.h>
int main(void)
{
\tint fd = socket(AF_INET, SOCK_STREAM, 0);
\treturn fd < 0; /* \x1b[31m \xff */
}
"""
SHOWN = """ in main
        3 | {
  >     4 |         int fd = socket(AF_INET, SOCK_STREAM, 0);
        5 |         return fd < 0; /* \\x1b[31m \\xff */
   = descriptor"""
PYTHON = "import socket\ndef leak():\n    return socket.socket().detach()\nleak()\n"
PYTHON_SHOWN = """ in leak
        2 | def leak():
  >     3 |     return socket.socket().detach()
        4 | leak()
   = descriptor"""


class SourceTest(SockSanTest):
    def write(self, name, text, mode=0o644):
        path = pathlib.Path(self.tmp, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="latin-1")
        path.chmod(mode)
        return str(path)

    def build(self, source, name="program", *flags, **options):
        built = f"{self.tmp}/{name}"
        subprocess.run(["gcc", "-g", "-Wl,--build-id", "-o", built, "-x", "c", source, "-x", "none", *flags], check=True, **options)
        return built

    def assert_shown(self, text, expected, what):
        self.assertIn(expected, text, f"{what}: expected the line with its neighbours")

    def assert_not_shown(self, text, what):
        self.assertIn("-->", text, what)
        self.assertNotIn(" | ", text, f"{what}: expected no line of it")

    def report(self, traces, **popen):
        return self.socksan_report(traces, **popen).stdout


class NativeTest(SourceTest):
    def test_the_line_and_its_neighbours(self):
        result = self.socksan_run([self.build(self.write("a.c", SOURCE))])
        self.assert_shown(result.stderr, "  --> a.c:4" + SHOWN, "a source below the working folder, told from there")
        self.assertEqual(f"{self.tmp}/a.c", result.report["violations"][0]["stacks"]["opened"][0]["file"], "expected JSON to have the whole path")

    def test_from_another_folder(self):
        result = self.socksan_run([self.build(self.write("a.c", SOURCE))], cwd="/")
        self.assert_shown(result.stderr, f"  --> {self.tmp}/a.c:4" + SHOWN, "a source that everybody may read")

    def test_the_library_that_lost_it_and_not_the_test_that_called_it(self):
        library = self.write("lib/lib.c", "#include <sys/socket.h>\nint lose(void)\n{\n\treturn socket(AF_INET, SOCK_STREAM, 0);\n}\n")
        self.build(library, "lib/liblose.so", "-shared", "-fPIC", "-fno-optimize-sibling-calls")
        test = self.write("tests/test.c", "int lose(void);\nint main(void)\n{\n\treturn lose() < 0;\n}\n")
        built = self.build(test, "tests/test", f"-L{self.tmp}/lib", f"-Wl,-rpath,{self.tmp}/lib", "-Wl,--no-as-needed", "-llose")
        text = self.socksan_run([built], cwd=f"{self.tmp}/tests").stderr
        self.assertIn(f"  --> {self.tmp}/lib/lib.c:4 in lose\n", text)
        self.assertIn("        test.c:4 in main\n", text)

    def test_told_relative_to_where_it_was_built(self):
        self.write("sub/a.c", SOURCE)
        built = self.build("sub/a.c", "program", f"-ffile-prefix-map={self.tmp}=.", cwd=self.tmp)
        self.assert_shown(self.socksan_run([built]).stderr, "sub/a.c:4" + SHOWN, "a mapped path, from the working folder")

    def test_first_and_last_line_and_long_lines(self):
        source = self.write("a.c", "int socket(int, int, int); int main(void) { return socket(2, 1, 0) < 0; } /* " + "é".encode().decode("latin-1") * 200 + " */")
        text = self.socksan_run([self.build(source)]).stderr
        shown, = (line for line in text.splitlines() if line.startswith("  > "))
        self.assertEqual(("  >     1 | int socket(int, int, int);", 120), (shown[:38], len(shown.partition(" | ")[2])))

    def test_bytes_that_are_no_characters_are_as_wide_as_characters(self):
        source = self.write("a.c", "int socket(int, int, int); int main(void) { return socket(2, 1, 0) < 0; } /* " + "\x80" * 2000 + " */")
        text = self.socksan_run([self.build(source)]).stderr
        shown, = (line for line in text.splitlines() if line.startswith("  > "))
        source = shown.partition(" | ")[2]
        self.assertEqual(120, len(source) - 3 * source.count("\\x80"), f"expected a line cut at 120 columns, an escape being one\n{shown}")

    def test_changed_since_it_was_built(self):
        source = self.write("a.c", SOURCE)
        traces = self.socksan_run([self.build(source)]).folder
        self.assert_shown(self.report(traces), SHOWN, "an unchanged source")
        self.write("a.c", "/* new */\n" + SOURCE)
        self.assert_not_shown(self.report(traces), "a source that was changed since")
        os.unlink(source)
        self.assert_not_shown(self.report(traces), "a source that is gone")

    def test_a_program_that_was_replaced_or_a_trace_without_build_ids(self):
        source = self.write("a.c", SOURCE)
        built = self.build(source)
        traces = self.socksan_run([built]).folder
        for path in pathlib.Path(traces).glob("*.jsonl"):
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
            path.write_text("".join(json.dumps({key: value for key, value in line.items() if key != "build_id"}) + "\n" for line in lines),
                            encoding="utf-8")
        self.assert_not_shown(self.report(traces), "a trace that does not prove which program it was")

    def test_what_a_source_is_not(self):
        """A program's debug information may name anything as its source."""
        for name, what in (("shadow", "a file without the name of a source"), ("key.pem", "a file of another kind"), ("a.py", "another language")):
            text = self.socksan_run([self.build(self.write(name, SOURCE))]).stderr
            self.assert_not_shown(text, what)
        built = self.build(self.write("b.c", SOURCE))
        os.rename(f"{self.tmp}/b.c", f"{self.tmp}/secret")
        os.symlink("secret", f"{self.tmp}/b.c")
        self.assert_not_shown(self.socksan_run([built]).stderr, "a link to a file of another kind")
        os.unlink(f"{self.tmp}/b.c")
        os.mkfifo(f"{self.tmp}/b.c")
        self.assert_not_shown(self.socksan_run([built]).stderr, "a FIFO, which would block")

    def test_what_is_kept_from_others_is_shown_in_its_own_folder_alone(self):
        built = self.build(self.write("a.c", SOURCE, mode=0o600))
        self.assert_shown(self.socksan_run([built]).stderr, SHOWN, "below the working folder")
        self.assert_not_shown(self.socksan_run([built], cwd="/").stderr, "elsewhere")

    def test_too_large_or_not_text(self):
        for more, what in ((" " * (8 << 20), "a file too large for a source"), ("\0", "a file with a NUL")):
            source = self.write("a.c", SOURCE)
            os.utime(source, (1, 1))
            built = self.build(source)
            self.write("a.c", SOURCE + more)
            os.utime(source, (1, 1))
            self.assert_not_shown(self.socksan_run([built]).stderr, what)

    def test_text_and_the_page_alone_have_it(self):
        built = self.build(self.write("a.c", SOURCE))
        formats = ("markdown", "junit", "github")
        self.socksan_run([built], *(f"--output={name}={self.tmp}/{name}" for name in (*formats, "html")))
        self.assertIn("SOCK_STREAM", pathlib.Path(self.tmp, "html").read_text(encoding="utf-8"), "expected the page to have the source")
        for name in formats:
            self.assertNotIn("SOCK_STREAM", pathlib.Path(self.tmp, name).read_text(encoding="utf-8"), name)


class PythonTest(SourceTest):
    def test_the_line_and_its_neighbours(self):
        script = self.write("a.py", PYTHON)
        self.assert_shown(self.socksan_run(["/usr/bin/python3", script]).stderr, "  --> a.py:3" + PYTHON_SHOWN, "a script")
        self.assert_shown(self.socksan_run(["/usr/bin/python3", "a.py"]).stderr, "  --> a.py:3" + PYTHON_SHOWN, "a relative path")

    def test_changed_since_the_program_began(self):
        traces = self.socksan_run(["/usr/bin/python3", self.write("a.py", PYTHON)]).folder
        self.assert_shown(self.report(traces), PYTHON_SHOWN, "an unchanged script")
        self.write("a.py", "\n" + PYTHON)
        self.assert_not_shown(self.report(traces), "a script that was changed since")

    def test_a_forked_child_has_the_script_of_its_parent(self):
        script = self.write("a.py", "import os, socket\npid = os.fork()\nif pid == 0:\n    keep = socket.socket().detach()\nelse:\n    os.waitpid(pid, 0)\n")
        self.assert_shown(self.socksan_run(["/usr/bin/python3", script]).stderr, "  >     4 |     keep = socket.socket().detach()\n", "a child")

    def test_a_trace_that_names_other_files(self):
        """A trace is not to be trusted: by naming a file it gets to read none but sources."""
        traces = self.socksan_run(["/usr/bin/python3", self.write("a.py", PYTHON)]).folder
        secret = self.write("secret", "one\ntwo\nthree\nfour\n")
        hidden = self.write("hidden.py", "one\ntwo\nthree\nfour\n", mode=0o600)
        os.symlink(secret, f"{self.tmp}/linked.py")
        for path in (secret, "/etc/passwd", hidden, f"{self.tmp}/linked.py", "/proc/self/environ"):
            os.utime(secret, (1, 1))
            os.utime(hidden, (1, 1))
            for file in pathlib.Path(traces).glob("*.jsonl"):
                text = file.read_text(encoding="utf-8")
                changed = text.replace(f"{self.tmp}/a.py:3", f"{path}:3")
                self.assertNotEqual(text, changed)
                pathlib.Path(self.tmp, "forged.jsonl").write_text(changed, encoding="utf-8")
            self.assert_not_shown(self.report(f"{self.tmp}/forged.jsonl", cwd="/"), path)


class ClosersTest(SourceTest):
    """Of a double close both closers head the report, beyond what they have in common."""

    def test_frames_that_both_share_are_stepped_over(self):
        source = find("tests/symbols/closes.c").resolve()
        lines = {mark: number for number, text in enumerate(source.read_text(encoding="utf-8").splitlines(), 1)
                 for mark in ("my_close", "drop", "check_error", "destroy") if f"line: {mark} " in text}
        for level in ("-O0", "-O2"):
            result = self.socksan_run([self.build(source, "program", level)], cwd="/")
            self.assert_codes(result, {"double-close": 1})
            place = f"{source}:{lines['destroy']}"
            self.assertRegex(result.stderr, rf"  --> {place} in destroy\n(  .*\|.*\n)+   = closed first by check_error \({source}:{lines['check_error']}\)\n"
                             r"   = descriptor 3", level)


if __name__ == "__main__":
    unittest.main()
