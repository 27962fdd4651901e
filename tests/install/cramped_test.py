"""bazel/cramped.py, under which a part of the tests runs once more: the command has few resources, and the machine is left as it was.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find  # pylint: disable=wrong-import-position

CRAMPED = str(find("bazel/cramped.py"))
GIVEN = """
import fcntl, json, os, resource, time

def pages():
    ends = os.pipe()
    size = fcntl.fcntl(ends[0], fcntl.F_GETPIPE_SZ) // os.sysconf("SC_PAGE_SIZE")
    for end in ends:
        os.close(end)
    return size

# Another's end makes room for a moment.
until = time.monotonic() + 60
while (pipe := pages()) > 2 and time.monotonic() < until:
    time.sleep(0.01)
print(json.dumps({"pipe": pipe, "processors": len(os.sched_getaffinity(0)),
                  "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "open": len(os.listdir("/proc/self/fd"))}))
"""
SETTINGS = ("fs/pipe-max-size", "fs/pipe-user-pages-soft", "net/ipv4/ip_local_port_range")


def settings():
    return {name: pathlib.Path("/proc/sys", name).read_text(encoding="ascii") for name in SETTINGS}


class Cramped(SockSanTest):
    def test_the_command_has_little_and_the_machine_is_as_before(self):
        if self.bare([CRAMPED, "--check"]).status != 0:
            self.skipTest("pipes cannot be made small here")
        before = settings()
        both = [self.start([CRAMPED, "/usr/bin/python3", "-c", GIVEN]) for _ in range(2)]
        for process in both:
            status, stdout, stderr = self.finish(process)
            self.assertEqual((status, stderr), (0, ""))
            given = json.loads(stdout)
            self.assertLessEqual(given.pop("pipe"), 2, "expected pipes of two pages at most")
            # The standard ones, and the one of the folder.
            self.assertEqual(given, {"processors": 1, "files": 256, "open": 4})
        self.assertEqual(settings(), before)

    def test_status_and_output_are_the_commands(self):
        result = self.bare([CRAMPED, "sh", "-c", 'printf "[%s]" "$@"; exit 42', "sh", "a b", ""])
        self.assertEqual((result.status, result.stdout), (42, "[a b][]"))
        self.assertEqual(self.bare([CRAMPED, "sh", "-c", "kill -TERM $$"]).status, 128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
