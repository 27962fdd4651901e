"""One violation, one file: rows of shim/model/violation.def, rules and texts in analyzer/judge/violations, and what is made of them.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position

TABLE = find("shim/model/violation.def")
ROWS = re.findall(r'^VIOLATION\((\w+), "([a-z-]+)", (\w+), (\d+), \w+\)$', TABLE.read_text(encoding="utf-8"), re.M)
FOLDER = find("analyzer/judge/violations/never_closed.md").parent
TEXTS = find("analyzer/judge/texts.py")

GOOD = """when it fires

Help: do it right

## Why

It "costs" a \\ here.
```text
one  1
```

## Wrong

```c
wrong("%d\\n");

/* ## no heading */
```

## Right

```c
right();
```

## In Python

```python
# no heading
right()
```

## In Java

```java
Right.right();
```
"""

QUERY = """-- exact
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'a-good'
"""


class TheFolderTest(unittest.TestCase):
    def test_each_row_has_its_files_and_each_file_its_row(self):
        judged = sorted(row[0] for row in ROWS)
        told = re.findall(r"^OUTCOME\((\w+), ", TABLE.read_text(encoding="utf-8"), re.M)
        self.assertIn("crash_after_fault", told, "expected rows OUTCOME(id, ...) for what no trace is judged by")
        for suffix, ids in (".c", judged), (".sql", judged), (".md", sorted(judged + told)):
            there = sorted(path.stem for path in FOLDER.iterdir() if path.suffix == suffix)
            self.assertEqual(ids, there, f"expected violations/ID{suffix} for each row of violation.def, and no more")
        self.assertEqual(3 * len(judged) + len(told), len(list(FOLDER.iterdir())), "expected nothing else in analyzer/judge/violations")

    def test_each_file_has_the_rule_of_its_row(self):
        for id_, slug, _, _ in ROWS:
            source = (FOLDER / f"{id_}.c").read_text(encoding="utf-8")
            self.assertTrue(source.startswith(f"/* {slug}: "), f"expected {id_}.c to begin with its slug")
            self.assertEqual([id_], re.findall(r"^const struct rule (\w+)_rule = {$", source, re.M), f"{id_}.c")

    def test_the_rest_of_the_analyzer_names_no_code(self):
        names = [id_ for id_, _, _, _ in ROWS]
        for path in sorted(FOLDER.parent.glob("*.[ch]")):
            named = re.findall(rf"\bVIOLATION_({'|'.join(names)})\b", path.read_text(encoding="utf-8"))
            self.assertEqual([], named, f"expected {path.name} to leave what is peculiar to a code to its rule")


class TheTextsTest(SockSanTest):
    """What is said of a code stands in its file, word for word."""

    @staticmethod
    def parts(id_):
        text = (FOLDER / f"{id_}.md").read_text(encoding="utf-8")
        head, *sections = re.split(r"^## (.*)\n", text, flags=re.M)
        meaning, help_ = re.fullmatch(r"(.*)\n\nHelp: (.*)\n(?:Help in .*: .*\n)*\n", head).groups()
        return meaning, help_, dict(zip(sections[::2], sections[1::2]))

    def test_explain(self):
        listed = self.bare([socksan(), "explain"]).stdout
        for id_, slug, severity, cwe in ROWS:
            meaning, help_, sections = self.parts(id_)
            self.assertRegex(listed, rf"(?m)^{slug} +{severity.lower()} +{re.escape(meaning)}$")
            shown = self.bare([socksan(), "explain", slug]).stdout
            self.assertTrue(shown.startswith(f"{slug}: {meaning}\n{severity.lower()}, CWE-{cwe}\n"), shown)
            self.assertTrue(shown.endswith(f"\nTo fix it: {help_}.\n"), shown)
            titles = [title for title in sections if title != "Why"]
            self.assertEqual(titles, re.findall(r"^(\w.*):$(?=\n\n    )", shown, re.M), f"expected {slug}'s sections, in order")
            for title, text in sections.items():
                shown_text = shown if title == "Why" else shown.split(f"\n{title}:\n", 1)[1]
                for line in text.splitlines():
                    if line and not line.startswith("```"):
                        self.assertIn(line, shown_text, f"explain {slug}: a line of ## {title}")

    def test_sarif(self):
        trace = str(find("tests/traces/bad_fd/socksan.140.jsonl"))
        rules = json.loads(self.bare([socksan(), "report", "--format=sarif", trace]).stdout)["runs"][0]["tool"]["driver"]["rules"]
        self.assertEqual([slug for _, slug, _, _ in ROWS], [rule["id"] for rule in rules])
        for (id_, slug, _, _), rule in zip(ROWS, rules):
            meaning, help_, sections = self.parts(id_)
            self.assertEqual(meaning, rule["shortDescription"]["text"], slug)
            self.assertTrue(rule["help"]["text"].endswith(f"To fix it: {help_}."), slug)
            self.assertIn(sections["Why"].strip().splitlines()[0], rule["fullDescription"]["text"], slug)

    def test_the_manual_and_docs(self):
        page = subprocess.run(["/usr/bin/python3", str(find("analyzer/cli/docs.py")), socksan(), "socksan.7"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        plain = re.sub(r"\s+", " ", page.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\"))
        listed = find("docs/reports.md").read_text(encoding="utf-8")
        for id_, slug, _, _ in ROWS:
            meaning, help_, sections = self.parts(id_)
            for text in (meaning[0].upper() + meaning[1:], help_, sections["Why"].strip().splitlines()[0]):
                self.assertIn(text, plain, f"expected socksan(7) to have the words of {id_}.md")
            self.assertIn(meaning, listed, f"expected docs/reports.md to have the meaning in {id_}.md")

    def test_the_limits_in_the_help_are_those_of_the_rules(self):
        limited = [slug for id_, slug, _, _ in ROWS if re.search(r"^\t\.limit = ", (FOLDER / f"{id_}.c").read_text(encoding="utf-8"), re.M)]
        usage = " ".join(self.bare([socksan(), "report", "--help"]).stdout.split())
        defaults = re.search(r"--limit=CODE=TIME .*?\(default: (.*?);", usage)[1].split(", ")
        self.assertEqual(limited, [default.partition("=")[0] for default in defaults])
        wrong = self.bare([socksan(), "report", "--limit=bad-fd=1s", "x"]).stderr
        self.assertIn(f"; {', '.join(limited[:-1])} and {limited[-1]} have one", wrong)


class TheGeneratorTest(SockSanTest):
    """texts.py on a table with one row, `good`."""

    def setUp(self):
        super().setUp()
        self.table = pathlib.Path(self.tmp, "violation.def")
        self.folder = pathlib.Path(self.tmp, "violations")
        self.folder.mkdir()
        self.table.write_text('/* VIOLATION(id, ...) */\nVIOLATION(a_good, "a-good", ERROR, 1, CLOSED)\n', encoding="utf-8")
        (self.folder / "a_good.c").touch()
        (self.folder / "a_good.md").write_text(GOOD, encoding="utf-8")
        (self.folder / "a_good.sql").write_text(QUERY, encoding="utf-8")

    def generate(self):
        return self.bare(["/usr/bin/python3", str(TEXTS), str(self.table), *map(str, sorted(self.folder.iterdir()))])

    def assert_refused(self, place, says):
        result = self.generate()
        self.assertNotEqual(0, result.status, f"expected the build to fail: {says}")
        self.assertIn(f"{self.tmp}/{place}: ", result.stderr)
        self.assertIn(says, result.stderr)
        self.assertNotIn("Traceback", result.stderr)

    def test_what_it_writes_is_what_stands_there(self):
        result = self.generate()
        self.assertEqual((0, ""), (result.status, result.stderr))
        source = pathlib.Path(self.tmp, "texts.c")
        source.write_text("""#include <stdbool.h>
            #include <stdio.h>
            enum violation { VIOLATION_none, VIOLATION_a_good, VIOLATIONS, CODES = VIOLATIONS };
            enum hit { HIT_SOCKET, HIT_CLOSED, HIT_NOTHING };
            enum severity { SEVERITY_ERROR, SEVERITY_WARNING };
            struct example { const char *title, *text; };
            struct violation_info {
                const char *slug; enum severity severity; int cwe; enum hit hit; const char *meaning, *help, *why, *wrong, *right, *query;
                bool exact;
                const struct example *examples;
            };
            """ + result.stdout.replace('#include "analyzer/base/violation.h"', "") + """
            int main(void)
            {
                const struct violation_info *info = &violations[VIOLATION_a_good];
                printf("%s|%d|%d|%d|%s|%s|%s|%s|%s|%d|%s", info->slug, info->severity, info->cwe, info->hit, info->meaning, info->help, info->why, info->wrong,
                       info->right, info->exact, info->query);
                for (const struct example *example = info->examples; example->title; example++)
                    printf("|%s|%s", example->title, example->text);
                return 0;
            }
            """, encoding="utf-8")
        compiler = shutil.which("cc") or shutil.which("gcc")
        subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-o", f"{self.tmp}/texts", str(source)], check=True)
        self.assertEqual(["a-good", "0", "1", "1", "when it fires", "do it right", 'It "costs" a \\ here.\n  one  1\n',
                          'wrong("%d\\n");\n\n/* ## no heading */\n', "right();\n", "1", "".join(QUERY.splitlines(True)[2:]), "In Python", "# no heading\nright()\n",
                          "In Java", "Right.right();\n"],
                         self.bare([f"{self.tmp}/texts"]).stdout.split("|"))

    def test_a_row_without_a_file(self):
        for name in ("a_good.c", "a_good.md", "a_good.sql"):
            with self.subTest(name):
                kept = (self.folder / name).read_text(encoding="utf-8")
                (self.folder / name).unlink()
                self.assert_refused("violation.def:2", f"a_good has no file violations/{name}")
                (self.folder / name).write_text(kept, encoding="utf-8")

    def test_a_query_with_a_fault(self):
        for number, old, new, says in (
                (1, "-- exact", "-- precise", 'expected "-- exact", or'),
                (1, "-- exact", "-- candidates:", 'expected "-- exact", or'),
                (1, QUERY, "", 'expected "-- exact", or'),
                (2, "SELECT host, boot", "SELECT pid, boot", "expected one query"),
                (2, "'a-good'", "'a-good';", "without a semicolon"),
                (2, "'a-good'", "'--'", "expected one query")):
            with self.subTest(says=says, new=new):
                (self.folder / "a_good.sql").write_text(QUERY.replace(old, new, 1), encoding="utf-8")
                self.assert_refused(f"violations/a_good.sql:{number}", says)

    def test_an_outcome_has_a_text_and_no_rule(self):
        table = self.table.read_text(encoding="utf-8")
        self.table.write_text(table + 'OUTCOME(a_bad, "a-bad", WARNING, 2)\n', encoding="utf-8")
        self.assert_refused("violation.def:3", "a_bad has no file violations/a_bad.md")
        (self.folder / "a_bad.md").write_text(GOOD, encoding="utf-8")
        result = self.generate()
        self.assertEqual((0, ""), (result.status, result.stderr))
        self.assertIn("[VIOLATION_a_bad] = {", result.stdout)
        (self.folder / "a_bad.c").write_text("", encoding="utf-8")
        self.assert_refused("violations/a_bad.c:1", "no row VIOLATION(a_bad, ...)")

    def test_a_file_without_a_row(self):
        for name in ("other.c", "other.md", "other.sql"):
            with self.subTest(name):
                (self.folder / name).write_text(GOOD, encoding="utf-8")
                self.assert_refused(f"violations/{name}:1", "no row VIOLATION(other, ...)")
                (self.folder / name).unlink()

    def test_a_row_that_cannot_be(self):
        for row in ('VIOLATION(a_good, "good", ERROR, 1, SOCKET)', 'VIOLATION(a_good, "a-good", FATAL, 1, SOCKET)',
                    'VIOLATION(a_good, "a-good", ERROR)', 'VIOLATION(a_good, "a-good", ERROR, 1)',
                    'VIOLATION(a_good, "a-good", ERROR, 1, FILE)'):
            with self.subTest(row):
                self.table.write_text(row + "\n", encoding="utf-8")
                self.assert_refused("violation.def:1", "expected VIOLATION(an_id,")

    def test_a_text_with_a_fault(self):
        for number, old, new, says in (
                (1, "when it fires\n", "\n", "expected the meaning"),
                (1, "when it fires", "# A title", "expected the meaning"),
                (2, "fires\n\nHelp", "fires\nand more\nHelp", "expected a blank line"),
                (3, "Help: do it right", "Do it right", 'expected "Help: "'),
                (3, "Help: do it right", "Help: ", 'expected "Help: "'),
                (7, "## Why", "", "text before the first heading"),
                (29, "## Wrong\n\n```c\nwrong(\"%d\\n\");\n\n/* ## no heading */\n```\n\n", "", 'no heading "## Wrong"'),
                (12, "## Wrong", "## Worng", 'the heading "## Worng" is none of'),
                (20, "## Right", "### Right", 'the heading "### Right" is none of'),
                (20, "## Right", "## Wrong", 'a second heading "## Wrong"'),
                (35, "Right.right();\n```\n", "Right.right();\n", "this fence is not closed"),
                (14, "/* ## no heading */\n```\n", "/* ## no heading */\n", "this fence is not closed"),
                (17, "```c\nwrong", "wrong", "this fence is not closed"),
                (20, "```c\nright", "```\nright", "expected one fence"),
                (20, "```c\nright();\n```", "", 'nothing stands below "## Right"'),
                (20, "right();\n```", "right();\n```\n\nAnd more.", "expected one fence"),
                (5, 'It "costs" a \\ here.\n```text\none  1\n```\n', "", 'nothing stands below "## Why"')):
            with self.subTest(says=says, new=new):
                self.assertIn(old, GOOD)
                (self.folder / "a_good.md").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
                self.assert_refused(f"violations/a_good.md:{number}", says)


if __name__ == "__main__":
    unittest.main()
