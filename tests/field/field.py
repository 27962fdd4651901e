#!/usr/bin/python3
"""Packaged programs under SockSan, each with a workload of seconds; each violation is held against what labels.txt says it is worth.

    field.py [--keep=DIR] [NAME...]   run these programs; all of them without a name, and RESULTS.md is written then
    field.py list                     what there is
    field.py --packages [NAME...]     the Debian packages that they need, as `dev` lists them

SOCKSAN and SOCKSAN_SHIM name what is tried. The exit status is 0 when every violation has a label, every bug of the labels is told or
says why not, the precision is what it has to be, and the programs did what their workload expects; 1 when not, 2 for unusable arguments.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import contextlib
import fnmatch
import importlib
import os
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(os.path.abspath(__file__)).parent
sys.path.insert(0, str(HERE))
from lab import PROGRAMS, Lab  # noqa: E402  pylint: disable=wrong-import-position
from labels import Labels, distinct, places, told  # noqa: E402  pylint: disable=wrong-import-position
from others import Side, package_version  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order

GOALS = {"error": 60, "warning": 50}  # percent of what is told that is a bug
COLUMNS = ("program", "version", "reports", "sockets", "errors", "bugs", "warnings", "bugs", "notes")

for module in sorted(HERE.glob("programs/[a-z]*.py")):
    importlib.import_module(f"programs.{module.stem}")


def say(text):
    print(f"field: {text}", file=sys.stderr, flush=True)


class Tally:
    """What came of the programs, and what is wrong with it."""

    def __init__(self):
        self.counts = collections.Counter()  # (severity, verdict): entries that are told
        self.rows, self.wrong, self.lost, self.quiet = [], [], [], []

    def add(self, name, version, reports, labels):
        """Of one program: its reports, and the labels that are its own."""
        entries, used, counts = distinct(reports), set(), collections.Counter()
        for violation in entries:
            label = labels.find(violation)
            what = f"{name}: {violation['severity']} {violation['code']}/{violation.get('cause', '')}, {violation['message']}: {places(violation)}"
            if label is None:
                self.wrong.append(f"unlabelled: {what}")
                continue
            if told(violation):
                used.add(label)
                if label.verdict != "bug":
                    say(f"{label.verdict}: {what}")
            counts[violation["severity"] if told(violation) else "note", label.verdict] += 1
        for label in labels:
            if label.verdict == "bug" and label not in used:
                (self.quiet if label.quiet else self.lost).append(f"{name}: {label.code} in {'; '.join(label.at)}. {label.quiet or label.reason}")
        self.counts += counts

        def sum_of(severity, *verdicts):
            return sum(counts[severity, verdict] for verdict in verdicts)

        every = "bug", "by-design", "false"
        self.rows.append((name, version, len(reports), sum(report["totals"]["sockets"] for report in reports), sum_of("error", *every),
                          sum_of("error", "bug"), sum_of("warning", *every), sum_of("warning", "bug"), sum_of("note", *every)))

    def precision(self, severity):
        """(bugs, all that is told)."""
        return self.counts[severity, "bug"], sum(count for (kind, _), count in self.counts.items() if kind == severity)

    def verdict(self, whole):
        """The lines of the end, and whether all is well."""
        lines, good = [], True
        for severity, goal in GOALS.items():
            bugs, every = self.precision(severity)
            reached = every == 0 or 100 * bugs >= goal * every
            good = good and (reached or not whole)
            lines.append(f"{severity}s: {bugs} of {every} are bugs, {100 * bugs // every if every else 100} %"
                         f"{'' if reached else f'; {goal} % are the least'}; {self.counts[severity, 'by-design']} by design, "
                         f"{self.counts[severity, 'false']} false")
        lines += [f"no longer told: {line}" for line in self.lost]
        lines += [f"not told, as the labels say: {line}" for line in self.quiet]
        return lines + self.wrong, good and not self.lost and not self.wrong


def write_results(tally, lines):
    rows = [COLUMNS, ["---"] * len(COLUMNS), *tally.rows]
    table = "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)
    (HERE / "RESULTS.md").write_text(
        "# Packaged programs under SockSan\n\nWritten by `./dev test --suite=field`. A violation of the same stacks counts once a program; *bugs* are "
        "those of the column before that\n`labels.txt` calls so.\n\n" + table + "\n" + "".join(f"- {line}\n" for line in lines), encoding="utf-8")


def keep_reports(kept, folder):
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.glob("run-*/report.json"), key=lambda path: path.stat().st_mtime)):
        for name in ("report.json", "report.txt", "stdout", "stderr"):
            shutil.copy(path.with_name(name), kept / f"{number}.{name.removeprefix('report.')}")


def run(program, folder):
    """The Lab in which a program did its workload; what failed is in its `trouble`."""
    folder.mkdir()
    folder.chmod(0o755)
    lab = Lab(folder)
    try:
        program.run(lab)
    except Exception as error:  # pylint: disable=broad-exception-caught  # whatever one workload does, the others are run
        lab.trouble.append(f"{type(error).__name__}: {error}")
    return lab


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1], add_help=False)
    parser.add_argument("--packages", action="store_true")
    parser.add_argument("--keep", metavar="DIR", help="keep the reports")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if arguments.names == ["list"]:
        print("\n".join(sorted(PROGRAMS)))
        return 0
    for name in arguments.names:
        if not fnmatch.filter(PROGRAMS, name):
            print(f"field: no program '{name}'; `field.py list` says which there are", file=sys.stderr)
            return 2
    chosen = sorted(name for name in PROGRAMS if not arguments.names or any(fnmatch.fnmatchcase(name, glob) for glob in arguments.names))
    if arguments.packages:
        print("\n".join(sorted({line for name in chosen for line in PROGRAMS[name].packages})))
        return 0

    if os.geteuid() != 0:
        print("field: daemons are started as their packages start them; run it as root", file=sys.stderr)
        return 2
    labels, tally = Labels.read(HERE / "labels.txt"), Tally()
    with contextlib.ExitStack() as stack:
        tmp = pathlib.Path(tempfile.mkdtemp(prefix="socksan-field-"))
        stack.callback(shutil.rmtree, tmp, ignore_errors=True)
        tmp.chmod(0o755)  # for those that change their user
        Side.install(tmp)
        Side.options = ()  # what a user is told without any
        for name in chosen:
            began = time.monotonic()
            lab = run(PROGRAMS[name], tmp / name)
            version = package_version(PROGRAMS[name].packages[0].split()[0])()
            say(f"{name} {version}: {len(lab.side.reports)} reports, {time.monotonic() - began:.0f} s")
            tally.add(name, version, lab.side.reports, labels.of(name))
            tally.wrong += [f"{name}: {line}" for line in lab.trouble]
            if arguments.keep:
                keep_reports(pathlib.Path(arguments.keep, name), tmp / name)
            shutil.rmtree(tmp / name, ignore_errors=True)
    lines, good = tally.verdict(not arguments.names)
    if not arguments.names:
        write_results(tally, lines)
    for line in lines:
        say(line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
