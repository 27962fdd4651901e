"""labels.txt, and how a violation is held against it. How the file is written stands at its head.

SPDX-License-Identifier: Apache-2.0
"""

import fnmatch
import os
import re

VERDICTS = "bug", "by-design", "false"
STACKS = "at", "opened", "closed"
KEYS = "kind", "state", "local", "peer"  # those of a violation that a label may ask for


class Malformed(Exception):
    """A line of labels.txt that is not as its head says."""


class Label:
    """What one kind of violation of a program is worth. at: where the bug is; quiet: why it need not be told."""

    def __init__(self, verdict, code, conditions, reason):
        self.verdict, self.reason = verdict, reason
        self.code, _, self.cause = code.partition("/")
        self.keys = [word.split("=", 1) for word in conditions if "=" in word]
        self.patterns = [Pattern(word) for word in conditions if "=" not in word]
        self.at, self.quiet = [], None

    def matches(self, violation):
        return (self.code in (violation["code"], "*") and self.cause in (violation.get("cause", ""), "")
                and all(fnmatch.fnmatchcase(str(violation.get(key, "")), glob) for key, glob in self.keys)
                and all(pattern.matches(violation) for pattern in self.patterns))


class Pattern:
    """A pattern as suppressions have it, held against the function, file and module of each frame; `at:`, `opened:` or `closed:`
    before it takes the frames of that stack alone."""

    def __init__(self, text):
        stack, _, pattern = text.partition(":")
        self.stack, pattern = (stack, pattern) if stack in STACKS else (None, text)
        body = ".*".join(map(re.escape, pattern.removeprefix("^").removesuffix("$").split("*")))
        self.regex = re.compile(("" if not pattern.startswith("^") else r"\A") + body + ("" if not pattern.endswith("$") else r"\Z"))

    def matches(self, violation):
        frames = [frame for name, stack in violation["stacks"].items() if self.stack in (None, name) for frame in stack]
        return any(self.regex.search(text) for frame in frames for text in texts(frame))


def texts(frame):
    """What a pattern may match of a frame: as suppressions, and the module with its offset where there is no function."""
    found = [frame[key] for key in ("function", "file", "module") if key in frame]
    if "module" in frame:
        base = os.path.basename(frame["module"])
        found += [base, f"{base}+{frame['offset']}"] if "offset" in frame else [base]
    return found


class Labels:
    """All of the file: {program: [Label, ...]}, the first that matches counts."""

    def __init__(self, programs):
        self.programs = programs

    @classmethod
    def read(cls, path):
        programs, current = {}, None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            def bad(what, where=f"{path.name}:{number}"):
                return Malformed(f"{where}: {what}")

            section = re.fullmatch(r"\[(\S+)\]", line)
            label = re.fullmatch(r"(\S+) ([a-z-]+(?:/[a-z-]+)?|\*)((?: \S*[^\s:])*): (\S.*)", line)
            detail = re.fullmatch(r" {4}(at|quiet): (\S.*)", line)
            if not line or line.startswith("#"):
                continue
            if section:
                if section[1] in programs:
                    raise bad(f"{section[1]} has a section already")
                current = programs[section[1]] = []
            elif label and current is not None:
                if label[1] not in VERDICTS:
                    raise bad(f"'{label[1]}' is none of {', '.join(VERDICTS)}")
                conditions = label[3].split()
                unknown = [word for word in conditions if "=" in word and word.split("=")[0] not in KEYS]
                if unknown:
                    raise bad(f"'{unknown[0]}' asks for none of {', '.join(KEYS)}")
                current.append(Label(label[1], label[2], conditions, label[4]))
            elif detail and current and current[-1].verdict == "bug":
                if detail[1] == "at":
                    current[-1].at.append(detail[2])
                else:
                    current[-1].quiet = detail[2]
            else:
                raise bad(f"'{line}' is no section, label, or detail of a bug")
        return cls(programs)

    def of(self, program):
        return ProgramLabels(self.programs.get(program, []))


class ProgramLabels(list):
    """Those of one program."""

    def find(self, violation):
        """The first that matches; None for nothing."""
        return next((label for label in self if label.matches(violation)), None)


def told(violation):
    """Whether a user sees it as an error or a warning."""
    return violation["severity"] in ("error", "warning") and not violation.get("suppressed") and not violation.get("known")


def places(violation, most=4):
    """The innermost frames of its stacks, in a line."""
    def place(frame):
        where = os.path.basename(frame.get("file", frame.get("module", "?")))
        return f"{frame['function']} ({where}:{frame['line']})" if "line" in frame else \
            f"{frame['function']} ({where})" if "function" in frame else f"{where}+{frame.get('offset', '?')}"

    return "; ".join(f"{name} {' < '.join(map(place, stack[:most]))}" for name, stack in violation["stacks"].items() if stack)


def distinct(reports):
    """The violations of several reports; of those that differ in nothing but the run, the first. One that is told goes before one that is not."""
    def key(violation):
        stacks = tuple((name, tuple((frame.get("module"), frame.get("offset"), frame.get("file"), frame.get("line"), frame.get("function"))
                                    for frame in stack)) for name, stack in sorted(violation["stacks"].items()))
        return violation["code"], violation.get("cause"), violation.get("kind"), told(violation) and violation["severity"], stacks

    entries = {}
    for violation in (violation for report in reports for violation in report["violations"]):
        entries.setdefault(key(violation), violation)
    return list(entries.values())
