"""Manual pages and completion: complete according to `socksan` and the shim themselves, and well-formed.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position


def read(path):
    return find(path).read_text(encoding="utf-8")


class Docs(SockSanTest):
    @classmethod
    def setUpClass(cls):
        usage = subprocess.run([socksan(), "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
        cls.commands = re.findall(r"^(?:Usage:|  or: ) socksan (\w+)", usage, re.M)
        cls.pages = {page: subprocess.run(["/usr/bin/python3", find("analyzer/cli/docs.py"), socksan(), page], check=True,
                                          stdout=subprocess.PIPE, text=True).stdout
                     for page in ("socksan.1", "socksan.7", "socksan.bash", "socksan.zsh", "socksan.fish",
                                  *(f"socksan-{command}.1" for command in cls.commands))}

    def keep(self, page):
        path = pathlib.Path(self.tmp, page)
        path.write_text(self.pages[page], encoding="utf-8")
        return str(path)

    def assert_has(self, text, pattern):
        self.assertTrue(re.search(pattern, text, re.M), f"expected a line like {pattern}")

    def shown(self, page):
        """The page as a reader has it, each paragraph one line."""
        text = self.bare(["mandoc", "-Tascii", "-Owidth=1000", self.keep(page)]).stdout
        return re.sub(r".\x08", "", text)


class Pages(Docs):
    def test_mandoc_has_nothing_to_say(self):
        for page in ("socksan.1", "socksan.7", *(f"socksan-{command}.1" for command in self.commands)):
            result = self.bare(["mandoc", "-Tlint", "-Wwarning", self.keep(page)])
            self.assertEqual((result.status, result.stdout), (0, ""), page)

    def test_every_option_of_every_command(self):
        shown = self.shown("socksan.1")
        self.assertIn("run", self.commands)
        for command in self.commands:
            options = re.findall(r"^ +(?:-\w, )?(--[\w-]+)", self.bare([socksan(), command, "--help"]).stdout, re.M)
            alone = self.shown(f"socksan-{command}.1")
            for option in set(options) - {"--help", "--usage", "--version"}:
                self.assert_has(shown, rf"^ +(-\w, )?{option}(\[?=|$)")
                self.assert_has(alone, rf"^ +(-\w, )?{option}(\[?=|$)")

    def test_page_of_a_command_is_its_help(self):
        for command in self.commands:
            with self.subTest(command):
                shown = self.shown(f"socksan-{command}.1")
                headings = re.findall(r"^[A-Z][A-Z ]+$", shown, re.M)
                self.assertEqual([heading for heading in headings if heading != "EXAMPLES"],
                                 ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"])
                said = self.bare([socksan(), command, "--help"], env=self.environment(ARGP_HELP_FMT="rmargin=10000")).stdout.splitlines()
                about = next(line for line in said if not line.startswith(("Usage: ", "  or: ")))
                self.assertIn(about, re.sub(r"\.  (?=[A-Z])", ". ", shown))
                self.assertNotRegex(self.pages[f"socksan-{command}.1"], r'^\.\\" (@|of )', "expected no mark of the templates")

    def test_page_of_a_command_is_about_that_command(self):
        shown = self.shown("socksan-top.1")
        self.assertIn("socksan top --batch", shown)
        self.assertIn("The arrow keys select a place", shown)
        self.assertNotIn("compares two snapshots", shown)
        self.assertNotIn("attach starts", shown)

    @unittest.skipUnless(shutil.which("man", path="/usr/bin:/bin"), "without man-db, which Debian's containers leave out")
    def test_man_finds_the_page_of_a_command(self):
        folder = pathlib.Path(self.tmp, "man/man1")
        folder.mkdir(parents=True)
        for page in ("socksan.1", "socksan-run.1"):
            (folder / page).write_text(self.pages[page], encoding="utf-8")
        result = self.bare(["man", "--where", f"--manpath={folder.parent}", "socksan", "run"])
        self.assertEqual((result.status, result.stdout), (0, f"{folder}/socksan-run.1\n"), result.stderr)

    def test_help_is_set_in_columns(self):
        for command in ("run", "report", "merge"):
            options = self.bare([socksan(), command, "--help"]).stdout.split("\n\n")[1]
            self.assertIn("--generate-suppressions", options)
            for line in options.split("\n"):
                self.assertRegex(line, r"^(  -\S, --| {6}--| {29}\S)", f"{command}: expected an option or its meaning, each in its column")

    def test_every_code(self):
        codes = re.findall(r"^([a-z-]+) +(error|warning) ", self.bare([socksan(), "explain"]).stdout, re.M)
        self.assertGreater(len(codes), 17)
        for code, severity in codes:
            self.assert_has(self.shown("socksan.7"), rf"^ +{code} \({severity}, CWE-\d+\)$")

    def test_every_option_of_the_shim(self):
        keys = re.findall(r"OPTION\((\w+), [A-Z]+,", read("shim/model/options.h"))
        self.assertIn("log_path", keys)
        for key in set(keys) - {"board", "inject"}:  # what `run` and `explore` alone give
            self.assert_has(self.shown("socksan.7"), rf"^ +{key}=\S")

    def test_every_function_of_the_header_and_every_hook(self):
        shown = self.shown("socksan.7")
        for name in re.findall(r"^(?:int|long long) (socksan_\w+)\(", read("shim/api/socksan.h"), re.M):
            self.assert_has(shown, rf"^ +{name}\(\)$")
        for name in re.findall(r"^HOOK\((\w+),", read("shim/model/hooks.def"), re.M):
            self.assert_has(shown, rf"\b{name}\b")


def files(folder):
    """What there is to complete in a folder."""
    for name in ("report.json", "known.json"):
        pathlib.Path(folder, name).touch()
    pathlib.Path(folder, "traces").mkdir()


class OtherShells(Docs):
    """The same of zsh and fish: each of them is asked in its own way."""

    TYPED = {
        "socksan rep": "socksan report ",
        "socksan explain dou": "socksan explain double-close ",
        "socksan run --no-w": "socksan run --no-wait ",
        "socksan run --format=js": "socksan run --format=json ",
        "socksan run -f js": "socksan run -f json ",
        "socksan run --output=js": "socksan run --output=json=",
        "socksan run --output=json=rep": "socksan run --output=json=report.json ",
        "socksan run --fail-on=bad-fd,dou": "socksan run --fail-on=bad-fd,double-close",
        "socksan run --kinds=file,event": "socksan run --kinds=file,eventfd",
        "socksan run --limit=clo": "socksan run --limit=close-wait=",
        "socksan run --option=stack": "socksan run --option=stack_depth=",
        "socksan run --baseline=kn": "socksan run --baseline=known.json ",
        "socksan run --trace-dir=tr": "socksan run --trace-dir=traces/",
        "socksan top --sort=gr": "socksan top --sort=growth ",
        "socksan diff known.json rep": "socksan diff known.json report.json ",
        "socksan export --format=perf": "socksan export --format=perfetto ",
        "socksan run -- readel": "socksan run -- readelf ",
        "socksan doctor -f js": "socksan doctor -f json ",
        "socksan doctor -- readel": "socksan doctor -- readelf ",
        "socksan run --no-wait -- cat rep": "socksan run --no-wait -- cat report.json ",
    }

    def test_fish(self):
        """fish lists what a word may become, with a description each."""
        files(self.tmp)
        script = self.keep("socksan.fish")
        for typed, made in self.TYPED.items():
            with self.subTest(typed):
                told = self.bare(["fish", "--no-config", "-c", f"source {script}; complete -C '{typed}'"], env=self.environment(HOME=self.tmp)).stdout
                word = made.split()[-1]
                found = {line.split("\t")[0] for line in told.splitlines()}
                self.assertTrue({word, word.rpartition("=")[2], word.rstrip("/") + "/"} & found, f"expected {word} among {found}")

    def test_zsh(self):
        """A widget completes what is typed, and writes the line into a file."""
        files(self.tmp)
        os.rename(self.keep("socksan.zsh"), f"{self.tmp}/_socksan")
        told = pathlib.Path(self.tmp, "told")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.tmp)
            os.execve("/usr/bin/zsh", ["zsh", "-f", "-i"], {"PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": self.tmp, "PS1": "ready> "})
        try:
            os.write(terminal, f"fpath=({self.tmp} $fpath); autoload -Uz compinit; compinit -u -D; unsetopt auto_list; setopt bash_auto_list\r".encode())
            os.write(terminal, b"tell() { zle complete-word; print -r -- \"$BUFFER|\" >>told; BUFFER= }; zle -N tell; bindkey '^X' tell; print -r -- begun >>told\r")
            self.wait_for(terminal, told, "begun\n")
            for typed, made in self.TYPED.items():
                with self.subTest(typed):
                    told.unlink()
                    os.write(terminal, typed.encode() + b"\x18")
                    line = self.wait_for(terminal, told, "|\n").rstrip("\n|")
                    self.assertEqual(made.rstrip(), line.rstrip())
        finally:
            os.close(terminal)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def wait_for(self, terminal, path, end):
        """The file's text, once it ends so; what the shell says in between is of no interest, but for a failure."""
        said = b""
        for _ in range(1200):
            if path.exists() and path.read_text(encoding="utf-8").endswith(end):
                return path.read_text(encoding="utf-8")
            if select.select([terminal], [], [], 0.05)[0]:
                said += os.read(terminal, 4096)
        self.fail(f"zsh said {said!r}, expected {end!r} in {path}")


class Completion(Docs):
    """Typed into a bash on a terminal of its own."""

    def complete(self, line, *sourced):
        """What the line becomes by one tab, in a bash that has read these files too."""
        for name in ("report.json", "known.json", "traces/"):
            path = pathlib.Path(self.tmp, name)
            path.mkdir(exist_ok=True) if name.endswith("/") else path.touch()
        script = self.keep("socksan.bash")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.tmp)
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"],
                      {"PATH": "/usr/bin:/bin", "PS1": "ready> ", "TERM": "dumb", "INPUTRC": "/dev/null", "HISTFILE": ""})
        said = b""

        def until(text):
            nonlocal said
            while text not in said:
                if not select.select([terminal], [], [], 60)[0]:
                    self.fail(f"bash said {said!r}, expected {text!r}")
                said += os.read(terminal, 4096)
            said = said.partition(text)[2]

        try:
            until(b"ready> ")
            os.write(terminal, b"bind 'set enable-bracketed-paste off' 'set bell-style none'\r")
            for path in (*sourced, script):
                until(b"ready> ")
                os.write(terminal, f". {path}\r".encode())
            until(b"ready> ")
            os.write(terminal, b"echo so''urced\r")
            until(b"sourced")
            until(b"ready> ")
            # The mark comes after what the tab made of the line.
            os.write(terminal, line.encode() + b"\t#mark")
            while b"#mark" not in said:
                said += os.read(terminal, 4096)
        finally:
            os.close(terminal)
            os.waitpid(child, 0)
        return said.decode().partition("#mark")[0]

    def test_completion(self):
        for typed, made in {
            "socksan rep": "socksan report ",
            "socksan explain dou": "socksan explain double-close ",
            "socksan run --err": "socksan run --error-exitcode=",
            "socksan run --no-w": "socksan run --no-wait ",
            "socksan run --format=js": "socksan run --format=json ",
            "socksan run -f js": "socksan run -f json ",
            "socksan run --output=js": "socksan run --output=json=",
            "socksan run --output=json=rep": "socksan run --output=json=report.json ",
            "socksan run -o json=rep": "socksan run -o json=report.json ",
            "socksan run --fail-on=bad-fd,dou": "socksan run --fail-on=bad-fd,double-close ",
            "socksan run --kinds=soc": "socksan run --kinds=socket ",
            "socksan run --kinds=file,event": "socksan run --kinds=file,eventfd ",
            "socksan run --generate": "socksan run --generate-suppressions ",
            "socksan run --limit=clo": "socksan run --limit=close-wait=",
            "socksan run --option=stack": "socksan run --option=stack_depth=",
            "socksan run --baseline=kn": "socksan run --baseline=known.json ",
            "socksan run --trace-dir=tr": "socksan run --trace-dir=traces/",
            "socksan snapshot --format=pp": "socksan snapshot --format=pprof ",
            "socksan snapshot -f js": "socksan snapshot -f json ",
            "socksan diff -f j": "socksan diff -f json ",
            "socksan diff --le": "socksan diff --least=",
            "socksan diff known.json rep": "socksan diff known.json report.json ",
            "socksan top --sort=gr": "socksan top --sort=growth ",
            "socksan top --ev": "socksan top --every=",
            "socksan top --batch tr": "socksan top --batch traces/",
            "socksan export --format=perf": "socksan export --format=perfetto ",
            "socksan export --format=ndjson tr": "socksan export --format=ndjson traces/",
            "socksan doc": "socksan doctor ",
            "socksan doctor --fo": "socksan doctor --format=",
            "socksan doctor --format=js": "socksan doctor --format=json ",
            "socksan doctor readel": "socksan doctor readelf ",
            "socksan explore -- readel": "socksan explore -- readelf ",
            "socksan attach --tr": "socksan attach --trace-dir=",
            "socksan det": "socksan detach ",
            "socksan init --ci=gitl": "socksan init --ci=gitlab ",
            "socksan snapshot tr": "socksan snapshot traces/",
            "socksan report rep": "socksan report report.json ",
            "socksan run -- readel": "socksan run -- readelf ",
            "socksan run --format json readel": "socksan run --format json readelf ",
            "socksan run --no-wait -- cat rep": "socksan run --no-wait -- cat report.json ",
        }.items():
            with self.subTest(typed):
                self.assertEqual(self.complete(typed), made)

    def test_command_completes_as_it_does_alone(self):
        for typed, made in {
            "socksan run -- readel": "socksan run -- readelf ",
            "socksan run --output=json=x -- readelf --file-h": "socksan run --output=json=x -- readelf --file-header ",
            "socksan run --limit=idle=5s make --keep-g": "socksan run --limit=idle=5s make --keep-going ",
        }.items():
            with self.subTest(typed):
                self.assertEqual(self.complete(typed, "/usr/share/bash-completion/bash_completion"), made)

    def test_shellcheck(self):
        result = self.bare(["shellcheck", self.keep("socksan.bash")])
        self.assertEqual((result.status, result.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
