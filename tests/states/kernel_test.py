"""The shim's idea of a socket's state agrees with the kernel after each call: a program asks the kernel, its trace has the shim's state.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, command  # pylint: disable=wrong-import-position

# Where the kernel knows more than calls can tell, or has another word for it: why, and what the kernel says then.
DIFFERENT = {
    "what came from the peer was not asked for": {"ESTABLISHED": {"CLOSE_WAIT", "CLOSED", "CLOSING"},
                                                  "FIN_WAIT": {"CLOSED", "CLOSING"}, "CLOSE_WAIT": {"CLOSED"},
                                                  "CONNECTING": {"CLOSED", "ESTABLISHED"}},
    "another process has done it": {"ESTABLISHED": {"FIN_WAIT"}},
    "both ends went, and the kernel is done with it": {"CLOSING": {"CLOSING", "CLOSED"}},
    "a Unix socket keeps the name of a peer that is gone": {"CLOSED": {"CLOSING"}},
    "a Unix peer that is gone takes both directions along": {"CLOSE_WAIT": {"CLOSING"}},
    "a Unix socket that shuts down reading stops its peer's writing": {"CLOSE_WAIT": {"CLOSING"}},
    "the peer has not gone": {"FIN_WAIT": {"CLOSING"}, "ESTABLISHED": {"CLOSE_WAIT"}},
    "which side was shut down is not told with a Unix socket": {"ESTABLISHED": {"FIN_WAIT"}},
}


class Thoughts:
    """What the shim thinks of each descriptor, by the lines of its traces."""

    def __init__(self):
        self.socks, self.states = {}, {}

    def learn(self, event):
        pid = event["pid"]
        if event["ev"] == "process":  # a new program, or a child
            self.socks = {key: sock for key, sock in self.socks.items() if key[0] != pid}
        if event["ev"] != "fd" or "sock" not in event:
            return
        if "newfd" in event:
            self.socks[pid, event["newfd"]] = event["sock"]
        if event.get("to") is None or (event["to"] == "CLOSED" and event["op"] == "close"):
            return
        if event["from"] is None:
            self.socks[pid, event["fd"]] = event["sock"]
        self.states[pid, event["sock"]] = event["to"]

    def of(self, pid, fd):
        return self.states.get((pid, self.socks.get((pid, fd))), "no socket")


class Kernel(SockSanTest):
    def test_the_state_after_each_call_is_the_kernels(self):
        result = self.preload(command("kernel_states", "scenes"))
        self.assertEqual(result.status, 0, result.stderr)
        thoughts, events, asked, untold, wrong, met = Thoughts(), iter(result.traces), 0, 0, [], set()
        event = next(events)
        lines = sorted(result.stdout.splitlines(), key=lambda line: int(line.split()[0]))
        for line in lines:
            t, _, pid, fd, kernel, _, believed, why = re.fullmatch(r"(\d+) (\d+) (\d+) (\d+) (\S+?)(: (\S+) (.*))?", line).groups()
            while event and event["t"] <= int(t):
                thoughts.learn(event)
                event = next(events, None)
            thought = thoughts.of(int(pid), int(fd))
            asked += 1
            if kernel == "?":
                untold += 1
            elif why is None:
                if thought != kernel:
                    wrong.append(f"{line}: expected the kernel's {kernel}, the shim thinks {thought}")
            else:
                met.add(why)
                if thought != believed:
                    wrong.append(f"{line}: expected {believed}, as {why}; the shim thinks {thought}")
                if kernel not in DIFFERENT[why][believed]:
                    wrong.append(f"{line}: expected the kernel to say one of {DIFFERENT[why][believed]}, as {why}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertGreater(asked, 500, "expected the scenes to ask at each call")
        self.assertEqual(met, set(DIFFERENT), "expected each reason to be met")
        if untold:
            self.skipTest(f"this kernel has no sock_diag for Unix sockets: {untold} of {asked} answers are unknown")


if __name__ == "__main__":
    unittest.main()
