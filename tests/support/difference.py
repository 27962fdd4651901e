"""Whether a program can see that it is observed: random calls, run without the shim and under it, must give the same.

`difference.py [--runs=CALLS] [--seconds=N] [--seed=N] [--jobs=N] [--self] [--only=CALL]` compares CALLS calls, 20 000 a process, and
tells each kind of difference once, with how to repeat it. SOCKSAN_SHIM and SOCKSAN_PROGRAMS say where the built files are; --self
has no shim on either side, --preload=FILE another object in its place.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import concurrent.futures
import errno
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from socksan_test import program, shim

CALLS = 20000  # a process
AGAIN = 4  # runs without the shim that must be the same before a difference counts
HUNG = 300  # seconds: a process that takes so long is ended
HEAD = struct.Struct("<QQQQIIiiIIQQ")
TEXT = 1 << 20
RECORD = struct.Struct("<IiqQQ")
SEGV, JUMPED, NO_ERROR = -0x5e6f, -0x10f9, 7777
PARTS = ("descriptors", "limits", "signal mask", "dispositions", "environment", "folder", "rest", "cancellation")
SCENES = ("fork", "exhaust", "daemon")  # which tell of the state too
OPTIONS = ("", ":stack_depth=0", ":stack_depth=64", ":max_bytes=200000", ":stack_depth=0:max_bytes=20000:python=0")

Run = collections.namedtuple("Run", "status begun records names text")
Kind = collections.namedtuple("Kind", "call what")
Found = collections.namedtuple("Found", "kind seed index options bare shim")


def environment(side, options, folder):
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "EMPTY": ""}
    if side:
        env |= {"LD_PRELOAD": side, "SOCKSAN_OPTIONS": f"log_path={folder}/t{options}"}
    return env


def run(side, seed, calls, options, group, *more):
    """One side of a comparison: how the program ended, and what it wrote."""
    with tempfile.TemporaryDirectory(prefix="difference-") as folder:
        os.mkdir(f"{folder}/work")
        argv = [program("difference_calls"), str(seed), str(calls), f"--log={folder}/log", f"--group={group}", *more]
        # A trace that meets its limit says so on standard error, once: that is meant to be seen there, and not to be read by the program.
        with subprocess.Popen(argv, cwd=f"{folder}/work", env=environment(side, options, folder), start_new_session=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                text = process.communicate(timeout=HUNG)[0]
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                text = process.communicate()[0]
        with open(f"{folder}/log", "rb") as file:
            data = file.read()
    head = HEAD.unpack_from(data)
    names = data[HEAD.size:HEAD.size + head[9]].decode("ascii", "replace").split()
    return Run(process.returncode, head[0], memoryview(data)[HEAD.size + TEXT:], names, text.decode("utf-8", "replace"))


def outcome(record):
    _, error, result, *_ = record
    if result in (SEGV, JUMPED):
        return "SIGSEGV" if result == SEGV else "jumped"
    if error not in (NO_ERROR, 0):
        return f"{min(result, 0)} {errno.errorcode.get(error, error)}"
    return "fine" if result >= 0 else str(result)


def result_differs(bare, other):
    was, now = outcome(bare), outcome(other)
    if was == now:
        return f"another result ({was})"
    return f"{was} became {now}"


def compare(bare, other, seed, options):
    """The differences of one seed: up to the first result that others may follow from, each part of the state once."""
    found, parts, after = [], 0, ""
    done = min(bare.begun, other.begun)
    died = bare.status != other.status or bare.begun != other.begun
    whole = done - died
    if bare.records[:whole * RECORD.size] != other.records[:whole * RECORD.size]:
        for i in range(whole):
            at = i * RECORD.size
            if bare.records[at:at + RECORD.size] == other.records[at:at + RECORD.size]:
                continue
            was, now = RECORD.unpack_from(bare.records, at), RECORD.unpack_from(other.records, at)
            name = bare.names[was[0]]
            what = []
            if was[0] != now[0]:
                what = ["another call"]
            elif was[1:3] != now[1:3]:
                what = [result_differs(was, now)]
            elif was[3] != now[3] and not (parts and name in SCENES):
                what = ["memory, or what a scene told"]
            new = [part for part in range(8) if (was[4] ^ now[4]) >> 8 * part & 0xff and not parts >> part & 1]
            parts |= sum(1 << part for part in new)
            what += ["state: " + PARTS[part] for part in new]
            found += [Found(Kind(name, one + after), seed, i, options, was, now) for one in what]
            if was[0] != now[0] or (was[2] != now[2] and max(was[2], now[2]) >= 0):
                return found
            if SEGV in (was[2], now[2]):
                after = " (after a SIGSEGV)"
    if died:
        was = RECORD.unpack_from(bare.records, whole * RECORD.size)
        name = bare.names[was[0]] if done and bare.names else "start"
        found.append(Found(Kind(name, f"end {bare.status} became {other.status}"), seed, whole, options, was, None))
    return found


def low_group():
    """A process group whose number is small, in a namespace of process numbers of its own, if there is one."""
    holder = subprocess.Popen(["sleep", "infinity"], start_new_session=True)  # pylint: disable=consider-using-with
    return holder, holder.pid


class Comparison:
    """Many seeds; kinds maps each kind of difference to how often it was met, and where first."""

    def __init__(self, side, other=None, calls=CALLS, more=()):
        self.side, self.bare, self.calls, self.more = side, other, calls, more
        self.kinds, self.unsteady = {}, {}
        self.made = 0
        self.holder, self.group = low_group()

    def close(self):
        self.holder.kill()
        self.holder.wait()

    def seed(self, seed):
        options = OPTIONS[seed % len(OPTIONS)]
        with concurrent.futures.ThreadPoolExecutor(2) as two:
            sides = [two.submit(run, side, seed, self.calls, options, self.group, *self.more) for side in (self.bare, self.side)]
            bare, other = (side.result() for side in sides)
        found = compare(bare, other, seed, options)
        if bare.status:
            print(f"seed {seed}: the program ended by itself, status {bare.status}, in call {bare.begun - 1}", file=sys.stderr)
        steady = True
        for _ in range(AGAIN if found else 0):  # what differs between runs without the shim is no difference
            again = compare(bare, run(self.bare, seed, self.calls, options, self.group, *self.more), seed, options)
            steady = steady and (not again or again[0].index > found[-1].index)
        return bare.begun, found, steady

    def run(self, first, runs, seconds=None, jobs=None, tell=None):
        jobs = jobs or os.cpu_count()
        end = time.monotonic() + seconds if seconds else None
        seeds = iter(range(first, first + max(1, runs // self.calls)))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            waiting = set()
            while True:
                while len(waiting) < jobs and not (end and time.monotonic() > end):
                    seed = next(seeds, None)
                    if seed is None:
                        break
                    waiting.add(pool.submit(self.seed, seed))
                if not waiting:
                    return
                done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    made, found, steady = future.result()
                    self.made += made
                    for one in found:
                        kinds = self.kinds if steady else self.unsteady
                        if one.kind not in kinds and tell:
                            tell(self, one, steady)
                        count, example = kinds.get(one.kind, (0, one))
                        kinds[one.kind] = (count + 1, example)

    def describe(self, found):
        """A difference in full: the call with its arguments on both sides, and how to repeat it."""
        lines = [f"{found.kind.call}: {found.kind.what}", f"  seed {found.seed}, call {found.index}, options '{found.options}'"]
        for what, side in (("without", self.bare), ("with", self.side)):
            again = run(side, found.seed, found.index + 1, found.options, self.group, f"--from={found.index}", *self.more)
            text = "\n      ".join(again.text.strip().splitlines()) or f"no word, status {again.status}"
            lines.append(f"  {what}: {text}")
        lines.append(f"  repeat: difference_calls {found.seed} {found.index + 1} --from={found.index} --group={self.group}")
        return "\n".join(lines)


def apart():
    """Goes on in a namespace of process numbers of its own, where that can be had: numbers are small there."""
    if os.environ.get("DIFFERENCE_APART"):
        return
    os.environ["DIFFERENCE_APART"] = "1"
    for way in (["--pid"], ["--user", "--map-root-user", "--pid"]):
        enter = ["unshare", *way, "--fork", "--kill-child", "--mount-proc"]
        if shutil.which("unshare") and subprocess.run([*enter, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            # a shell is the first process there, which takes up orphans
            os.execvp(enter[0], [*enter, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(prog="difference")
    parser.add_argument("--runs", type=int, default=1000000, help="calls in all")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=CALLS, help="calls of one process")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--only", help="this call alone")
    parser.add_argument("--self", action="store_true", help="no shim on either side")
    parser.add_argument("--preload", help="another object than the shim")
    parser.add_argument("--brief", action="store_true", help="counts alone")
    args = parser.parse_args()
    apart()
    side = None if args.self else os.path.abspath(args.preload) if args.preload else shim()
    comparison = Comparison(side, calls=args.calls, more=[f"--only={args.only}"] if args.only else [])

    def tell(self, found, steady):
        if not args.brief and steady:
            print(self.describe(found) + "\n", flush=True)

    begun = time.monotonic()
    comparison.run(args.seed, args.runs, args.seconds, args.jobs, tell)
    comparison.close()
    print(f"{comparison.made} calls in {time.monotonic() - begun:.0f} s, {len(comparison.kinds)} kinds of difference")
    for kinds, word in ((comparison.kinds, ""), (comparison.unsteady, " (also without the shim)")):
        for kind, (count, example) in sorted(kinds.items(), key=lambda item: -item[1][0]):
            print(f"{count:7} {kind.call}: {kind.what}{word}  [seed {example.seed}, call {example.index}]")
    sys.exit(1 if comparison.kinds else 0)


if __name__ == "__main__":
    main()
