"""`socksan init`: for a tiny project of each kind, what it writes is right, and the recipe's commands find the leak of the project.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position
from workflow import bash, load, scripts, shellcheck  # pylint: disable=wrong-import-position

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
C_TEST = """
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leak */
	return fd < 0 CLOSE;
}
"""
PYTHON_TEST = """
import socket
kept = []
def test_one():
    kept.append(socket.socket())  # leak
    CLOSE
"""
NODE_TEST = """
const net = require('net');
const server = net.createServer((accepted) => accepted.resume()).listen(0, () => {
	const client = net.connect(server.address().port, () => { // leak
		server.close();
		CLOSE
	});
});
"""
RUST_TEST = """
#[test]
fn one() {
    let kept = std::net::UdpSocket::bind("127.0.0.1:0").unwrap(); // leak
    CLOSE
}
"""
# runner: (the programs that its recipe needs, the file that shows it, the files, the one with the leak, what closes it)
PROJECTS = {
    "CTest": (["cmake", "gcc"], "CMakeLists.txt", {
        "CMakeLists.txt": "cmake_minimum_required(VERSION 3.13)\nproject(one C)\nenable_testing()\nadd_executable(one one.c)\nadd_test(NAME one COMMAND one)\n",
        "one.c": C_TEST}, "one.c", "|| close(fd) < 0"),
    "Meson": (["meson", "ninja", "gcc"], "meson.build", {
        "meson.build": "project('one', 'c')\ntest('one', executable('one', 'one.c'))\n", "one.c": C_TEST}, "one.c", "|| close(fd) < 0"),
    "Make": (["make", "gcc"], "Makefile", {
        "Makefile": "CFLAGS = -g\none: one.c\ncheck: one\n\t./one\n", "one.c": C_TEST}, "one.c", "|| close(fd) < 0"),
    "Bazel": (["gcc"], "WORKSPACE", {"WORKSPACE": "", "one.c": C_TEST}, "one.c", "|| close(fd) < 0"),
    "pytest": (["/usr/bin/pytest-3"], "pyproject.toml", {
        "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n", "tests/test_one.py": PYTHON_TEST}, "tests/test_one.py", "kept.pop().close()"),
    "npm": (["npm", "node"], "package.json", {
        "package.json": '{"name": "one", "version": "1.0.0", "scripts": {"test": "node test.js"}}\n', "test.js": NODE_TEST}, "test.js", "client.destroy();"),
    "cargo": (["cargo"], "Cargo.toml", {
        "Cargo.toml": '[package]\nname = "one"\nversion = "1.0.0"\nedition = "2021"\n', "src/lib.rs": "", "tests/one.rs": RUST_TEST}, "tests/one.rs", "drop(kept);"),
}
# What leaves it open, where the end of a function or of a program does not.
OTHERWISE = {"npm": "process.exit();", "cargo": "std::mem::forget(kept);"}
# Bazel may not run inside of Bazel: this one starts the test as Bazel does, by a --run_under that it takes apart, with little environment.
BAZEL = """#!/usr/bin/python3
import os, shlex, subprocess, sys
under = next(word.partition("=")[2] for word in sys.argv if word.startswith("--run_under="))
assert "//..." in sys.argv and sys.argv[1] == "test", sys.argv
subprocess.run(["gcc", "-g", "-o", "one", "one.c"], check=True)
kept = {key: os.environ[key] for key in ("PATH", "SOCKSAN_SHIM")}
sys.exit(3 if subprocess.run([*shlex.split(under), os.path.abspath("one"), "an argument"], env=kept).returncode else 0)
"""
# Debian's pytest is taken for the one of pip, which needs a network.
PYTHON3 = """#!/bin/sh
[ "$1 $2" != "-m venv" ] || set -- -m venv --system-site-packages --without-pip "$3"
exec /usr/bin/python3 "$@"
"""


class InitTest(SockSanTest):
    def setUp(self):
        super().setUp()
        self.project = f"{self.tmp}/project"
        os.mkdir(self.project)
        os.mkdir(f"{self.tmp}/bin")
        os.symlink(socksan(), f"{self.tmp}/bin/socksan")
        self.program("bazel", BAZEL)
        self.program("python3", PYTHON3)

    def program(self, name, text):
        path = pathlib.Path(self.tmp, "bin", name)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def write(self, files):
        for name, text in files.items():
            path = pathlib.Path(self.project, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def read(self, name):
        return pathlib.Path(self.project, name).read_text(encoding="utf-8")

    def init(self, *args):
        return self.bare([socksan(), "init", *args], cwd=self.project)

    def good(self, *args):
        result = self.init(*args)
        self.assertEqual((result.status, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def files(self):
        return sorted(str(path.relative_to(self.project)) for path in pathlib.Path(self.project).rglob("*") if not path.is_dir())


class Recipes(InitTest):
    """What is written, run."""

    def make(self, runner, closes):
        """The project of a runner, with the leak or without. A skip if this machine cannot run its tests."""
        needed, sign, files, _, close = PROJECTS[runner]
        for program in needed:
            if not shutil.which(program, path=PATH):
                self.skipTest(f"{runner}: no {program} here")
        self.write({name: text.replace("CLOSE", close if closes else OTHERWISE.get(runner, "")) for name, text in files.items()})
        return sign

    def sh(self, script):
        """A script as a runner of CI starts it: status and all that it said."""
        env = self.environment(PATH=f"{self.tmp}/bin:{PATH}", HOME=self.tmp, npm_config_offline="true", npm_config_cache=f"{self.tmp}/npm",
                               CARGO_NET_OFFLINE="true", PIP_NO_INDEX="1", PYTHONDONTWRITEBYTECODE="1")
        env.pop("GITHUB_STEP_SUMMARY", None)
        status, stdout, stderr = self.finish(self.start(bash(script, self.tmp), cwd=self.project, env=env), timeout=600)
        return status, stdout + stderr

    def github(self):
        """The job's steps by name."""
        job = load(f"{self.project}/.github/workflows/sockets.yml")["jobs"]["sockets"]
        return {step.get("name", step.get("uses")): step for step in job["steps"]}

    def run_github(self, runner, closes):
        """Status and all that was said of the run; the results in the SARIF file."""
        sign = self.make(runner, closes)
        os.mkdir(f"{self.project}/.github")
        said = self.good()
        self.assertIn(f"found {runner} ({sign}), GitHub Actions (.github)\n", said)
        self.assertIn("wrote socksan.supp\nwrote .github/workflows/sockets.yml\n", said)
        steps = self.github()
        if "Build" in steps:
            status, built = self.sh(steps["Build"]["run"])
            self.assertEqual(status, 0, f"{runner}: expected the recipe to build the project\n{built}")
        status, told = self.sh(steps["Run the tests under SockSan"]["run"])
        sarif = json.loads(self.read(steps["github/codeql-action/upload-sarif@v3"]["with"]["sarif_file"]))
        return status, told, [result for result in sarif["runs"][0]["results"] if result["level"] != "note"]

    def check_runner(self, runner):
        status, told, results = self.run_github(runner, closes=False)
        self.assertEqual(status, 23, f"{runner}: expected the leak to fail the job\n{told}")
        self.assertRegex(told, r"(?m)^::error .*title=SockSan%3A never-closed")
        self.assertEqual({"never-closed"}, {result["ruleId"] for result in results}, told)
        leak = PROJECTS[runner][3]
        places = [result["locations"][0]["physicalLocation"] for result in results]
        lines = [self.read(leak).split("\n")[place["region"]["startLine"] - 1] for place in places if place["artifactLocation"]["uri"].endswith(leak)]
        self.assertTrue(any("leak" in line for line in lines), f"{runner}: expected the line of {leak} with the leak, not {places}")

    def check_closing(self, runner):
        status, told, results = self.run_github(runner, closes=True)
        self.assertEqual((status, results), (0, []), f"{runner}: expected a project that closes to pass\n{told}")

    def test_baseline_in_the_project_is_used(self):
        self.run_github("Make", closes=False)
        commands = re.findall(r"^    (socksan run .*--write-baseline=.*)$", self.good(), re.M)
        self.assertEqual(len(commands), 1, "expected one command that writes the baseline")
        status, told = self.sh(commands[0])
        self.assertEqual(status, 0, told)
        run = self.github()["Run the tests under SockSan"]["run"]
        status, told = self.sh(run)
        self.assertEqual(status, 0, f"expected what is in the baseline not to fail the job\n{told}")
        self.write({"one.c": self.read("one.c").replace("int main", "void other(void) { socket(AF_INET, SOCK_DGRAM, 0); }\nint main").replace("return", "other(); return")})
        status, told = self.sh(run)
        self.assertEqual(status, 23, f"expected what is new to fail the job\n{told}")

    def test_suppressions_in_the_project_are_used(self):
        self.run_github("Make", closes=False)
        self.write({"socksan.supp": self.read("socksan.supp") + "never-closed:^main$\n"})
        status, told = self.sh(self.github()["Run the tests under SockSan"]["run"])
        self.assertEqual(status, 0, told)

    def test_what_is_printed_to_try_can_be_typed(self):
        for runner in ("CTest", "Bazel"):
            with self.subTest(runner):
                self.make(runner, closes=False)
                said = self.good("--ci=gitlab", self.project)
                typed = re.search(rf"Try it in {self.project}:\n\n((?:    .*\n)+)", said)
                status, told = self.sh("set +e\n" + re.sub("^    ", "", typed[1], flags=re.M) + "echo status $?\n")
                self.assertEqual(status, 0, f"expected the shell to go on\n{typed[1]}\n{told}")
                self.assertTrue(told.endswith("status 23\n") or "\nstatus 23\n" in told, f"{typed[1]}\n{told}")
                shutil.rmtree(self.project)
                os.mkdir(self.project)

    def test_gitlab(self):
        self.make("CTest", closes=False)
        self.good("--ci=gitlab")
        job = load(f"{self.project}/.gitlab-ci.yml")["sockets"]
        self.assertEqual(job["image"], "debian:12")
        install, build, run = job["script"]
        self.assertIn("apt-get install -y cmake g++ make\n", install)
        status, told = self.sh(build)
        self.assertEqual(status, 0, told)
        status, told = self.sh(run)
        self.assertEqual(status, 23, told)
        self.assertRegex(told, r"error\[never-closed\]: TCP socket")
        quality = json.loads(self.read(job["artifacts"]["reports"]["codequality"]))
        self.assertEqual([issue["check_name"] for issue in quality], ["never-closed"])
        cases = xml.etree.ElementTree.parse(f"{self.project}/{job['artifacts']['reports']['junit']}").iter("testcase")
        self.assertEqual([case.get("name") for case in cases if case.find("failure") is not None], ["never-closed"])

    def test_two_runners_give_one_report(self):
        for runner in ("Make", "pytest"):
            self.make(runner, closes=False)
        self.write({"CMakeLists.txt": PROJECTS["CTest"][2]["CMakeLists.txt"]})
        os.mkdir(f"{self.project}/.github")
        self.assertIn("found CTest (CMakeLists.txt), pytest (pyproject.toml), Make (Makefile, not used), GitHub Actions (.github)\n", self.good())
        steps = self.github()
        status, told = self.sh(steps["Build"]["run"])
        self.assertEqual(status, 0, told)
        status, told = self.sh(steps["Run the tests under SockSan"]["run"])
        self.assertEqual(status, 23, told)
        results = json.loads(self.read("socksan.sarif"))["runs"][0]["results"]
        self.assertEqual({"one.c", "test_one.py"}, {os.path.basename(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
                                                    for result in results}, told)

    def test_command_of_the_user(self):
        os.mkdir(f"{self.project}/.github")
        for command, written in {
            "./run-tests --all": "-- ./run-tests --all\n",
            "echo \"it's one\"; ./run-tests": "  -- sh -ec '\n    echo \"it'\\''s one\"; ./run-tests\n  '\n",
            "A=1 ./run-tests": "  -- sh -ec '\n    A=1 ./run-tests\n  '\n",
        }.items():
            with self.subTest(command):
                shutil.rmtree(f"{self.project}/.github")
                self.good("--ci=github", f"--test={command}")
                run = self.github()["Run the tests under SockSan"]["run"]
                self.assertTrue(run.endswith(written), f"expected {written!r} at the end of\n{run}")
                self.program("../project/run-tests", "#!/bin/sh\necho \"ran $A\"\n")
                status, told = self.sh(run)
                self.assertEqual(status, 0, told)
                self.assertIn("ran ", told)


for each in PROJECTS:
    setattr(Recipes, f"test_{each}_finds_the_leak", lambda self, each=each: self.check_runner(each))
    setattr(Recipes, f"test_{each}_passes_without_the_leak", lambda self, each=each: self.check_closing(each))


class Files(InitTest):
    """What is looked at, written and kept."""

    def test_every_runner_of_the_table_has_a_project_here(self):
        names = re.findall(r"^\[(\w+)\]$", find("analyzer/init/runners.ini").read_text(encoding="utf-8"), re.M)
        self.assertEqual(set(names) - {"Go"}, set(PROJECTS))

    def test_dry_run_writes_nothing(self):
        self.write(PROJECTS["Make"][2])
        before = self.files()
        said = self.good("--dry-run", "--ci=github")
        self.assertEqual(before, self.files())
        self.assertIn("would write socksan.supp:\n\n# Suppressions for SockSan", said)
        self.assertIn("would write .github/workflows/sockets.yml:\n\n# Runs the tests (Make) under SockSan", said)

    def test_a_file_that_is_there_is_kept_and_its_recipe_is_printed(self):
        self.write(PROJECTS["Make"][2])
        self.write({".gitlab-ci.yml": "build:\n  script: make\n", "socksan.supp": "*:/vendor/\n"})
        said = self.good()
        self.assertEqual(self.read(".gitlab-ci.yml"), "build:\n  script: make\n")
        self.assertEqual(self.read("socksan.supp"), "*:/vendor/\n")
        self.assertRegex(said, r"kept socksan\.supp, which exists; a new one would be:\n\n# Suppressions")
        self.assertRegex(said, r"kept \.gitlab-ci\.yml, which exists; a new one would be:\n(.*\n)*sockets:\n  image: debian:12\n")

    def test_a_second_time_there_is_nothing_to_do(self):
        self.write(PROJECTS["Make"][2])
        self.good("--ci=github")
        said = self.good("--ci=github")
        self.assertIn("kept socksan.supp\nkept .github/workflows/sockets.yml\n", said)

    def test_links_are_not_followed(self):
        self.write(PROJECTS["Make"][2])
        os.symlink(f"{self.tmp}/elsewhere", f"{self.project}/socksan.supp")
        self.assertIn("kept socksan.supp", self.good())
        self.assertFalse(os.path.exists(f"{self.tmp}/elsewhere"), "expected nothing to be written through a link")

    def test_a_folder_that_cannot_be_written_is_an_error(self):
        result = self.init("--test=true", "/proc/self")
        self.assertEqual(result.status, 2, result.stdout)
        self.assertRegex(result.stderr, r"^socksan: /proc/self/socksan\.supp: ")

    def test_written_suppressions_are_accepted(self):
        self.write(PROJECTS["Make"][2])
        self.good()
        result = self.bare([socksan(), "run", f"--suppressions={self.project}/socksan.supp", "--", "/bin/true"])
        self.assertEqual(result.status, 0, result.stderr)
        examples = re.findall(r"^#   ([a-z*-]+:\S+ +# .*)$", self.read("socksan.supp"), re.M)
        self.assertEqual(len(examples), 2, "expected examples for the kind of project")
        self.write({"socksan.supp": "\n".join(examples) + "\n"})
        result = self.bare([socksan(), "run", f"--suppressions={self.project}/socksan.supp", "--", "/bin/true"])
        self.assertEqual(result.status, 0, f"expected the examples to be suppressions\n{result.stderr}")

    def test_kinds_of_projects(self):
        """What files show, as the line "found" says it."""
        package = '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'
        for files, found in [
            ({"meson.build": "", "Makefile": "test:\n"}, "Meson (meson.build), Make (Makefile, not used)"),
            ({"WORKSPACE": "", "pyproject.toml": "pytest\n"}, "Bazel (WORKSPACE), pytest (pyproject.toml, not used)"),
            ({"CMakeLists.txt": "", "MODULE.bazel": ""}, "CTest (CMakeLists.txt), Bazel (MODULE.bazel, not used)"),
            ({"GNUmakefile": "all:\ntest: all\n", "package.json": package}, "Make (GNUmakefile)"),
            ({"configure.ac": ""}, "Make (configure.ac)"),
            ({"Cargo.toml": "", "Makefile": "check:\n"}, "cargo (Cargo.toml), Make (Makefile, not used)"),
            ({"go.mod": "", "Makefile": "check:\n"}, "Go (go.mod, not used), Make (Makefile)"),
            ({"tests/conftest.py": "", "package.json": '{"scripts": {"test": "mocha"}}'}, "pytest (tests/conftest.py), npm (package.json)"),
            ({"conftest.py": "", ".git/config": "url = git@github.com:a/b.git\n"}, "pytest (conftest.py), GitHub Actions (.git/config)"),
            ({"conftest.py": "", ".git/config": "url = https://gitlab.example.com/b.git\n"}, "pytest (conftest.py), GitLab CI (.git/config)"),
        ]:
            with self.subTest(found):
                shutil.rmtree(self.project)
                os.mkdir(self.project)
                self.write(files)
                self.assertEqual(self.good("--dry-run").split("\n")[0], "found " + found)

    def test_commands_follow_the_files(self):
        for files, expected, other in [
            ({"configure.ac": ""}, ["autoreconf -fi", "./configure", "-- make check"], "make test"),
            ({"configure.ac": "", "configure": ""}, ["./configure", "-- make check"], "autoreconf"),
            ({"makefile": "test:\n"}, ["make", "-- make test"], "make check"),
            ({"package.json": '{"scripts": {"test": "x"}}', "package-lock.json": "{}"}, ["npm ci", "-- npm test"], "npm install"),
            ({"package.json": '{"scripts": {"test": "x"}}'}, ["npm install"], "npm ci"),
            ({"pytest.ini": "", "requirements.txt": "", "setup.py": ""}, ["install -r requirements.txt", "install -e ."], "requirements-dev"),
            ({"CMakeLists.txt": "project(one)\n"}, ["ctest finds tests only if"], "found Make"),
            ({"CMakeLists.txt": "include(CTest)\n"}, ["ctest --test-dir build"], "ctest finds tests only if"),
        ]:
            with self.subTest(files=files):
                shutil.rmtree(self.project)
                os.mkdir(self.project)
                self.write(files)
                said = self.good("--dry-run", "--ci=github")
                for text in expected:
                    self.assertIn(text, said)
                self.assertNotIn(other, said)

    def test_go_alone_cannot_be_recorded(self):
        self.write({"go.mod": "module one\n"})
        result = self.init()
        self.assertEqual(result.status, 2, result.stdout)
        self.assertIn("SockSan cannot record Go code", result.stdout)
        self.assertIn("give the command with --test=COMMAND", result.stderr)
        self.assertEqual(self.files(), ["go.mod"])
        self.assertIn("-- go test ./...\n", self.good("--test=go test ./..."), "expected the command to be taken from the user")

    def test_nothing_is_known_of_an_empty_folder(self):
        result = self.init()
        self.assertEqual(result.status, 2, result.stdout)
        self.assertRegex(result.stderr, r"^socksan: .* CTest, Meson, .*; give the command with --test=COMMAND\n$")
        self.assertEqual(self.files(), [])

    def test_unusable_arguments(self):
        for args, message in ((["--ci=jenkins"], "no service 'jenkins'; there are github gitlab"), (["nowhere"], "nowhere: No such file or directory"),
                              ([find("dev")], "dev: Not a directory"), (["--test="], "--test wants a command in one line"),
                              (["--test=a\nb"], "--test wants a command in one line"), ([".", "."], "one DIR at a time")):
            with self.subTest(args):
                result = self.init(*map(str, args))
                self.assertEqual(result.status, 2, result.stdout)
                self.assertIn(message, result.stderr)

    def test_scripts_of_recipes(self):
        """shellcheck has nothing to say of the commands for any kind of project."""
        for runner, (_, _, files, _, _) in PROJECTS.items():
            with self.subTest(runner):
                shutil.rmtree(self.project)
                os.mkdir(self.project)
                self.write(files)
                self.good("--ci=github")
                self.good("--ci=gitlab")
                steps = [script for _, script in scripts(load(f"{self.project}/.github/workflows/sockets.yml"))]
                steps += load(f"{self.project}/.gitlab-ci.yml")["sockets"]["script"]
                self.assertGreater(len(steps), 3)
                for script in steps:
                    self.assertEqual("", shellcheck(script), script)
                for name in ("socksan.supp", ".github/workflows/sockets.yml", ".gitlab-ci.yml"):
                    self.assertNotRegex(self.read(name), r"@\??[a-z_]+@", f"{name}: expected every blank of the template to be filled")

    def test_tables_with_mistakes_do_not_build(self):
        """tables.py names the place."""
        folder = find("analyzer/init")
        tables = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.suffix in (".ini", ".yml", ".supp")}
        for name, bad, where in [
            ("runners.ini", "[One]\nsen = Makefile\n", "runners.ini:2: expected a section"),
            ("runners.ini", "[One]\nseen = a\nseen = b\n", "runners.ini:3: expected a section"),
            ("runners.ini", "seen = a\n", "runners.ini:1: expected a section"),
            ("runners.ini", "[One]\nseen = a\nbuild =\n\t[a make\n", "runners.ini:4: expected [CONDITION]"),
            ("runners.ini", "[One]\nseen = a\nimage =\n\tone\n\ttwo\n", "runners.ini:5: expected one value of image"),
            ("services.ini", "[other]\nname = Other\nseen = a\n", "other.yml:1: there is no such template"),
        ]:
            with self.subTest(where):
                for each, text in {**tables, name: bad}.items():
                    pathlib.Path(self.tmp, each).write_text(text, encoding="utf-8")
                result = self.bare(["/usr/bin/python3", str(find("analyzer/init/tables.py")), *(f"{self.tmp}/{each}" for each in tables)])
                self.assertEqual(result.status, 1, result.stderr)
                self.assertIn(where, result.stderr)
                self.assertNotIn("Traceback", result.stderr)


if __name__ == "__main__":
    unittest.main()
