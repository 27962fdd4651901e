#!/usr/bin/python3
"""Other people's test suites, run twice: without SockSan and under it, and compared test by test.

    suites.py NAME...             run these, and put what came of it into RESULTS.md; `all` is every one but jdk-all, which takes hours
    suites.py --kinds=LIST NAME...  the same with other kinds of descriptors judged; the rows are named so
    suites.py list                what there is
    suites.py --packages NAME...  the Debian packages that they need, as `dev` lists them

A suite is a module of the folder others/, see others/__init__.py. SOCKSAN and SOCKSAN_SHIM name what is tried. The exit status is 0
when each difference is explained (others/explanations.txt) and each violation was looked into (others/NAME.supp, and NAME.kinds.supp with --kinds),
1 when not, 2 for unusable arguments.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import contextlib
import fnmatch
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

from others import SUITES, Side, say

HERE = pathlib.Path(os.path.abspath(__file__)).parent
RESULTS = HERE / "RESULTS.md"
AGAIN = 3  # times that a test that differs is run alone, on either side
STATUS = "(exit status)"
MANY = 25  # differences that no rerun would make less

HEAD = """# Other people's test suites under SockSan

Written by `./dev test --suite=NAME`, which runs a suite without SockSan and under `socksan run`, and compares test by test; what is in
here is what the last run of each suite gave. A test that differs is run alone, {again} times on either side. It is *flaky* when it has
more than one outcome without SockSan already, and *different* otherwise. *passed* counts those that pass without SockSan: the others
fail or are skipped on both sides. *new* are violations that nobody has looked into; the others are told of in FINDINGS.md.

""".format(again=AGAIN)
COLUMNS = ("suite", "version", "tests", "passed", "same", "flaky", "different", "violations", "new", "date")

Difference = collections.namedtuple("Difference", "test bare socksan flaky")
Difference.__doc__ = "A test whose outcomes differ: those without SockSan, those under it, and whether the former differ among themselves."


def compare(bare, socksan, again=None):
    """The Differences between {test: outcome} of either side; again(test) gives the outcomes of reruns, ([bare], [socksan])."""
    tests = [test for test in {**bare, **socksan} if bare.get(test) != socksan.get(test)]
    found = []
    for test in tests:
        without, under = [bare.get(test, "not run")], [socksan.get(test, "not run")]
        if again and len(tests) <= MANY and not test.endswith(STATUS):
            for outcomes, more in zip((without, under), again(test)):
                outcomes += more
        found.append(Difference(test, without, under, len(set(without)) > 1))
    # A status follows from the tests.
    others = [difference.flaky for difference in found if not difference.test.endswith(STATUS)]
    return [difference._replace(flaky=True) if difference.test.endswith(STATUS) and others and all(others) else difference
            for difference in found]


def explanation(path, suite, test):
    """What the file says about a test of a suite: a line `SUITE TEST: why`, with `*` in either; None for nothing."""
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\S+) (\S+): (.+)", line)
        if match and not line.startswith("#") and fnmatch.fnmatchcase(suite, match[1]) and fnmatch.fnmatchcase(test, match[2]):
            return match[3]
    return None


class Results:
    """RESULTS.md: a row for each suite, and a section for each that has something to tell."""

    def __init__(self, path):
        self.path = path
        self.read()

    def read(self):
        self.rows, self.sections = {}, {}
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("|") and len(cells) == len(COLUMNS) and cells[0] not in ("suite", "---"):
                self.rows[cells[0]] = cells
        for section in re.split(r"^## ", text, flags=re.M)[1:]:
            name, _, body = section.partition("\n")
            self.sections[name] = body.strip()

    def put(self, name, row, lines):
        """Into the file as it is now: other runs may have written meanwhile."""
        self.read()
        self.rows[name] = [name, *map(str, row)]
        self.sections.pop(name, None)
        if lines:
            self.sections[name] = "\n".join(f"- {line}" for line in lines)
        table = [COLUMNS, ["---"] * len(COLUMNS), *(self.rows[name] for name in sorted(self.rows))]
        text = HEAD + "".join(f"| {' | '.join(row)} |\n" for row in table)
        for name in sorted(self.sections):
            text += f"\n## {name}\n\n{self.sections[name]}\n"
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.path)


def violations(reports):
    """(occurrences in all, those of each kind that nobody has looked into as {(code, cause, message, where): occurrences})."""
    count, new = 0, collections.Counter()
    for violation in (v for report in reports for v in report["violations"]):
        count += violation["count"]
        if not violation.get("suppressed"):
            frames = [frame for stack in ("at", "opened") for frame in violation["stacks"].get(stack, [])]
            where = " < ".join(f"{f.get('function', '?')} {os.path.basename(f.get('file', f.get('module', '?')))}:{f.get('line', '')}"
                               for f in frames[:5])
            new[violation["code"], violation.get("cause", ""), violation["message"], where] += violation["count"]
    return count, new


def run_suite(suite, tmp, results, keep, kinds=""):
    """Run one suite on both sides, put its row; whether all is explained and known."""
    def side(name, shim):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=tmp))
        folder.chmod(0o755)
        return Side(folder, shim, suite.reviewed(kinds))

    say(f"{suite.name}: without SockSan")
    began = time.monotonic()
    bare = suite.run(side("bare", False))
    say(f"{suite.name}: under SockSan")
    middle = time.monotonic()
    watched = side("socksan", True)
    socksan = suite.run(watched)
    if sum(outcome.startswith("ok") for outcome in bare.values()) < 2:
        say(f"{suite.name}: does not run here without SockSan either: {bare}")
        return False
    say(f"{suite.name}: {len(bare)} tests, {middle - began:.0f} s without and {time.monotonic() - middle:.0f} s under SockSan")

    def again(test):
        say(f"{suite.name}: {test} differs ({bare.get(test)} / {socksan.get(test)}), again alone")
        return [[suite.run(side("again", shim), test).get(test, "not run") for _ in range(AGAIN)] for shim in (False, True)]

    differences = compare(bare, socksan, again if suite.alone else None)
    count, new = violations(watched.reports)
    lines, known = [], not new
    for (code, cause, message, where), times in new.items():
        lines.append(f"new: {code} {cause} ({times}), {message}: `{where}`")
    for difference in differences:
        text = "flaky without SockSan" if difference.flaky else explanation(HERE / "others/explanations.txt", suite.name, difference.test)
        known = known and text is not None
        lines.append(f"`{difference.test}`: {', '.join(difference.bare)} without SockSan; {', '.join(difference.socksan)} under it. "
                     f"{text or 'NOT EXPLAINED.'}")
    flaky = sum(difference.flaky for difference in differences)
    tests = len({**bare, **socksan})
    results.put(suite.name + kinds, (suite.version(), tests, sum(outcome.startswith("ok") for outcome in bare.values()),
                             tests - len(differences), flaky, len(differences) - flaky, count, len(new),
                             time.strftime("%Y-%m-%d", time.gmtime())), lines)
    for line in lines:
        say(f"{suite.name}: {line}")
    if keep:
        for path in watched.folder.glob("run-*/report.*"):
            kept = pathlib.Path(keep, suite.name, path.parent.name)
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, kept)
    return known


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1], add_help=False)
    parser.add_argument("--packages", action="store_true")
    parser.add_argument("--kinds", metavar="LIST", help="which descriptors are judged, as of `socksan run`")
    parser.add_argument("--keep", metavar="DIR", help="keep the reports")
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    if arguments.names == ["list"]:
        print("\n".join(suite.name for suite in SUITES))
        return 0
    chosen = []
    for name in arguments.names:
        matching = [suite for suite in SUITES if name in (suite.name, suite.name.partition("/")[0]) or name == "all" and not suite.by_name]
        if not matching:
            print(f"suites: no suite '{name}'; there are: {', '.join(sorted({s.name.partition('/')[0] for s in SUITES}))}",
                  file=sys.stderr)
            return 2
        chosen += [suite for suite in matching if suite not in chosen]
    if arguments.packages:
        print("\n".join(sorted({line for suite in chosen for line in suite.packages})))
        return 0

    if arguments.kinds:
        Side.options += (f"--kinds={arguments.kinds}",)
    good = True
    with contextlib.ExitStack() as stack:
        tmp = tempfile.mkdtemp(prefix="socksan-suites-")
        stack.callback(shutil.rmtree, tmp, ignore_errors=True)
        os.chmod(tmp, 0o755)  # for those that change their user
        Side.install(pathlib.Path(tmp))
        results = Results(RESULTS)
        for suite in chosen:
            good = run_suite(suite, tmp, results, arguments.keep, f", kinds={arguments.kinds}" if arguments.kinds else "") and good
    say("all explained, nothing new" if good else "something is new or not explained, see above")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
