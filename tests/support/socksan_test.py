"""Shared by the Python tests: start programs under SockSan, read its output, check it against the schemas.

Every trace and every JSON report that passes through here is checked; a test need not ask for it.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import schemas

JQ = schemas.Jq()
TIMEOUT = 120  # seconds until a program is called hung; generous, as no test measures time


def remove_left(pid):
    """Traces in the default place, of a process that has ended: whoever looks for one of that number would find them."""
    for folder in pathlib.Path("/tmp").glob(f"socksan-{pid}-??????"):
        shutil.rmtree(folder, ignore_errors=True)


def find(path):
    """A file of the repository: from the runfiles tree that Bazel makes, else from the checkout behind it."""
    here = pathlib.Path(os.path.abspath(__file__))
    for top in (here.parents[2], here.resolve().parents[2]):
        if (top / path).exists():
            return top / path
    raise FileNotFoundError(f"{path} above {here}")


def artefact(variable, fallback):
    """The path of a built file: from the environment that Bazel gives, else where a build by hand leaves it."""
    path = os.environ.get(variable)
    return os.path.abspath(path) if path else str(find("shim/model/violation.def").resolve().parents[2] / "bazel-bin" / fallback)


def socksan():
    return artefact("SOCKSAN", "analyzer/socksan")


def shim():
    return artefact("SOCKSAN_SHIM", "shim/libsocksan.so")


def program(name):
    """The path of a program of tests/programs: a built one, or the source of a Python one."""
    if name.endswith(".py"):
        return str(find("tests/programs/" + name))
    return os.path.join(artefact("SOCKSAN_PROGRAMS", "tests/programs"), name)


def programs(prefix, suffix=".c"):
    """The names of the programs of tests/programs that begin so: built ones, or with ".py" Python ones."""
    folder = find("tests/programs/program.h").resolve().parent
    return sorted(path.name if suffix == ".py" else path.stem for path in folder.glob(prefix + "*" + suffix))


def twin(name):
    """The name of the corrected twin of a program."""
    stem, dot, suffix = name.partition(".")
    for kind in ("_static", "_fortified"):
        if stem.endswith(kind):
            return stem[:-len(kind)] + "_fixed" + kind
    return stem + "_fixed" + dot + suffix


def command(name, *args):
    """The command line of a program of tests/programs."""
    interpreter = ["/usr/bin/python3"] if name.endswith(".py") else []
    return interpreter + [program(name), *args]


@functools.lru_cache(maxsize=None)
def validator(schema):
    return schemas.Schema(json.loads(find(schema).read_text(encoding="utf-8")))


def check(schema, value, where):
    """Fail, naming the place, unless value is what the schema says."""
    validator(schema).check(value, where, schema)


@functools.lru_cache(maxsize=None)
def known_ops():
    """What the rows say that a line's op may be."""
    return set(re.findall(r"^(?:HOOK|NUMBER|OP)\((\w+),", find("shim/model/hooks.def").read_text(encoding="utf-8"), re.M))


def torn_lines(text):
    """Lines that a writer did not end: another thread killed the process as it copied them to the file."""
    return [line for line in text.split("\n") if line.startswith("{") and not line.endswith("}")]


def read_trace(path, may_be_torn=False):
    """The events of one trace file in order of time, each checked against the schema; `jq -e .` must accept the file, but for torn lines."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    for line in torn_lines(text) if may_be_torn else ():
        text = text.replace(line + "\n", "\n")
    JQ.check(text, path)
    events = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            events.append(json.loads(line))
            check("shim/model/trace.schema.json", events[-1], f"{path}:{number}")
    events.sort(key=lambda event: event["t"])
    for before, after in zip(events, events[1:]):
        if before["t"] == after["t"]:
            raise AssertionError(f"{path}: two lines of t={after['t']}, expected a total order:\n{before}\n{after}")
    return events


def read_traces(folder):
    """All events of the traces in a folder, which this shim wrote, in order of time: the clock is one for all processes. A process that was
    killed as it began, such as the shell of a system() that is cancelled, may leave an empty file."""
    files = sorted(file for file in pathlib.Path(folder).glob("*.jsonl") if file.stat().st_size)
    events = sorted((event for file in files for event in read_trace(str(file))), key=lambda event: event["t"])
    unknown = {event["op"] for event in select(events, ev="fd")} - known_ops()
    if unknown:
        raise AssertionError(f"{folder}: no row of shim/model/hooks.def has the ops {unknown}, expected the reader to know all")
    return events


def read_report(path):
    report = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    check("analyzer/report/report.schema.json", report, path)
    return report


def codes(report):
    """How often each code was reported: {code: count}."""
    return dict(report["totals"]["by_code"])


def select(events, **keys):
    """The events in which every given key has the given value; from_ stands for from."""
    wanted = {key.rstrip("_"): value for key, value in keys.items()}
    return [event for event in events if all(event.get(key) == value for key, value in wanted.items())]


Result = collections.namedtuple("Result", "status stdout stderr report traces folder")
Result.__doc__ = "What a program gave: status as subprocess has it, both outputs as text, report (None without one), events."


class Expectation(collections.namedtuple("Expectation", "code cause severity function count")):
    """One violation that a program of tests/programs promises in its opening comment."""


def expectations(source):
    """What the comment that opens a program promises.

    `Expect: silent`, or one line for each violation: `Expect: CODE [cause=C] [severity=S] [function=F] [count=N]`.
    A line `Sockets: N` beside them promises how many sockets are made in all; `Options: ...` is for `socksan run`;
    `Incomplete as root: WHY` says what the report cannot know when root runs the program; `Shapes: A B ...` are arguments, with each of
    which alone it keeps its promise. `Looked at while it runs.`: it says "ready MS" when its folder is to be reported on, and goes on until
    its standard input ends; TURNS in its options stands for MS, the pace of this machine.
    """
    found = []
    lines = re.findall(r"^[ *#]*Expect: (.*)$", pathlib.Path(source).read_text(encoding="utf-8"), re.M)
    for line in lines:
        code, *rest = line.split()
        if code == "silent":
            continue
        keys = dict(word.split("=", 1) for word in rest)
        found.append(Expectation(code, keys.get("cause"), keys.get("severity"), keys.get("function"), int(keys.get("count", 1))))
    if not lines:
        raise AssertionError(f"{source}: expected a line 'Expect: ...' in its opening comment")
    return found


def shapes(source):
    """The arguments, one at a time, that the opening comment of a program promises for; [] if it takes none."""
    return " ".join(re.findall(r"^[ *#]*Shapes: (.*)$", pathlib.Path(source).read_text(encoding="utf-8"), re.M)).split()


class SockSanTest(unittest.TestCase):
    """A test that starts programs under SockSan. self.tmp is a folder of its own, removed afterwards."""

    maxDiff = None

    def setUp(self):
        self.tmp = tempfile.mkdtemp(prefix="socksan-test-", dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)

    def environment(self, **more):
        """This environment without a SockSan above the test, and with what the caller adds."""
        clean = {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", "SOCKSAN_OPTIONS")}
        return {**clean, "SOCKSAN_SHIM": shim(), **more}

    def compile(self, name, source, *flags, compiler="gcc"):
        """A program made of C source, or of a file of tests/programs; its path in self.tmp. A skip when it cannot be built here."""
        path = os.path.join(self.tmp, name)
        if shutil.which(compiler) is None:
            self.skipTest(f"no {compiler} here")
        if source.endswith(".c"):
            source, flags = f'#include "{find("tests/programs/" + source).resolve()}"\n', ("-g", "-pthread", *flags)
        built = subprocess.run([compiler, "-x", "c", "-", "-x", "none", "-o", path, *flags], input=source, text=True,
                               errors="replace", stderr=subprocess.PIPE, check=False)
        if built.returncode != 0:
            self.skipTest(f"{compiler} {' '.join(flags)} cannot build here: {built.stderr}")
        return path

    def start(self, cmd, **popen):
        """A process that ends with the test at the latest: the group that it leads is killed then."""
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace",
                 "stdin": subprocess.DEVNULL, "cwd": self.tmp, "env": self.environment(), "start_new_session": True, **popen}
        process = subprocess.Popen(cmd, **popen)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
        remove_left(process.pid)

    def finish(self, process, timeout=TIMEOUT):
        """(status, stdout, stderr) of a started process; a test that waits for a hung one fails."""
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            self.fail(f"{process.args}: no end within {timeout} s, killed\n{stdout}\n{stderr}")
        return process.returncode, stdout, stderr

    def for_every_user(self, path):
        """A copy of a program that others can run too: what Bazel builds may lie where they cannot."""
        folder = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o755)
        copy = shutil.copy(path, folder)
        os.chmod(copy, 0o755)
        return copy

    def folder(self, name):
        """A new folder in self.tmp."""
        return tempfile.mkdtemp(prefix=name + "-", dir=self.tmp)

    def bare(self, cmd, **popen):
        """Run cmd without SockSan."""
        return Result(*self.finish(self.start(cmd, **popen)), None, [], None)

    def preload(self, cmd, options="", env=None, **popen):
        """Run cmd with LD_PRELOAD alone, `key=value:...` as shim options; the events in order of time."""
        folder = self.folder("trace")
        settings = f"log_path={folder}/t" + (":" + options if options else "")
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=settings, **(env or {}))
        ended = self.finish(self.start(cmd, env=env, **popen))
        return Result(*ended, None, read_traces(folder), folder)

    def start_socksan(self, cmd, *options, **popen):
        """Start `socksan run OPTIONS -- cmd`, for servers that the test must talk to; end_socksan waits for it."""
        folder = self.folder("run")
        argv = [socksan(), "run", f"--trace-dir={folder}/traces", f"--output=json={folder}/report.json", *options, "--", *cmd]
        process = self.start(argv, **popen)
        process.socksan_folder = folder
        return process

    def end_socksan(self, process, timeout=TIMEOUT):
        """Wait for what start_socksan started; its report and traces are checked on the way."""
        ended = self.finish(process, timeout)
        folder = process.socksan_folder
        self.assertTrue(os.path.exists(f"{folder}/report.json"),
                        f"expected a JSON report from {process.args}, status {ended[0]}\n{ended[1]}\n{ended[2]}")
        return Result(*ended, read_report(f"{folder}/report.json"), read_traces(f"{folder}/traces"), f"{folder}/traces")

    def socksan_run(self, cmd, *options, **popen):
        """`socksan run OPTIONS -- cmd` to its end: status, outputs, report and events."""
        return self.end_socksan(self.start_socksan(cmd, *options, **popen))

    def socksan_report(self, *args, **popen):
        """`socksan report ARGS` with a JSON report beside the text."""
        path = f"{self.folder('report')}/report.json"
        ended = self.finish(self.start([socksan(), "report", f"--output=json={path}", *args], **popen))
        return Result(*ended, read_report(path) if os.path.exists(path) else None, [], None)

    # Each assert below takes a Result and shows the whole text report when it fails.

    def assert_silent(self, result):
        """No violation of any code."""
        self.assertEqual(codes(result.report), {}, f"expected no violation\n{result.stderr}")

    def assert_all_read(self, result):
        """The report counts every event that is in the traces, and knows of none that was lost."""
        totals = result.report["totals"]
        self.assertEqual((totals["events"], totals["dropped"], totals["torn"]), (len(select(result.traces, ev="fd")), 0, 0),
                         f"expected every fd line to be counted, and no event dropped or torn\n{result.stderr}")

    def assert_codes(self, result, expected):
        """Exactly these codes, this often: {code: count}."""
        self.assertEqual(codes(result.report), expected, f"expected exactly {expected}\n{result.stderr}")

    def assert_violation(self, result, code, count=1, cause=None, function=None, severity=None):
        """Violations of this code that fit, count occurrences in all; function names a frame of any of its stacks."""
        def fits(violation):
            frames = [frame for stack in violation["stacks"].values() for frame in stack]
            return (violation["code"] == code and cause in (None, violation.get("cause"))
                    and severity in (None, violation["severity"])
                    and (function is None or any(frame.get("function") == function for frame in frames)))

        met = sum(violation["count"] for violation in result.report["violations"] if fits(violation))
        self.assertEqual(met, count, f"expected {code} x {count}, cause={cause}, severity={severity}, function={function}\n"
                         f"{result.stderr}\n{json.dumps(result.report['violations'], indent=1)}")

    def assert_shows_while_it_runs(self, name, promised, options):
        folder = self.folder("trace")
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t")
        process = self.start(command(name), stdin=subprocess.PIPE, env=env)
        said = process.stdout.readline()
        self.assertRegex(said, r"^ready \d+\n$", f"{name}: expected it to run on")
        result = self.socksan_report(*[option.replace("TURNS", said.split()[1]) for option in options], folder)
        self.assertEqual((0, "", ""), self.finish(process), f"{name}: expected it to end with its input")
        result = result._replace(stderr=result.stdout + result.stderr)
        for expected in promised:
            met = [violation for violation in result.report["violations"] if violation["code"] == expected.code]
            frames = [frame.get("function") for violation in met for stack in violation["stacks"].values() for frame in stack]
            self.assertTrue(met, f"{name}: expected {expected.code}\n{result.stderr}")
            self.assertIn(expected.function, frames, f"{name}: expected {expected.code} in {expected.function}\n{result.stderr}")
        self.assertEqual({expected.code for expected in promised}, set(codes(result.report)), f"{name}: expected no other code\n{result.stderr}")

    @classmethod
    def add_promise(cls, title, name, *args):
        """Add a test of that title: the program keeps its promise."""
        def test(self):
            self.assert_keeps_promise(name, *args)

        setattr(cls, title, test)

    def assert_keeps_promise(self, name, *args):
        """A program of tests/programs ends well on its own, is not changed by SockSan, and shows what it promises."""
        source = find("tests/programs/" + (name if name.endswith(".py") else name + ".c"))
        promised = expectations(source)
        bare = self.bare(command(name, *args))
        self.assertEqual(bare.status, 0, f"{name} without SockSan: expected status 0\n{bare.stderr}")
        options = re.findall(r"^[ *#]*Options: (.*)$", source.read_text(encoding="utf-8"), re.M)
        if re.search(r"^[ *#]*Looked at while it runs\.", source.read_text(encoding="utf-8"), re.M):
            self.assert_shows_while_it_runs(name, promised, " ".join(options).split())
            return None
        result = self.socksan_run(command(name, *args), *" ".join(options).split())
        self.assertEqual(result.stdout, bare.stdout, f"{name}: expected the output that it has without SockSan")
        counts = collections.Counter()
        for expected in promised:
            counts[expected.code] += expected.count
            self.assert_violation(result, **expected._asdict())
        self.assert_codes(result, dict(counts))
        for number in re.findall(r"^[ *#]*Sockets: (\d+)", source.read_text(encoding="utf-8"), re.M):
            self.assertEqual(result.report["totals"]["sockets"], int(number), f"{name}: expected so many sockets in all")
        self.assert_all_read(result)
        losses = re.findall(r"^[ *#]*Incomplete as root: (\w+)", source.read_text(encoding="utf-8"), re.M) if os.getuid() == 0 else []
        self.assertEqual([loss["why"] for loss in result.report.get("incomplete", [])], losses, f"{name}: expected a report that knows the rest")
        errors = any(violation["severity"] == "error" for violation in result.report["violations"])
        self.assertEqual(result.status, 23 if errors else 24 if losses else 0,
                         f"{name}: expected status 23 for an error, 24 for what is not known, else 0\n{result.stderr}")
        return result
