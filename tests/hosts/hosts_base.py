"""What the tests of hostile hosts share: a program behaves under SockSan as it does without.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import re

from socksan_test import SockSanTest, codes

Seen = collections.namedtuple("Seen", "status stdout stderr")
Seen.__doc__ = "What a caller sees of a program, less what differs from one run to the next."


def plain(text):
    """Without addresses and process ids."""
    text = re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{12}\b", "ADDRESS", text)
    return re.sub(r"==\d+==|\b(pid|tid)=\d+", "PID", text)


class HostTest(SockSanTest):
    """A test that runs a command bare, with LD_PRELOAD alone and under `socksan run`."""

    @staticmethod
    def seen(ended, normalise=plain):
        """Without what SockSan says: its lines, and the JSON report that ends standard error."""
        words = ended[2].rpartition('{\n  "schema": "socksan-report/1"')
        words = words[0] if words[1] else words[2]
        words = "".join(line for line in words.splitlines(True) if not line.startswith("socksan: "))
        return Seen(ended[0], normalise(ended[1]), normalise(words))

    def bare_once(self, cmd, status=0, normalise=plain, **popen):
        bare = self.seen(self.finish(self.start(cmd, **popen)), normalise)
        self.assertEqual(bare.status, status, f"{cmd} without SockSan: expected status {status}\n{bare.stdout}{bare.stderr}")
        return bare

    def assert_seen(self, how, result, bare, normalise=plain):
        seen = self.seen(result, normalise)
        self.assertEqual(seen, bare, f"{how}: expected what it does without SockSan\n"
                         f"--- with\n{seen.stdout}{seen.stderr}\n--- without\n{bare.stdout}{bare.stderr}")

    def assert_same(self, cmd, status=0, found=None, normalise=plain, options=(), **popen):
        """The command does the same bare, with LD_PRELOAD and under `socksan run`, which reports exactly the codes `found` (None:
        whatever). The result of `socksan run`."""
        bare = self.bare_once(cmd, status, normalise, **popen)
        self.assert_seen(f"LD_PRELOAD {cmd}", self.preload(cmd, **popen), bare, normalise)
        return self.assert_same_run(cmd, bare, found, normalise, options, **popen)

    def assert_same_run(self, cmd, bare, found=None, normalise=plain, options=(), **popen):
        result = self.socksan_run(cmd, "--fail-on=never", "--format=json", *options, **popen)
        status = 128 - result.status if bare.status < 0 else result.status  # it stands for a death by signal with 128+N
        self.assert_seen(f"socksan run -- {cmd}", result._replace(status=status), bare, normalise)
        if found is not None:
            self.assertEqual(codes(result.report), found, f"{cmd}: expected exactly these violations\n{result.report['violations']}")
        return result
