"""The GitHub Action of action.yml: its steps are run as GitHub's runner starts them, with a package that is built here and an API that is played here.

What `uses` other actions is not run, only looked at. SPDX-License-Identifier: Apache-2.0
"""

import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import unittest
import urllib.parse

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import recipe  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, find, read_report, shim, socksan  # pylint: disable=wrong-import-position
from workflow import bash, evaluate, expand, holds, load, scripts, set_lines, shellcheck  # pylint: disable=wrong-import-position

ACTION = find("action.yml")
SOURCE = """
import socket
kept = socket.socket()
CLOSE
"""
MARK = "<!-- socksan: socksan -->"


class Api(http.server.BaseHTTPRequestHandler):
    """The comments of pull request 7 of a/b."""

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def handle_one(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        here = self.server.here
        if self.headers["Authorization"] != "Bearer secret" or here["refuse"]:
            self.answer(403, {"message": "Resource not accessible by integration"})
        elif self.command == "GET" and url.path == "/repos/a/b/issues/7/comments":
            first = (int(query["page"][0]) - 1) * int(query["per_page"][0])
            rows = [{"url": f"http://127.0.0.1:{self.server.server_port}/repos/a/b/issues/comments/{i}", "body": body} for i, body in enumerate(here["comments"])]
            self.answer(200, rows[first:first + int(query["per_page"][0])])
        elif self.command == "POST" and url.path == "/repos/a/b/issues/7/comments":
            here["comments"].append(self.body())
            self.answer(201, {})
        elif self.command == "PATCH" and (match := re.fullmatch(r"/repos/a/b/issues/comments/(\d+)", url.path)):
            here["comments"][int(match[1])] = self.body()
            self.answer(200, {})
        else:
            self.answer(404, {})

    do_GET = do_POST = do_PATCH = handle_one


class ActionTest(SockSanTest):
    def setUp(self):
        super().setUp()
        self.project = f"{self.tmp}/project"
        self.bin = f"{self.tmp}/bin"
        self.runner = f"{self.tmp}/runner"
        for folder in (self.project, self.bin, self.runner):
            os.mkdir(folder)
        self.write("leaks.py", SOURCE.replace("CLOSE", ""))
        self.write("closes.py", SOURCE.replace("CLOSE", "kept.close()"))
        self.action = load(ACTION)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.server.here = {"comments": [], "refuse": False}
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def write(self, name, text):
        pathlib.Path(self.project, name).write_text(text, encoding="utf-8")

    def installed(self):
        os.symlink(socksan(), f"{self.bin}/socksan")

    def act(self, run, event="push", **inputs):
        """Runs the action's steps in turn. (status of the first that failed or 0, all that was said, contexts, names of the steps that were let run)"""
        given = {name: str(row.get("default", "")) for name, row in self.action["inputs"].items()}
        given.update({"run": run, **{name.replace("_", "-"): value for name, value in inputs.items()}})
        github = {"token": "secret", "event_name": event, "event": {"pull_request": {"number": 7}}}
        contexts = {"github": github, "steps": {}, "failure": False}
        contexts["inputs"] = {name: expand(value, contexts) for name, value in given.items()}
        status, said, names = 0, "", []
        path = [self.bin, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        for number, step in enumerate(self.action["runs"]["steps"]):
            if not holds(step, contexts):
                continue
            names.append(step["name"])
            if "run" not in step:
                contexts["steps"][step["name"]] = {key: expand(value, contexts) for key, value in step["with"].items()}
                continue
            files = {name: f"{self.tmp}/{name}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
            for file in files.values():
                pathlib.Path(file).touch()
            env = {"PATH": os.pathsep.join(path), "HOME": self.tmp, "RUNNER_TEMP": self.runner, "GITHUB_REPOSITORY": "a/b", "LC_ALL": "C.UTF-8",
                   "GITHUB_API_URL": f"http://127.0.0.1:{self.server.server_port}", "GITHUB_ACTIONS": "true", **files,
                   **({} if inputs.get("package") else {"SOCKSAN_SHIM": shim()}),
                   **{key: expand(value, contexts) for key, value in step.get("env", {}).items()}}
            folder = os.path.join(self.project, expand(step.get("working-directory", "."), contexts))
            ended, stdout, stderr = self.finish(self.start(bash(step["run"], self.tmp), cwd=folder, env=env))
            said += stdout + stderr
            contexts["summary"] = contexts.get("summary", "") + pathlib.Path(files["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
            contexts["steps"][step.get("id", step["name"])] = {"outputs": set_lines(files["GITHUB_OUTPUT"])}
            path = pathlib.Path(files["GITHUB_PATH"]).read_text(encoding="utf-8").splitlines() + path
            if ended != 0 and status == 0:
                status, contexts["failure"] = ended, True
        contexts["outputs"] = {name: expand(row["value"], contexts) for name, row in self.action["outputs"].items()}
        return status, said, contexts, names


class Form(ActionTest):
    def test_every_input_and_output_is_described_and_used(self):
        text = ACTION.read_text(encoding="utf-8")
        for name, row in self.action["inputs"].items():
            self.assertTrue(row["description"], name)
            self.assertIn(f"inputs.{name}", text, f"expected a step to use the input {name}")
            self.assertTrue(row.get("required") or "default" in row, f"expected {name} to be required or to have a default")
        for name, row in self.action["outputs"].items():
            self.assertTrue(row["description"], name)
        self.assertEqual(self.action["runs"]["using"], "composite")
        for step in self.action["runs"]["steps"]:
            self.assertTrue("uses" in step or step["shell"] == "bash", f"{step['name']}: expected the shell that a composite action has to name")

    def test_documentation(self):
        """Its example gives inputs that there are, and its table has all of them."""
        steps = yaml.safe_load(recipe("action"))["jobs"]["sockets"]["steps"]
        inputs, = [step["with"] for step in steps if step.get("uses", "").startswith("OWNER/socksan@")]
        self.assertIn("run", inputs)
        self.assertLessEqual(set(inputs), set(self.action["inputs"]))
        table = find("docs/ci.md").read_text(encoding="utf-8").partition("| input | meaning | default |\n")[2].partition("\n\n")[0]
        listed = [name for row in table.split("\n")[1:] for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]
        self.assertEqual(sorted(listed), sorted(self.action["inputs"]))

    def test_scripts(self):
        """Nothing of the caller becomes part of a script, and shellcheck has nothing to say."""
        found = dict(scripts(self.action))
        self.assertEqual(len(found), 3)
        for name, script in found.items():
            self.assertNotIn("${{", script, f"{name}: expected inputs to come by the environment")
            self.assertEqual("", shellcheck(script), name)

    def test_validator_has_nothing_to_say(self):
        """Of the action, of the workflow in the documentation, and of one that init writes."""
        validator = pathlib.Path(os.environ.get("SOCKSAN_NPM", "/nowhere"), "node_modules/@action-validator/cli/cli.mjs")
        if not validator.exists():
            self.skipTest("@action-validator/cli is not at hand")
        workflows = ".github/workflows"
        self.write("Makefile", "check:\n")
        self.assertEqual(0, self.bare([socksan(), "init", "--ci=github"], cwd=self.project).status)
        self.write(f"{workflows}/readme.yml", recipe("action"))
        shutil.copy(ACTION, f"{self.project}/action.yml")
        for path in ("action.yml", f"{workflows}/sockets.yml", f"{workflows}/readme.yml"):
            result = self.bare(["node", str(validator), path], cwd=self.project)
            self.assertEqual((result.status, result.stdout), (0, ""), f"{path}: {result.stderr}")
        self.write("action.yml", ACTION.read_text(encoding="utf-8").replace("using: composite", "using: nothing"))
        self.assertEqual(1, self.bare(["node", str(validator), "action.yml"], cwd=self.project).status, "expected the validator to see a mistake")

    def test_expressions_are_understood(self):
        contexts = {"inputs": {"a-b": "x"}, "failure": True}
        for text, value in (("inputs.a-b == 'x' && !cancelled()", True), ("inputs.none != ''", False), ("success() || failure()", True), ("success()", False)):
            self.assertEqual(evaluate(text, contexts), value, text)


class Run(ActionTest):
    def test_leak_fails_the_step_and_is_shown_everywhere(self):
        self.installed()
        status, said, contexts, names = self.act("/usr/bin/python3 leaks.py", event="pull_request")
        self.assertEqual(status, 23, said)
        self.assertEqual(names, ["Run under SockSan", "Upload the report to code scanning", "Comment on the pull request"])
        self.assertRegex(said, r"(?m)^::error file=.*leaks\.py,line=3,title=SockSan%3A never-closed")
        self.assertIn("never-closed", contexts["summary"])
        outputs = contexts["outputs"]
        self.assertEqual(outputs["status"], "23")
        self.assertEqual(read_report(outputs["json"])["totals"]["by_code"], {"never-closed": 1})
        upload = contexts["steps"]["Upload the report to code scanning"]
        self.assertEqual(upload, {"sarif_file": outputs["sarif"], "category": "socksan"})
        self.assertEqual(["never-closed"], [result["ruleId"] for result in json.loads(pathlib.Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]])
        comment, = self.server.here["comments"]
        self.assertTrue(comment.startswith(MARK + "\n"), comment)
        self.assertIn("never-closed", comment)

    def test_clean_command_passes_without_a_comment(self):
        self.installed()
        status, said, contexts, _ = self.act("/usr/bin/python3 closes.py", event="pull_request")
        self.assertEqual((status, contexts["outputs"]["status"]), (0, "0"), said)
        self.assertEqual(self.server.here["comments"], [])

    def test_comment_of_an_earlier_run_is_updated(self):
        self.installed()
        self.server.here["comments"] = ["a comment"] * 130 + [MARK + "\nof yesterday", "another"]
        self.act("/usr/bin/python3 leaks.py", event="pull_request")
        self.assertEqual(len(self.server.here["comments"]), 132, "expected no new comment")
        self.assertIn("never-closed", self.server.here["comments"][130])
        self.act("/usr/bin/python3 closes.py", event="pull_request")
        self.assertIn("no violations", self.server.here["comments"][130], "expected the comment to say that all is well now")
        self.act("/usr/bin/python3 leaks.py", event="pull_request", name="other")
        self.assertEqual(len(self.server.here["comments"]), 133, "expected a comment of its own for another name")

    def test_comment_that_is_refused_is_a_warning(self):
        self.installed()
        self.server.here["refuse"] = True
        status, said, _, _ = self.act("/usr/bin/python3 closes.py", event="pull_request")
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"(?m)^::warning title=SockSan::could not comment on the pull request")

    def test_long_report_is_cut_for_a_comment(self):
        self.installed()
        program = self.compile("many", "#include <sys/socket.h>\n" + "".join(f"void f{i}(void) {{ socket(AF_INET, SOCK_STREAM, 0); }}\n" for i in range(900)) +
                               "int main(void) {" + "".join(f" f{i}();" for i in range(900)) + " return 0; }\n", "-g", "-O0")
        status, said, _, _ = self.act(f"ulimit -n 2000; {program}", event="pull_request")
        self.assertEqual(status, 23, said[:2000])
        comment, = self.server.here["comments"]
        self.assertLess(len(comment), 65536, "expected a comment that GitHub takes")

    def test_files_of_the_project_are_used(self):
        self.installed()
        self.write("socksan.supp", "never-closed:leaks.py\n")
        status, said, _, _ = self.act("/usr/bin/python3 leaks.py")
        self.assertEqual(status, 0, f"expected socksan.supp to be read\n{said}")
        os.rename(f"{self.project}/socksan.supp", f"{self.project}/other.supp")
        self.assertEqual(self.act("/usr/bin/python3 leaks.py", suppressions="other.supp")[0], 0)
        self.assertEqual(self.act("/usr/bin/python3 leaks.py", options=f"--write-baseline={self.project}/socksan-baseline.json")[0], 23)
        status, said, _, _ = self.act("/usr/bin/python3 leaks.py")
        self.assertEqual(status, 0, f"expected socksan-baseline.json to be read\n{said}")
        status, said, _, _ = self.act("/usr/bin/python3 leaks.py", suppressions="missing.supp")
        self.assertEqual(status, 125, f"expected a file that was asked for and is missing to be an error\n{said}")

    def test_inputs_reach_socksan_as_they_are(self):
        self.installed()
        os.mkdir(f"{self.project}/a b")
        status, said, _, names = self.act("echo \"it's\" $PWD\n/usr/bin/python3 ../leaks.py", working_directory="a b", fail_on="never", sarif="false",
                                          options="--limit=idle=5s '--own=/a b/'")
        self.assertEqual(status, 0, said)
        self.assertIn(f"it's {self.project}/a b\n", said)
        self.assertEqual(names, ["Run under SockSan"])

    def test_status_of_the_command_wins(self):
        self.installed()
        status, said, contexts, _ = self.act("false | true\necho not reached")
        self.assertEqual((status, contexts["outputs"]["status"]), (1, "1"), said)
        self.assertNotIn("not reached", said)


class Install(ActionTest):
    @classmethod
    def setUpClass(cls):
        cls.built = str(pathlib.Path(socksan()).parents[1])

    def dev(self, *args):
        done = self.bare([str(find("dev")), *args], env=self.environment(DEV_BUILT=self.built))
        self.assertEqual(done.status, 0, done.stderr)

    def test_tarball_is_unpacked_and_found(self):
        self.dev("install", f"--prefix={self.tmp}/tree/socksan-1")
        with tarfile.open(f"{self.project}/socksan-1.tar.gz", "w:gz") as archive:
            archive.add(f"{self.tmp}/tree/socksan-1", "socksan-1")
        status, said, _, _ = self.act("/usr/bin/python3 leaks.py", package="socksan-1.tar.gz")
        self.assertEqual(status, 23, said)
        self.assertIn("never-closed", said)

    def test_debian_package_is_given_to_apt_get(self):
        self.dev("deb", f"--output={self.project}")
        package, = pathlib.Path(self.project).glob("*.deb")
        # Nothing is to be installed on this machine: apt-get unpacks beside it.
        pathlib.Path(self.bin, "apt-get").write_text(f'#!/bin/sh\necho "apt-get $*"\n[ "$2" = update ] || dpkg-deb -x "$3" {self.tmp}/root\n', encoding="utf-8")
        pathlib.Path(self.bin, "sudo").write_text('#!/bin/sh\nexec "$@"\n', encoding="utf-8")
        for name in ("apt-get", "sudo"):
            os.chmod(f"{self.bin}/{name}", 0o755)
        os.symlink(f"{self.tmp}/root/usr/bin/socksan", f"{self.bin}/socksan")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: http.server.SimpleHTTPRequestHandler(*args, directory=self.project)) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                status, said, _, _ = self.act("/usr/bin/python3 leaks.py", package=f"http://127.0.0.1:{server.server_port}/{package.name}?token=1")
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual(status, 23, said)
        self.assertIn(f"apt-get -qy install {self.runner}/{package.name}\n", said)

    def test_what_is_no_package_is_refused(self):
        for name, message in (("socksan.zip", "expected a .deb or a .tar.gz, not 'socksan.zip'"), ("empty.tar.gz", "there is no bin/socksan in empty.tar.gz")):
            with self.subTest(name):
                with tarfile.open(f"{self.project}/{name}", "w:gz"):
                    pass
                status, said, contexts, names = self.act("true", package=name, event="pull_request")
                self.assertEqual((status, names), (1, ["Install SockSan"]), said)
                self.assertIn(f"::error title=SockSan::{'package: ' if 'zip' in name else ''}{message}", said)
                self.assertEqual(contexts["outputs"]["status"], "")


if __name__ == "__main__":
    unittest.main()
