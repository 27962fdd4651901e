"""Writes the manual pages and the completions of bash, zsh and fish, from what `socksan` and the tables of the shim say of themselves.

    docs.py SOCKSAN PAGE       PAGE is socksan.1, socksan-COMMAND.1, socksan.7, socksan.bash, socksan.zsh or socksan.fish; to standard output

A page is the template PAGE.in beside this file; a line `.\\" @NAME` in it (in completions `# @NAME`) is replaced by the list of that name.
The page of a command has its help, and what socksan.1.in has below headings with a line `.\\" of COMMAND...`, and the examples that run it.
SPDX-License-Identifier: Apache-2.0
"""

import ast
import collections
import itertools
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(os.path.abspath(__file__)).parent
MODEL = HERE.parents[1] / "shim/model"

Option = collections.namedtuple("Option", "short long optional arg meaning")


class Tool:
    """What the built `socksan` says of itself."""

    def __init__(self, path):
        self.path = path
        self.version = self.say("--version").split()[1]
        usage = self.say("--help")
        self.synopses = re.findall(r"^(?:Usage:|  or: ) socksan (\w+) ?(.*)$", usage, re.M)
        self.commands = [command for command, _ in self.synopses]
        self.runners = [command for command, rest in self.synopses if re.search(r"\bCOMMAND\b", rest)]
        self.purposes = dict(re.findall(r"^  (\w+) {2,}(.*)$", usage, re.M))
        self.options = {command: self.read_options(command) for command in self.commands}
        self.formats = re.findall(r"^  (\w+): (.*)$", self.say("run", "--help").partition("\nFormats:\n")[2], re.M)
        self.codes = re.findall(r"^([a-z-]+) +(error|warning) +(.*)$", self.say("explain"), re.M)

    def say(self, *args):
        """Standard output, no line of it broken."""
        env = {**os.environ, "ARGP_HELP_FMT": "rmargin=10000", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        return subprocess.run([self.path, *args], env=env, stdout=subprocess.PIPE, text=True, check=True).stdout

    def read_options(self, command):
        """The rows of --help, but for those that every program of argp has. Of those that several words of a command have, the first counts."""
        rows = re.findall(r"^ {2,6}(?:-(\w|\?), )?--([\w-]+)(?:(\[?)=(\S+?)\]?)?(?:\s+)(.*)$", self.say(command, "--help"), re.M)
        first = {}
        for row in rows:
            first.setdefault(row[1], row)
        return [Option(*row) for row in first.values() if row[1] not in ("help", "usage") and (row[1] != "version" or row[3])]

    def explain(self, code):
        """Of a violation: its CWE, why it matters, how to fix it."""
        text = self.say("explain", code)
        cwe = re.search(r"^\w+, CWE-(\d+)$", text, re.M)[1]
        why = text.partition("\n\n")[2].partition("\n\nWrong:")[0]
        mend = text.rpartition("To fix it: ")[2].strip()
        return cwe, why, mend

    def help(self, command):
        """Of a command: what its help says it does, what else it says behind the options, and of its exit status."""
        parts = self.say(command, "--help").partition("\nFormats:\n")[0].split("\n\n")
        about = re.sub(r"^(Usage:|  or: ).*\n", "", parts[0], flags=re.M).strip()
        behind = "\n\n".join(part.strip() for part in parts[1:] if part and not re.match(r"\n*(      --|  -|Mandatory or| Options of )", part))
        more, _, status = re.sub(r"Exit status(, as of diff\(1\))?: ", "\0", behind).partition("\0")
        return about, more.strip(), status.strip()


def shim_options():
    """(key, default, meaning) of each option of the shim that users may give."""
    text = (MODEL / "options.h").read_text(encoding="utf-8").partition("#define OPTIONS_OF_USERS")[2].partition("#define OPTIONS ")[0]
    text = re.sub(r"\s+", " ", text.replace("\\\n", ""))
    rows = re.findall(r'OPTION\((\w+), (NUMBER|BYTES|TEXT|COUNT|SIGNAL|KINDS), ([^,]+), [^,]+, "(.*?)" ?\)', text.replace('" "', ""))
    shown = {"TEXT": lambda value: value.strip('"'), "NUMBER": lambda value: str(number(value)), "BYTES": lambda value: size(number(value)),
             "COUNT": lambda value: value.lstrip("-") + "%", "SIGNAL": lambda value: "none",
             "KINDS": lambda value: value.rpartition("KIND_")[2]}
    return [(key, shown[kind](value), meaning) for key, kind, value, meaning in rows]


def size(count):
    """`256M` of a number of bytes."""
    for unit, shift in (("G", 30), ("M", 20), ("K", 10)):
        if count and count % (1 << shift) == 0:
            return f"{count >> shift}{unit}"
    return str(count)


def number(text):
    """The value of `16` or `1 << 30`."""
    node = ast.parse(text.strip(), mode="eval").body
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.LShift):
        return node.left.value << node.right.value
    return node.value


def hooks():
    """Every interposed function."""
    return re.findall(r"^HOOK\((\w+),", (MODEL / "hooks.def").read_text(encoding="utf-8"), re.M)


def roff(text):
    """Plain text for a line of mdoc(7)."""
    text = text.replace("\\", "\\e")
    text = re.sub(r"(?<!\w)-(?=[-\w])", r"\\-", text)
    text = re.sub(r"\. (?=[A-Z])", ".\n", text)  # a sentence, a line
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.M)


def sentence(text):
    return roff(text[0].upper() + text[1:] + ("" if text.endswith(".") else "."))


def page_date(_):
    """That of the sources, so that a build can be repeated."""
    changed = float(os.environ.get("SOURCE_DATE_EPOCH") or (HERE / "docs.py").stat().st_mtime)
    yield time.strftime(".Dd %B %-d, %Y", time.gmtime(changed))


def page_version(tool):
    yield f".Os SockSan {tool.version}"


def paragraphs(text):
    """Text with paragraphs, and tables that are indented."""
    for indented, lines in itertools.groupby(text.splitlines(), lambda line: line.startswith("  ")):
        if indented:
            yield ".Bd -literal -compact"
            yield from map(roff, lines)
            yield ".Ed"
        else:
            yield "\n.Pp\n".join(roff(part.replace("\n", " ")) for part in "\n".join(lines).strip("\n").split("\n\n"))


def page_synopsis(tool):
    for command, rest in tool.synopses:
        yield f".Nm\n.Cm {command}"
        yield from synopsis(rest)


def synopsis(rest):
    """The arguments that a command takes."""
    for word in rest.split():
        optional = re.fullmatch(r"\[(.*?)(\.\.\.)?\](\.\.\.)?", word)
        option = re.fullmatch(r"--(\w+)=(\w+)", word)
        if option:
            yield f".Fl \\-{option[1]} Ns = Ns Ar {option[2]}"
        elif word == "[--]":
            yield ".Op Fl Fl"
        elif optional:
            yield f".Op Ar {optional[1]}{' ...' if optional[2] or optional[3] else ''}"
        else:
            yield f".Ar {word.replace('...', ' ...')}"


def page_commands(tool):
    yield ".Bl -tag -width Ds"
    for command in tool.commands:
        yield f".It Cm {command}\n{sentence(tool.purposes[command])}"
    yield ".El"


def page_options(tool):
    """Options that the same commands have stand together."""
    owners, rows = {}, {}
    for command in tool.commands:
        for option in tool.options[command]:
            owners.setdefault((option.long, option.meaning), []).append(command)
            rows.setdefault((option.long, option.meaning), option)
    groups = {}
    for name, commands in owners.items():
        groups.setdefault(tuple(commands), []).append(rows[name])
    for commands, options in groups.items():
        yield ".Ss Options of " + " and ".join([", ".join(commands[:-1])] * (len(commands) > 1) + [commands[-1]])
        yield from option_list(options)


def option_list(options):
    yield ".Bl -tag -width Ds"
    for option in options:
        short = f"Fl {option.short} , " if option.short else ""
        arg = f" Ns {'Op ' if option.optional else ''}= Ns Ar {roff(option.arg)}" if option.arg else ""
        yield f".It {short}Fl \\-{option.long}{arg}\n{sentence(option.meaning)}"
    yield ".El"


def page_formats(tool):
    yield ".Bl -tag -width Ds"
    for name, meaning in tool.formats:
        yield f".It Cm {name}\n{sentence(meaning)}"
    yield ".El"


def page_shim_options(_):
    yield ".Bl -tag -width Ds"
    for key, value, meaning in shim_options():
        yield f".It Cm {key} Ns = Ns Ar {value}\n{sentence(meaning)}"
    yield ".El"


def page_codes(tool):
    yield ".Bl -tag -width Ds"
    for code, severity, meaning in tool.codes:
        cwe, why, mend = tool.explain(code)
        yield f".It Sy {code} Pq {severity} , CWE\\-{cwe}\n{sentence(meaning)}"
        yield from paragraphs(why)
        yield f".Pp\nTo fix it: {roff(mend)}"
    yield ".El"


def page_hooks(_):
    yield ", ".join(f"{name}" for name in hooks()) + "."


class Manual:
    """What socksan.1.in says of single commands."""

    def __init__(self):
        self.text = (HERE / "socksan.1.in").read_text(encoding="utf-8")

    def sections(self, command):
        """The subsections whose first line is `.\\" of` this command, without the paragraphs that are about others of these."""
        for section in re.split(r"^(?=\.S[sh] )", self.text, flags=re.M):
            heading, _, rest = section.partition("\n")
            owners = re.match(r'\.\\" of (.*)\n', rest)
            if not owners or command not in owners[1].split():
                continue
            kept = []
            for paragraph in rest[owners.end():].rstrip("\n").split("\n.Pp\n"):
                named = set(re.findall(r"^\.Cm (\w+)", paragraph, re.M)) & set(owners[1].split())
                if not named or command in named:
                    kept.append(paragraph)
            # .Nm alone would show the name of the page.
            yield heading + "\n" + re.sub(r"^\.Nm$", ".Nm socksan", "\n.Pp\n".join(kept), flags=re.M)

    def examples(self, command):
        """Each with its introduction."""
        examples = self.text.partition(".Sh EXAMPLES\n")[2].partition("\n.Sh ")[0]
        for intro, lines in re.findall(r"^(?:\.Pp\n)?([^.\n].*:)\n\.Pp\n((?:\.Dl .*\n?)+)", examples, re.M):
            if re.search(rf"\bsocksan {command}\b", lines):
                yield f"{intro}\n.Pp\n{lines.rstrip()}"


def command_title(_, command):
    yield f".Dt SOCKSAN\\-{command.upper()} 1"


def command_name(tool, command):
    yield f".Nm socksan\\-{command}\n.Nd {roff(tool.purposes[command])}"


def command_usage(tool, command):
    words = re.findall(rf"^(?:Usage:|  or: ) socksan {command} \[OPTION...\] ([a-z]+) (.*)$", tool.say(command, "--help"), re.M)
    for word, rest in words:
        yield f".Nm socksan {command}\n.Cm {word}"
        yield from synopsis(rest)
    if not words:
        yield f".Nm socksan {command}"
        yield from synopsis(dict(tool.synopses)[command])


def command_about(tool, command):
    about, more, _ = tool.help(command)
    yield roff(about)
    if more:
        yield ".Pp"
        yield from paragraphs(more)
    for section in Manual().sections(command):
        yield re.sub(r'^\.\\" @(\w+)$', lambda match: "\n".join(LISTS["page-" + match[1]](tool)), section, flags=re.M)


def command_own(tool, command):
    if tool.options[command]:
        yield from option_list(tool.options[command])
    else:
        yield "It has none but\n.Fl \\-help\nand\n.Fl \\-usage ."


def command_status(tool, command):
    yield sentence(tool.help(command)[2] or "0, or 2 for unusable arguments")


def command_examples(_, command):
    found = list(Manual().examples(command))
    if found:
        yield ".Sh EXAMPLES\n" + "\n.Pp\n".join(found)


def command_related(tool, command):
    others = [f"socksan\\-{other} 1" for other in tool.commands if other != command]
    yield "\n".join(f".Xr {page} ," for page in ["socksan 1", *sorted(others)]) + "\n.Xr socksan 7"


def bash_commands(tool):
    yield f"commands='{' '.join(tool.commands)} --help --version'"


def bash_runners(tool):
    yield f"runners=' {' '.join(tool.runners)} '"


def bash_options(tool):
    yield "case $command in"
    for command in tool.commands:
        words = [f"--{option.long}{'=' if option.arg and not option.optional else ''}" for option in tool.options[command]]
        words += [f"-{option.short}" for option in tool.options[command] if option.short]
        yield f"{command}) options='{' '.join(words + ['--help'])}' ;;"
    yield "esac"


def bash_arguments(tool):
    """What stands for an argument is told by its name in --help; one that may be missing is never the next word."""
    kinds = {}
    for command in tool.commands:
        for option in tool.options[command]:
            words = [f"--{option.long}"] + [f"-{option.short}"] * bool(option.short)
            if option.arg and not option.optional:
                commands = kinds.setdefault((*words, option.arg), [])
                if command not in commands:
                    commands.append(command)
    yield 'case "$1 $2" in'
    for (*words, arg), commands in kinds.items():
        patterns = " | ".join(f"'{command} {word}'" for command in commands for word in words)
        yield f"{patterns}) echo '{arg}' ;;"
    yield "esac"


def words(tool):
    """What arguments are made of."""
    limits = next(option.meaning for option in tool.options["run"] if option.long == "limit")
    listed = next(option.meaning for option in tool.options["run"] if option.long == "kinds")
    return {
        "formats": [name for name, _ in tool.formats],
        "codes": [code for code, _, _ in tool.codes],
        "limits": re.findall(r"([a-z-]+)=[0-9]", limits),
        "kinds": re.findall(r"(\w+)(?=, | \(default)", listed),
        "keys": [key for key, _, _ in shim_options() if key != "log_path"],
    }


def bash_words(tool):
    for name, list_ in words(tool).items():
        yield f"{name}='{' '.join(list_)}'"


def argument(tool, name):
    """How an argument of that name in --help is completed: (what, words)."""
    known = words(tool)
    lists = {
        "FMT": ("words", known["formats"]), "LIST": ("list", ["error", "warning", "never", *known["codes"]]), "KINDS": ("list", known["kinds"]),
        "FMT=FILE": ("pair", known["formats"]), "CODE=TIME": ("pair", known["limits"]), "KEY=VALUE": ("pair", known["keys"]), "DIR": ("folder", []),
    }
    if "|" in name:
        return "words", name.split("|")
    return lists.get(name, ("none" if name in ("N", "TIME", "PATTERN") else "file", []))


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def short(text):
    """A meaning up to where it says more."""
    return re.split(r"[;:(]|, (?:such|to|which)", text)[0].strip()


def fish_completions(tool):
    def line(condition, *more):
        return " ".join(["complete -c socksan -n", f"'{condition}'", *more])

    for command in tool.commands:
        yield line("__socksan_is_first", "-f", "-a", command, "-d", quoted(short(tool.purposes[command])).replace("'\\''", "\\'"))
    yield line("__socksan_is explain", "-f", "-a", quoted(" ".join(words(tool)["codes"])))
    yield line(f"__socksan_is {' '.join(tool.runners)}", "-a", "'(__fish_complete_subcommand --fcs-skip=2)'")
    for command in tool.commands:
        for option in tool.options[command]:
            what, list_ = argument(tool, option.arg) if option.arg and not option.optional else ("", [])
            text = " ".join(list_)
            given = {"": [], "none": ["-x"], "file": ["-r"], "folder": ["-x", "-a", "'(__fish_complete_directories)'"], "words": ["-x", "-a", quoted(text)],
                     "list": ["-x", "-a", f"'(__socksan_list {text})'"], "pair": ["-x", "-a", f"'(__socksan_pair {text})'"]}[what]
            letter = ["-s", option.short] if option.short else []
            yield line(f"__socksan_is {command}", "-l", option.long, *letter, *given, "-d", quoted(short(option.meaning)).replace("'\\''", "\\'"))


def zsh_commands(tool):
    yield "names=("
    for command in tool.commands:
        yield "\t" + quoted(f"{command}:{short(tool.purposes[command])}")
    yield ")"


def zsh_cases(tool):
    for command in tool.commands:
        yield f"{command})"
        yield "\t_arguments -s -S : \\"
        for option in tool.options[command]:
            what, list_ = argument(tool, option.arg) if option.arg else ("", [])
            text = " ".join(list_)
            action = {"": "", "none": ": ", "file": ":_files", "folder": ":_files -/", "words": f":({text})", "list": f":_socksan_list {text}",
                      "pair": f":_socksan_pair {text}"}[what]
            about = "[" + re.sub(r"([\[\]:\\])", r"\\\1", short(option.meaning)) + "]"
            value = f"{'::' if option.optional else ':'}{option.arg.replace(':', '')}{action}" if option.arg else ""
            yield "\t\t" + quoted(f"*--{option.long}{('=-' if option.optional else '=') if option.arg else ''}{about}{value}") + " \\"
            if option.short:
                yield "\t\t" + quoted(f"*-{option.short}{'+' if option.arg else ''}{about}{value}") + " \\"
        rest = "*:file:_files"
        if command in tool.runners:
            rest = "*::command:_socksan_command"
        elif command == "explain":
            rest = f"*:code:({' '.join(words(tool)['codes'])})"
        yield "\t\t" + quoted(rest)
        yield "\t;;"


LISTS = {name.replace("_", "-", 1): function for name, function in globals().items() if re.match("(page|command|bash|zsh|fish)_", name)}


def page(tool, name):
    stem, _, suffix = name.rpartition(".")
    kind = suffix + "-" if suffix in ("bash", "zsh", "fish") else "page-"
    command = stem.partition("-")[2]

    def fill(match):
        own = LISTS.get("command-" + match[2]) if command else None
        lines = "\n".join(own(tool, command) if own else LISTS[kind + match[2]](tool)).split("\n")
        return "\n".join(match[1] + line for line in lines)

    if command and command not in tool.commands:
        sys.exit(f"docs.py: {name}: socksan has no command '{command}'")
    template = (HERE / ("socksan-command.1.in" if command else name + ".in")).read_text(encoding="utf-8")
    made = re.sub(r'^([ \t]*)(?:\.\\"|#) @(\w+)$', fill, template, flags=re.M)
    return re.sub(r"\n\n+", "\n", made) if command else made  # not every command has examples


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.stdout.write(page(Tool(sys.argv[1]), sys.argv[2]))
