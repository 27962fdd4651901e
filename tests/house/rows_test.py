"""Lists in the schemas and in docs/ agree with the rows of the tables in shim/model and analyzer, as `socksan` prints them.

SOCKSAN_UPDATE=1 rewrites them; read the diff before you commit it.
SPDX-License-Identifier: Apache-2.0
"""

import importlib.util
import json
import os
import re
import textwrap
import unittest

from socksan_test import find, socksan

UPDATE = os.environ.get("SOCKSAN_UPDATE")
WIDTH = 140


def load(path):
    """A script of the repository as a module."""
    spec = importlib.util.spec_from_file_location("loaded", find(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path, macro):
    """The words of a table's rows: the text of MACRO(id, "text")."""
    return re.findall(rf'^{macro}\(\w+, "([^"]+)"', find(path).read_text(encoding="utf-8"), re.M)


def languages():
    """(its word, the key of its frames) of each."""
    return re.findall(r'^LANG\((\w+), "(\w+)"', find("shim/model/lang.def").read_text(encoding="utf-8"), re.M)


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tool = load("analyzer/cli/docs.py").Tool(socksan())
        cls.version = [int(part) for part in tool.version.split(".")]
        cls.formats = tool.formats
        cls.listed = tool.say("explain").partition("\n\n")[0]
        cls.codes = [code for code, _, _ in tool.codes]
        meanings = {option.long: option.meaning for option in tool.options["run"]}
        cls.limits = re.findall(r"[a-z-]+=\d+\w+", meanings["limit"].partition("default: ")[2].partition(";")[0])
        cls.kinds = re.findall(r"(\w+)(?=, | \(default)", meanings["kinds"])
        cls.kinds.remove("all")

    def setUp(self):
        for name in ("formats", "codes", "limits", "kinds"):
            self.assertTrue(getattr(self, name), f"expected `socksan` to list its {name}")

    def hold(self, path, pattern, text, what):
        """The first place in the file that the pattern finds is this text, or with SOCKSAN_UPDATE becomes it."""
        file = find(path).resolve()
        whole = file.read_text(encoding="utf-8")
        found = re.search(pattern, whole, re.S | re.M)
        self.assertIsNotNone(found, f"{path}: expected a place for {what}, as {pattern} finds it")
        if UPDATE and found[1] != text:
            file.write_text(whole[:found.start(1)] + text + whole[found.end(1):], encoding="utf-8")
        else:
            self.assertEqual(found[1], text, f"{path}: {what} are not those of the rows; SOCKSAN_UPDATE=1 writes them anew")

    def hold_enum(self, path, key, words):
        """The enum of the first member `key` of a schema."""
        pattern = rf'"{key}": {{[^{{}}]*?"enum": (\[[^]]*\])'
        text = json.dumps(words)
        if len(text) > WIDTH - 20:
            whole = find(path).read_text(encoding="utf-8")
            margin = " " * len(re.search(r"[^\n]*$", whole[:re.search(pattern, whole, re.S).start(1)])[0].partition('"')[0])
            text = "[\n" + textwrap.fill(text[1:-1], WIDTH, initial_indent=margin + "  ", subsequent_indent=margin + "  ", break_on_hyphens=False) + f"\n{margin}]"
        self.hold(path, pattern, text, f"the words of {key}")

    def test_the_schema_of_traces(self):
        model = "shim/model/event.def"
        told = rows("shim/model/violation.def", "OUTCOME")
        self.assertLessEqual(set(told), set(self.codes), "expected `socksan explain` to list what `socksan explore` alone tells")
        judged = [word for word in self.codes if word not in told]
        for key, words in (("violation", judged), ("kind", self.kinds), ("state", rows(model, "STATE")), ("note", rows(model, "NOTE")),
                           ("how", rows(model, "HOW")), ("why", rows(model, "LOSS"))):
            with self.subTest(key):
                self.hold_enum("shim/model/trace.schema.json", key, words)

    def test_the_schema_of_what_is_open(self):
        for key, words in (("kind", self.kinds), ("state", rows("shim/model/event.def", "STATE"))):
            with self.subTest(key):
                self.hold_enum("shim/model/open.schema.json", key, words)

    def test_frames_of_each_language_are_in_the_trace(self):
        stack = json.loads(find("shim/model/trace.schema.json").read_text(encoding="utf-8"))["$defs"]["stack"]["properties"]
        read = re.findall(r'^SCRIPT\("(\w+)", LANG_(\w+)\)$', find("analyzer/read/trace_keys.def").read_text(encoding="utf-8"), re.M)
        self.assertEqual(sorted((key, lang) for lang, key in languages()), read, "expected the analyzer to read the key of each language")
        for _, key in languages():
            self.assertIn(key, stack, "expected the schema to know the key")

    def test_the_schema_of_reports(self):
        for key, words in (("code", self.codes), ("kind", self.kinds), ("state", rows("shim/model/event.def", "STATE")),
                           ("how", rows("shim/model/event.def", "HOW")), ("cause", rows("shim/model/cause.def", "CAUSE")),
                           ("lang", ["c"] + [lang for lang, _ in languages()])):
            with self.subTest(key):
                self.hold_enum("analyzer/report/report.schema.json", key, words)

    def test_the_dictionaries_of_the_fuzz_targets(self):
        """Between two comments, the words of the rows; what stands behind them is for each dictionary to choose."""
        event = "shim/model/event.def"
        told = rows("shim/model/violation.def", "OUTCOME")
        states, hows, losses = (rows(event, macro) for macro in ("STATE", "HOW", "LOSS"))
        trace = json.loads(find("shim/model/trace.schema.json").read_text(encoding="utf-8"))
        keys = re.findall(r'^(?:KEY|SCRIPT)\("(\w+)"', find("analyzer/read/trace_keys.def").read_text(encoding="utf-8"), re.M)
        values = [*trace["properties"]["ev"]["enum"], *self.kinds, *states, *rows(event, "NOTE"), *hows, *losses,
                  *(word for word in self.codes if word not in told)]
        lines = [f'"{key}":' for key in keys] + quoted(values)
        report = json.loads(find("analyzer/report/report.schema.json").read_text(encoding="utf-8"))
        members = sorted(set(members_of(report)))
        options = re.findall(r"^\s*OPTION\((\w+),", find("shim/model/options.h").read_text(encoding="utf-8"), re.M)
        for name, words in (
                ("trace", lines),  # of the reader too
                ("report", [f'"{key}":' for key in members] + quoted([*self.codes, *rows("shim/model/cause.def", "CAUSE"), *states, *self.kinds, *hows, *losses,
                                                                     "c", *(lang for lang, _ in languages())])),
                ("diff", quoted([*states, *self.kinds])),
                ("suppressions", [code + ":" for code in self.codes]),
                ("values", [*self.codes, *(name for name, _ in self.formats), *(limit.partition("=")[0] + "=" for limit in self.limits)]),
                ("options", [option + "=" for option in options] + self.kinds)):
            with self.subTest(name):
                text = "\n".join(json.dumps(word) for word in dict.fromkeys(words))
                self.hold(f"tests/fuzz/{name}.dict", r"^# Of the rows, which rows_test holds it to:\n(.*?)\n# Others:$", text, "the words")

    def test_the_version_of_the_header(self):
        major, minor, patch = self.version
        self.hold("shim/api/socksan.h", r"^#define SOCKSAN_VERSION_NUMBER (\d+)$", str(10000 * major + 100 * minor + patch), "the version")

    def test_the_documents(self):
        """Between <!-- codes --> and <!-- /codes -->, what `socksan explain` lists; in the tables, the defaults and the formats."""
        self.hold("docs/reports.md", r"<!-- codes -->\n```\n(.*?)\n```\n<!-- /codes -->", self.listed, "the codes")
        self.hold("docs/options.md", r"^\| `--limit=CODE=TIME` \|[^|\n]*\| ([^|\n]*) \|$", ", ".join(f"`{limit}`" for limit in self.limits), "the limits")
        self.hold("docs/options.md", r"^\| `--kinds=KINDS` \|[^|`\n]*(`[^;|\n]*)[;|]", ", ".join(f"`{kind}`" for kind in self.kinds) + ", or `all`", "the kinds")
        table = [f"| `{name}` | {code(meaning)} |" for name, meaning in self.formats]
        self.hold("docs/options.md", r"<!-- formats -->\n[^\n]*\n[^\n]*\n(.*?)\n<!-- /formats -->", "\n".join(table), "the formats")


def quoted(words):
    return [f'"{word}"' for word in words]


def members_of(schema):
    """The names of all members that a schema knows."""
    for key, value in schema.items() if isinstance(schema, dict) else ():
        if key == "properties":
            yield from value
        for one in value if isinstance(value, list) else [value]:
            yield from members_of(one)


def code(text):
    """Plain text as Markdown: options, variables and names of files as code."""
    return re.sub(r"(?<![\w-])(--[a-z-]+|[A-Z]+(?:_[A-Z]+)+|[\w.]+\.json)", r"`\1`", text)


if __name__ == "__main__":
    unittest.main()
