"""`socksan report` on a folder that is still being written to: what is open, by state and over time, in the formats that people read.

SPDX-License-Identifier: Apache-2.0
"""

import re
import shutil
import subprocess
import unittest
from xml.etree import ElementTree

from live_test_base import LiveTest


class LiveReport(LiveTest):
    def setUp(self):
        super().setUp()
        self.live = self.server()
        self.live.tell("leak", 6)

    def report(self, form):
        status, out, err = self.say("report", f"--format={form}", self.live.folder)
        self.assertEqual((0, ""), (status, err), f"{form}: expected that what runs fails nothing\n{out}")
        return out

    def test_html(self):
        page = self.report("html")
        if shutil.which("tidy"):
            judged = subprocess.run(["tidy", "-q", "-e", "-utf8"], input=page, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual((0, ""), (judged.returncode, judged.stderr), "expected Tidy to find nothing")
        body = "".join(ElementTree.fromstring(page).itertext())
        self.assertIn("Open in running processes", body)
        self.assertRegex(body, r"open\s+6 TCP sockets, the oldest for ")
        self.assertRegex(body, r"states\s*6 ESTABLISHED")
        self.assertRegex(body, r"over time\s*[\d ]*6 \(every 1 s\)")
        self.assertRegex(body, rf"process\s*{self.live.pid} \(python3 live_server.py\)")
        self.assertIn("live_server.py:", body)

    def test_github(self):
        text = self.report("github")
        notices = [line for line in text.splitlines() if "SockSan%3A open::" in line]
        self.assertEqual(2, len(notices), f"expected a notice for each place\n{text}")
        [leak] = [line for line in notices if "6 TCP sockets" in line]
        self.assertRegex(leak, r"^::notice file=\S*live_server.py,line=\d+,title=SockSan%3A open::open: 6 TCP sockets, the oldest for ")
        self.assertIn("%0A   = 6 ESTABLISHED%0A", leak)
        self.assertRegex(leak, r"%0A   = over time, every 1 s: [\d ]*6%0A")

    def test_markdown(self):
        text = re.sub(r"\\(.)", r"\1", self.report("markdown"))
        self.assertRegex(text, r"(?m)^- open in process \d+: 6 TCP sockets, the oldest for [^;]*, 6 ESTABLISHED; over time: [\d ]*6; at .*live_server\.py:\d+$")

    def test_text(self):
        text = self.report("text")
        self.assertIn("   = 6 ESTABLISHED\n", text)
        self.assertRegex(text, r"over time, every 1 s: [\d ]*6\n")


if __name__ == "__main__":
    unittest.main()
