"""Writes the table of violations as C: the rows of violation.def with the texts of violations/ID.md and the queries of ID.sql.

    texts.py VIOLATION_DEF FILE...      FILE: all of violations/; to standard output

A row VIOLATION needs ID.md, ID.c and ID.sql, a row OUTCOME ID.md, and each of those its row. ID.sql, the rule for a fleet, begins with
"-- exact" or "-- candidates: WHY", see analyzer/fleet/question.h. ID.md is:

    the meaning, in one line
    (blank)
    Help: how to mend it, in one line
    Help in LANG, LANG: the same in languages of lang.def; none or many such lines

    ## Why              text; what is in a fence comes out indented
    ## Wrong            a fence with C that has the mistake
    ## Right            the same, mended
    ## In LANGUAGE      how another language gets it right; as many as there are

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys

NEEDED = ("Why", "Wrong", "Right")


class Fault(Exception):
    def __init__(self, path, line, what):
        super().__init__(f"{path}:{line}: {what}")


def read_rows(path):
    """(id, slug, severity, cwe, hit, line) of each row; and the ids of those that are an OUTCOME."""
    rows, outcomes = [], set()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            outcome = re.match(r'OUTCOME\((\w+), "([a-z-]+)", (ERROR|WARNING), (\d+)\)', line)
            if outcome and outcome[1] == outcome[2].replace("-", "_"):
                rows.append((*outcome.groups(), "SOCKET", number))
                outcomes.add(outcome[1])
                continue
            if not line.startswith(("VIOLATION(", "OUTCOME(")):
                continue
            row = re.match(r'VIOLATION\((\w+), "([a-z-]+)", (ERROR|WARNING), (\d+), (SOCKET|CLOSED|NOTHING)\)', line)
            if not row or row[1] != row[2].replace("-", "_"):
                raise Fault(path, number, 'expected VIOLATION(an_id, "an-id", ERROR or WARNING, CWE, SOCKET or CLOSED or NOTHING)')
            rows.append((*row.groups(), number))
    return rows, outcomes


class Text:
    """What ID.md says."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.lines = [line.rstrip("\n") for line in file]
        self.sections = {}  # title: (line, its lines)
        self.meaning = self.one_line(1, "")
        if self.at(2):
            self.fail(2, "expected a blank line after the meaning")
        self.help = self.one_line(3, "Help: ")
        self.help_in = {}  # language: its help
        self.head = 3  # lines
        while match := re.fullmatch(r"Help in ([a-z, ]+): (\S.*)", self.at(self.head + 1)):
            self.help_in.update((lang, match[2]) for lang in match[1].split(", "))
            self.head += 1
        self.read_sections()
        for title in NEEDED:
            if title not in self.sections:
                self.fail(len(self.lines), f'no heading "## {title}"')
        self.why = self.read_why()
        self.wrong, self.right = self.read_fence("Wrong"), self.read_fence("Right")
        self.examples = [(title, self.read_fence(title)) for title in self.sections if title not in NEEDED]

    def fail(self, number, what):
        raise Fault(self.path, number, what)

    def at(self, number):
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def one_line(self, number, word):
        line = self.at(number)
        if not line.startswith(word) or not line[len(word):].strip() or line.startswith("#"):
            self.fail(number, f'expected "{word}" and how to mend it, in one line' if word else "expected the meaning, in one line")
        return line[len(word):]

    def read_sections(self):
        fence, lines = 0, None  # the line where the open fence begins
        for number, line in enumerate(self.lines[self.head:], self.head + 1):
            if line.startswith("```"):
                if fence and line != "```":
                    break  # it is another one
                fence = 0 if fence else number
            elif line.startswith("#") and not fence:
                title = line[3:] if line.startswith("## ") else ""
                if title not in NEEDED and not re.fullmatch(r"In \S.*", title):
                    self.fail(number, f'the heading "{line}" is none of {", ".join("## " + t for t in NEEDED)} and ## In LANGUAGE')
                if title in self.sections:
                    self.fail(number, f'a second heading "{line}"')
                lines = []
                self.sections[title] = (number, lines)
                continue
            if lines is not None:
                lines.append(line)
            elif line:
                self.fail(number, "text before the first heading")
        if fence:
            self.fail(fence, "this fence is not closed")

    def stripped(self, title):
        """The number of the heading, and the lines below it without the blank ones around them."""
        number, lines = self.sections[title]
        lines = "\n".join(lines).strip("\n").split("\n")
        if lines == [""]:
            self.fail(number, f'nothing stands below "## {title}"')
        return number, lines

    def read_why(self):
        text, indent = "", ""
        for line in self.stripped("Why")[1]:
            if line.startswith("```"):
                indent = "" if indent else "  "
            else:
                text += f"{indent}{line}\n"
        return text

    def read_fence(self, title):
        number, lines = self.stripped(title)
        if not re.fullmatch(r"```\w+", lines[0]) or lines[-1] != "```" or "```" in lines[1:-1] or len(lines) < 3:
            self.fail(number, f'expected one fence with its language below "## {title}", and no more')
        return "\n".join(lines[1:-1]) + "\n"


def c_string(text):
    """As C, a line of text to a line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "\n\t\t".join('"' + line.replace("\n", "\\n") + '"' for line in escaped.splitlines(True))


def read_query(path):
    """Whether a query is exact, the query without its comments, and the condition of the line "-- signs:", or None."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    if not lines or not re.fullmatch(r"-- (exact|candidates: \S.*)", lines[0]):
        raise Fault(path, 1, 'expected "-- exact", or "-- candidates: " and why SQL cannot tell it alone')
    text = "\n".join(line for line in lines if not line.startswith("--")).strip()
    if not text.startswith("SELECT host, boot, process, ") or ";" in text or "'--" in text:
        raise Fault(path, 2, "expected one query, SELECT host, boot, process, sock, fd, t, without a semicolon")
    signs = [line[len("-- signs: "):] for line in lines if line.startswith("-- signs: ")]
    return lines[0] == "-- exact", text + "\n", signs[0] if signs else None


def write(rows, texts, queries, out):
    out.write("/* Written by texts.py: the rows of shim/model/violation.def with violations/ID.md and ID.sql. */\n")
    out.write('#include "analyzer/base/violation.h"\n')
    for id_, text in texts.items():
        out.write(f"\nstatic const struct example {id_}_examples[] = {{\n")
        for title, example in text.examples:
            out.write(f"\t{{{c_string(title)},\n\t\t{c_string(example)}}},\n")
        out.write("\t{0},\n};\n")
    out.write("\nconst struct violation_info violations[CODES] = {\n")
    for id_, slug, severity, cwe, hit, _ in rows:
        text = texts[id_]
        out.write(f'\t[VIOLATION_{id_}] = {{\n\t\t.slug = "{slug}",\n\t\t.severity = SEVERITY_{severity},\n\t\t.cwe = {cwe},\n\t\t.hit = HIT_{hit},\n')
        for member in ("meaning", "help", "why", "wrong", "right"):
            out.write(f"\t\t.{member} =\n\t\t{c_string(getattr(text, member))},\n")
        for lang, line in text.help_in.items():
            out.write(f"\t\t.help_in[LANG_{lang}] =\n\t\t{c_string(line)},\n")
        if id_ in queries:
            exact, query, signs = queries[id_]
            out.write(f"\t\t.exact = {'true' if exact else 'false'},\n\t\t.query =\n\t\t{c_string(query)},\n")
            if signs:
                out.write(f"\t\t.signs = {c_string(signs)},\n")
        out.write(f"\t\t.examples = {id_}_examples,\n\t}},\n")
    out.write("};\n")


def main(table, *paths):
    rows, outcomes = read_rows(table)
    files = {os.path.basename(path): path for path in paths}
    ids = [row[0] for row in rows]
    for name, path in sorted(files.items()):
        if os.path.splitext(name)[0] not in ids or (not name.endswith(".md") and os.path.splitext(name)[0] in outcomes):
            raise Fault(path, 1, f"no row VIOLATION({os.path.splitext(name)[0]}, ...) in {table}")
    for id_, *_, number in rows:
        for suffix in (".md",) if id_ in outcomes else (".c", ".md", ".sql"):
            if id_ + suffix not in files:
                raise Fault(table, number, f"{id_} has no file violations/{id_}{suffix}")
    queries = {id_: read_query(files[id_ + ".sql"]) for id_ in ids if id_ not in outcomes}
    write(rows, {id_: Text(files[id_ + ".md"]) for id_ in ids}, queries, sys.stdout)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Fault as fault:
        sys.exit(str(fault))
