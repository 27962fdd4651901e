"""The `dev` script: its arguments and statuses, and what it says where it cannot install what is missing.

Bazel and apt are never called: DEV_BUILT names files that are built, and the tools are stand-ins.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

import socksan_test

DEV = socksan_test.find("dev")


class Dev(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def script(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + text + "\n", encoding="utf-8")
        path.chmod(0o755)

    def dev(self, *args, dev=DEV, **keys):
        result = subprocess.run(
            [dev, *args],
            env={**os.environ, "DEV_BUILT": str(self.folder / "built"), **keys.pop("env", {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **keys,
        )
        return result.returncode, result.stdout, result.stderr

    # Arguments

    def test_nothing_asked_shows_the_commands(self):
        status, _, stderr = self.dev()
        self.assertEqual(status, 1)
        self.assertIn("usage: ./dev COMMAND", stderr)

    def test_help_goes_to_standard_output(self):
        status, stdout, stderr = self.dev("--help")
        self.assertEqual((status, stderr), (0, ""))
        self.assertIn("usage: ./dev COMMAND", stdout)

    def test_unknown_command_is_named(self):
        status, _, stderr = self.dev("tset")
        self.assertEqual(status, 1)
        self.assertIn("unknown command 'tset'", stderr)
        self.assertIn("usage: ./dev COMMAND", stderr)

    # run

    def test_run_hands_on_folder_arguments_and_status(self):
        self.script(self.folder / "built/analyzer/socksan", 'printf "[%s]" "$PWD" "$@"; exit 42')
        status, stdout, _ = self.dev("run", "-f", "json", "--", "a b", "", cwd=self.folder)
        self.assertEqual(stdout, f"[{self.folder.resolve()}][run][-f][json][--][a b][]")
        self.assertEqual(status, 42)

    def test_run_works_through_a_link(self):
        self.script(self.folder / "built/analyzer/socksan", "exit 0")
        (self.folder / "link with space").symlink_to(DEV.resolve().parent)
        status, _, stderr = self.dev("run", "--", "true", dev=self.folder / "link with space/dev", cwd="/")
        self.assertEqual(status, 0, stderr)

    def test_run_alone_runs_the_example(self):
        self.script(self.folder / "built/analyzer/socksan", 'printf "%s " "$@"; exit 23')
        status, stdout, stderr = self.dev("run")
        self.assertRegex(stdout, r"^run -- /usr/bin/python3 .*/tests/programs/example_server.py $")
        self.assertEqual(status, 0, stderr)

    def test_example_without_violations_is_a_failure(self):
        self.script(self.folder / "built/analyzer/socksan", "exit 0")
        self.assertEqual(self.dev("run")[0], 1)

    def test_example_that_cannot_run_keeps_its_status(self):
        self.script(self.folder / "built/analyzer/socksan", "exit 125")
        self.assertEqual(self.dev("run")[0], 125)

    # test

    def test_what_test_does_not_know_is_refused(self):
        for args, said in {("--quik",): "unknown argument '--quik'", ("--quick", "unit"): "--quick takes no names"}.items():
            status, _, stderr = self.dev("test", *args)
            self.assertEqual(status, 1, stderr)
            self.assertIn(said, stderr)

    # packages

    def test_packages_are_the_same_bytes_each_time(self):
        made = []
        for name in ("one", "other"):
            (self.folder / name).mkdir()
            status, _, stderr = self.dev("packages", f"--output={self.folder / name}")
            self.assertEqual(status, 0, stderr)
            made.append({path.name: path.read_bytes() for path in (self.folder / name).iterdir()})
            for file in made[-1]:
                self.assertIn(f"made {self.folder / name}/{file}", stderr)
        self.assertEqual(sorted(re.sub(r"\d+\.\d+\.\d+", "V", file) for file in made[0]), ["node-socksan-V.tgz", "pytest_socksan-V-py3-none-any.whl"])
        self.assertEqual(made[0], made[1])

    def test_what_packages_does_not_know_is_refused(self):
        for arg, said in {"--ouput=.": "unknown argument '--ouput=.'", "--output=/nowhere": "/nowhere is no folder"}.items():
            status, _, stderr = self.dev("packages", arg)
            self.assertEqual(status, 1, stderr)
            self.assertIn(said, stderr)

    # Missing packages: the script, with other places to look for tools

    def bare_dev(self, *tools):
        """A copy of dev for a machine that has these tools, and no clang-format."""
        tools_folder = self.folder / "bin"
        tools_folder.mkdir()
        for tool, text in tools:
            self.script(tools_folder / tool, text)
        for folder in ("bazel/dev", "packaging"):
            shutil.copytree(socksan_test.find(folder), self.folder / folder)
        path = self.folder / "dev"
        shutil.copy(DEV, path)
        self.change(path, r"(?m)^tool_path=.*", f"tool_path={tools_folder}")
        return {"dev": path, "env": {"PATH": f"{tools_folder}:/usr/bin:/bin", "TMPDIR": str(self.folder)}}

    def clang_format(self, version):
        """The command that installs a stand-in for that version, which complains of a file if asked to check."""
        self.script(self.folder / "clang-format", f"case $* in *--version*) echo Debian clang-format version {version}.0.6 ;;"
                    " *--dry-run*) echo 'shim/bad.c:1:1: error: code should be clang-formatted [-Wclang-format-violations]' ;; esac")
        return f"cp {self.folder}/clang-format {self.folder}/bin"

    def change(self, path, pattern, text):
        changed, n = re.subn(pattern, text, path.read_text(encoding="utf-8"))
        self.assertGreater(n, 0, f"expected {pattern} in {path}")
        path.write_text(changed, encoding="utf-8")

    def test_no_apt(self):
        status, _, stderr = self.dev("format", **self.bare_dev())
        self.assertEqual(status, 1)
        self.assertIn("missing to format the sources: clang-format", stderr)
        self.assertIn("no apt-get", stderr)

    def test_neither_root_nor_sudo(self):
        # The real sudo must not be found, nor tried.
        keys = self.bare_dev(("apt-get", "exit 0"), ("id", "echo 1000"))
        self.change(self.folder / "bazel/dev/packages.sh", "command -v sudo", "command -v sudo-is-not-here")
        status, _, stderr = self.dev("format", **keys)
        self.assertEqual(status, 1)
        self.assertIn("Neither root nor sudo", stderr)
        self.assertIn("apt-get install clang-format", stderr)

    def answer(self, answer, **env):
        """What somebody at a terminal reads from `dev format`, where clang-format is missing, who types this; and apt's arguments."""
        keys = self.bare_dev(("apt-get", f'echo "$@" >>{self.folder}/asked; {self.clang_format(14)}'), ("id", "echo 0"),
                             ("xargs", "exit 0"))
        for folder in ("shim", "analyzer", "tests", "docs"):
            (self.folder / folder).mkdir()
        ours, theirs = pty.openpty()
        os.write(ours, answer.encode() + b"\n")
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        with subprocess.Popen([keys["dev"], "format"], env={**environment, **keys["env"], **env}, stdin=theirs, stdout=theirs, stderr=theirs,
                              start_new_session=True) as process:
            os.close(theirs)
            said = b""
            while True:
                try:
                    said += os.read(ours, 4096)
                except OSError:  # the other end is closed
                    break
        os.close(ours)
        asked = self.folder / "asked"
        return process.returncode, said.decode(), asked.read_text(encoding="utf-8") if asked.exists() else ""

    def test_somebody_at_a_terminal_is_asked(self):
        status, said, asked = self.answer("n")
        self.assertIn("missing Debian packages, needed to format the sources:\r\n  clang-format", said)
        self.assertIn("install them with apt-get", said)
        self.assertIn("nothing was installed; to do it yourself, as root: apt-get install clang-format", said)
        self.assertEqual(status, 1)
        self.assertNotRegex(asked, "(?m)^(?!.*--assume-no).*install", "expected nothing to be installed")

    def test_enter_is_yes(self):
        status, said, asked = self.answer("")
        self.assertEqual(status, 0, said)
        self.assertRegex(asked, r"(?m)-y .*install --no-install-recommends clang-format$")

    def test_a_ci_job_is_not_asked(self):
        status, said, asked = self.answer("n", CI="true")
        self.assertEqual(status, 0, said)
        self.assertNotIn("install them", said)
        self.assertRegex(asked, r"(?m)-y .*install --no-install-recommends clang-format$")

    def test_packages_are_listed_with_what_they_are_for(self):
        keys = self.bare_dev(("id", "echo 1000"))
        (self.folder / "packaging/packages/build.txt").write_text("libone-dev /nowhere/one.h  numbers from one\n", encoding="utf-8")
        self.script(self.folder / "bin/apt-get", "exit 100")
        self.script(self.folder / "bin/sudo", "exit 1")
        status, _, stderr = self.dev("run", dev=keys["dev"], env={**keys["env"], "DEV_BUILT": ""})
        self.assertEqual(status, 1)
        self.assertRegex(stderr, r"needed to build SockSan:\n  libone-dev +numbers from one\n")

    def test_a_pattern_finds_any_version(self):
        keys = self.bare_dev()
        (self.folder / "lib/19/linux").mkdir(parents=True)
        (self.folder / "packaging/packages/build.txt").write_text(
            f"there {self.folder}/lib/*/linux\nnot-there {self.folder}/lib/*/windows\n", encoding="utf-8")
        status, _, stderr = self.dev("run", dev=keys["dev"], env={**keys["env"], "DEV_BUILT": ""})
        self.assertEqual(status, 1)
        self.assertIn("missing to build SockSan: not-there (", stderr)

    # Bazel: a stand-in that notes how it was called

    def bazel_dev(self, build="exit 0"):
        keys = self.bare_dev(("bazel", f"""
            case $* in *' build '*) what=build ;; *' info '*) what=info ;; *' shutdown '*) what=shutdown ;; esac
            echo "$what $*" >>{self.folder}/calls
            case $what in info) echo {self.folder}/output ;; build) {build} ;; esac"""))
        self.change(self.folder / "dev", r"(?m)^tool_path=.*", f"tool_path={self.folder}/bin:/usr/bin:/bin")
        (self.folder / "packaging/packages/build.txt").write_text("", encoding="utf-8")
        make = f"mkdir -p {self.folder}/output/analyzer; printf '#!/bin/sh\\necho at work\\n' >{self.folder}/output/analyzer/socksan"
        self.script(self.folder / "make-socksan", f"{make}; chmod +x {self.folder}/output/analyzer/socksan")
        return {"dev": self.folder / "dev", "env": {**keys["env"], "DEV_BUILT": "", "HOME": str(self.folder)}}

    def calls(self):
        return [line.split()[0] for line in (self.folder / "calls").read_text(encoding="utf-8").splitlines()]

    def test_no_server_of_bazel_is_left(self):
        for build, expected in ((f"{self.folder}/make-socksan", 0), ("exit 1", 1)):
            with self.subTest(build):
                shutil.rmtree(self.folder / "bin", ignore_errors=True)
                for folder in ("bazel", "packaging"):
                    shutil.rmtree(self.folder / folder, ignore_errors=True)
                (self.folder / "calls").unlink(missing_ok=True)
                keys = self.bazel_dev(build)
                status, stdout, stderr = self.dev("run", "--", "true", **keys)
                self.assertEqual(status, expected, stderr)
                self.assertEqual(stdout, "" if expected else "at work\n")
                self.assertEqual(self.calls(), ["info", "build", "shutdown"])

    def test_a_server_of_bazel_that_was_there_before_is_left(self):
        keys = self.bazel_dev(f"{self.folder}/make-socksan")
        server = subprocess.Popen(["sh", "-c", "read -r line", "bazel(socksan)", f"--workspace_directory={self.folder.resolve()}"],
                                  stdin=subprocess.PIPE)
        self.addCleanup(server.wait)
        self.addCleanup(server.stdin.close)
        status, _, stderr = self.dev("run", "--", "true", **keys)
        self.assertEqual(status, 0, stderr)
        self.assertEqual(self.calls(), ["info", "build"])

    def test_the_first_build_says_what_it_does(self):
        keys = self.bazel_dev(f"{self.folder}/make-socksan")
        said = [self.dev("run", "--", "true", **keys)[2] for _ in range(2)]
        self.assertIn("building SockSan", said[0])
        self.assertNotIn("building SockSan", said[1])
        first, second = [line for line in (self.folder / "calls").read_text(encoding="utf-8").splitlines() if line.startswith("build")]
        self.assertIn("--show_progress_rate_limit", first, "expected the progress of the first build in lines")
        self.assertIn("--noshow_progress", second)
        self.assertEqual(re.findall(r"//\S+", first), ["//analyzer:socksan", "//shim:libsocksan.so", "//shim:libsocksan-inject.so"],
                         "expected only what `run` needs to be built")

    # format

    def test_layout_is_checked_by_the_version_that_made_it_alone(self):
        keys = self.bare_dev(("xargs", 'shift; exec "$@"'))
        for folder in ("shim", "analyzer", "tests", "docs"):
            (self.folder / folder).mkdir()
        subprocess.run(self.clang_format(14), shell=True, check=True)
        status, _, stderr = self.dev("format", "--check", **keys)
        self.assertEqual(status, 1)
        self.assertIn("not laid out as .clang-format says", stderr)
        self.assertIn("shim/bad.c", stderr)
        subprocess.run(self.clang_format(19), shell=True, check=True)
        status, _, stderr = self.dev("format", "--check", **keys)
        self.assertEqual(status, 0, stderr)
        self.assertIn("not checked: the layout is that of clang-format 14", stderr)
        status, _, stderr = self.dev("format", **keys)
        self.assertEqual(status, 1, "expected another version to leave the sources alone")
        self.assertIn("the layout is that of clang-format 14", stderr)

    def test_sudo_installs(self):
        keys = self.bare_dev(
            ("apt-get", "exit 9"),
            ("id", "echo 1000"),
            ("sudo", f'echo sudo "$@" >>{self.folder}/sudo; {self.clang_format(14)}'),
            ("xargs", "exit 0"),
        )
        for folder in ("shim", "analyzer", "tests", "docs"):
            (self.folder / folder).mkdir()
        status, _, stderr = self.dev("format", **keys)
        self.assertEqual(status, 0, stderr)
        self.assertIn("installing Debian packages: clang-format", stderr)
        asked = (self.folder / "sudo").read_text(encoding="utf-8")
        self.assertRegex(asked, r"sudo -n .*apt-get .*-q update\n")
        self.assertRegex(asked, r"sudo -n .*apt-get .*install --no-install-recommends clang-format\n")

    def test_apt_fails(self):
        status, _, stderr = self.dev(
            "format", **self.bare_dev(("apt-get", "echo no route to the mirror; exit 100"), ("id", "echo 0"))
        )
        self.assertEqual(status, 1)
        self.assertIn("no route to the mirror", stderr)
        self.assertIn("could not install clang-format", stderr)

    def test_apt_installs_something_else(self):
        status, _, stderr = self.dev("format", **self.bare_dev(("apt-get", "exit 0"), ("id", "echo 0")))
        self.assertEqual(status, 1)
        self.assertIn("still not to be found: clang-format", stderr)


if __name__ == "__main__":
    unittest.main()
