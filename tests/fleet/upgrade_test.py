"""A database that has lines from before it had the tables of a newer SockSan, which `socksan fleet init` makes of them.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from agreement import EVER, Agreement
from socksan_test import find, socksan

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
CASES = ("close_wait", "exec_chain", "fork_child_exits_with_sockets", "no_timeout", "scm_rights_kept", "silent_idle", "address_in_use")
SIGNS = ("signs_of_events", "signs_of_clues", "signs_of_peers", "signs", "signs_local")


class UpgradeTest(Agreement):
    def forget_signs(self):
        """As the database was before 030_signs.sql."""
        for table in SIGNS:
            self.server.query(f"DROP TABLE fleet.{table}")
        self.server.query("CREATE TABLE fleet.kept AS fleet.schema_versions ENGINE = Memory")
        self.server.query("INSERT INTO fleet.kept SELECT * FROM fleet.schema_versions WHERE version < 30")
        self.server.query("ALTER TABLE fleet.schema_versions DROP PARTITION tuple()")
        self.server.query("INSERT INTO fleet.schema_versions SELECT * FROM fleet.kept")

    def test_lines_of_before_signs(self):
        self.forget_signs()
        groups = [self.group(name, TRACES / name) for name in CASES]
        self.socksan("ship", "--to=" + self.server.url, f"--spool={self.tmp}/spool", *(str(group.folder) for group in groups))
        status, _, errors = self.finish(self.start([socksan(), "fleet", "report", "--from=" + self.server.url, EVER]))
        self.assertEqual(2, status)
        self.assertIn("fleet init", errors)
        self.assertIn("030_signs.sql", self.socksan("fleet", "init", "--to=" + self.server.url))
        self.compare(groups)


if __name__ == "__main__":
    unittest.main()
