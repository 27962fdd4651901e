"""`socksan fleet report` says of random histories what `socksan report` says. FLEET_HISTORIES says of how many, 1 000 without it.

SPDX-License-Identifier: Apache-2.0
"""

import os
import unittest

from agreement import Agreement
from socksan_test import command

HISTORIES = int(os.environ.get("FLEET_HISTORIES", "1000"))
AT_ONCE = 250  # histories in a group


class HistoriesTest(Agreement):
    def test_random_histories(self):
        groups = []
        for first in range(1, HISTORIES + 1, AT_ONCE):
            traces = f"{self.tmp}/random-{first}"
            self.socksan("run", f"--trace-dir={traces}", "--", *command("random_calls", str(first), str(AT_ONCE)), statuses=(0, 23, 24), timeout=600)
            groups.append(self.group(f"random-{first}", traces))
        reports = self.compare(groups)
        self.assertTrue(all(report["violations"] for report in reports), "expected histories with violations")


if __name__ == "__main__":
    unittest.main()
