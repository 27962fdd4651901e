"""What the tests of running processes share: a server under the shim that obeys commands, and the commands that examine it.

SPDX-License-Identifier: Apache-2.0
"""

import gzip
import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from socksan_test import SockSanTest, check, find, remove_left, shim, socksan  # noqa: E402  pylint: disable=wrong-import-position

SERVER = str(find("tests/live/live_server.py"))


class Server:
    """live_server.py in a process."""

    def __init__(self, process, folder):
        self.process, self.pid, self.folder = process, process.pid, folder

    def tell(self, word, number=1):
        self.process.stdin.write(f"{word} {number}\n")
        self.process.stdin.flush()
        self.hear("forked" if word == "fork" else "done")

    def hear(self, word):
        said = self.process.stdout.readline().strip()
        if said != word:
            raise AssertionError(f"the server said {said!r}, expected {word!r}: {self.process.stderr.read() if not said else ''}")


class LiveTest(SockSanTest):
    def server(self, options="", preload=True):
        folder = self.folder("traces")
        settings = f"log_path={folder}/t" + (":" + options if options else "")
        env = self.environment(SOCKSAN_OPTIONS=settings, LD_PRELOAD=shim()) if preload else self.environment()
        process = self.start(["/usr/bin/python3", SERVER], env=env, stdin=-1)
        remove_left(process.pid)  # of an earlier process with its number
        server = Server(process, folder)
        server.hear("ready")
        return server

    def say(self, *args, **popen):
        """(status, stdout, stderr) of `socksan ARGS`."""
        return self.finish(self.start([socksan(), *map(str, args)], **popen))

    def snapshot(self, what, *options):
        status, out, err = self.say("snapshot", "--format=json", *options, what)
        self.assertEqual((0, ""), (status, err), f"snapshot {what}: expected status 0 and no complaint\n{out}{err}")
        snapshot = json.loads(out)
        check("analyzer/report/snapshot.schema.json", snapshot, f"snapshot of {what}")
        return snapshot

    def place(self, snapshot, function):
        """The one place whose stack has a function."""
        found = [place for place in snapshot["places"] if any(frame.get("function") == function for frame in place["stack"])]
        self.assertEqual(1, len(found), f"expected one place in {function}: {json.dumps(snapshot['places'], indent=1)}")
        return found[0]

    def assert_refused(self, *args, says, **popen):
        status, out, err = self.say(*args, **popen)
        self.assertEqual((2, ""), (status, out), f"{args}: expected status 2 and no output\n{out}{err}")
        self.assertIn(says, err, f"{args}: expected a message that says so")
        self.assertTrue(err.startswith("socksan: "), err)
        self.assertEqual(1, err.count("\n"), f"{args}: expected one line\n{err}")

    def write(self, name, lines):
        """A trace of these lines, or an output, in self.tmp; its path."""
        path = pathlib.Path(self.tmp, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return str(path)


# -- profile.proto, as far as it is used, read by the letter ---------------------------------------------------------

def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(data):
    """[(field, value)] of a message: numbers, and bytes of whatever has a length."""
    found, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            if at + length > len(data):
                raise AssertionError("a field is longer than its message")
            value, at = data[at:at + length], at + length
        else:
            raise AssertionError(f"wire type {tag & 7}, which profile.proto does not have")
        found.append((tag >> 3, value))
    return found


def fields(data, number):
    return [value for field, value in message(data) if field == number]


def one(data, number, default=0):
    found = fields(data, number)
    if len(found) > 1:
        raise AssertionError(f"field {number} is there {len(found)} times, expected once at most")
    return found[0] if found else default


def read_profile(packed):
    """{"types": [(type, unit)], "samples": [{"stack": [(function, file, line)], "values": {type: n}, "labels": {}}]}; ids must be there."""
    data = gzip.decompress(packed)
    strings = [value.decode() for value in fields(data, 6)]
    if strings[0] != "":
        raise AssertionError("the first string is not the empty one")
    functions = {one(f, 1): (strings[one(f, 2)], strings[one(f, 4)]) for f in fields(data, 5)}
    mappings = {one(m, 1): strings[one(m, 5)] for m in fields(data, 3)}
    locations = {}
    for location in fields(data, 4):
        if one(location, 2):
            mappings[one(location, 2)]  # pylint: disable=pointless-statement # is there
        locations[one(location, 1)] = [(*functions[one(line, 1)], one(line, 2)) for line in fields(location, 4)]
    for ids in (functions, mappings, locations):
        if 0 in ids:
            raise AssertionError("an id is 0, which means none")
    types = [(strings[one(t, 1)], strings[one(t, 2)]) for t in fields(data, 1)]
    samples = []
    for sample in fields(data, 2):
        values = fields(sample, 2)
        if len(values) != len(types):
            raise AssertionError(f"a sample has {len(values)} values for {len(types)} types")
        samples.append({"stack": [line for id_ in fields(sample, 1) for line in locations[id_]],
                        "values": {kind: value for (kind, _), value in zip(types, values)},
                        "labels": {strings[one(label, 1)]: strings[one(label, 2)] for label in fields(sample, 3)}})
    return {"types": types, "samples": samples, "time": one(data, 9), "default": strings[one(data, 14)]}
