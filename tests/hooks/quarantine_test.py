"""The option quarantine: closed numbers stay out of use for a while, and nothing else of what the host sees is changed.

SPDX-License-Identifier: Apache-2.0
"""

import re
import unittest

from socksan_test import SockSanTest, codes, find, program, select, socksan

CASES = re.findall(r"\bCASE\((?!name)(\w+)\)", find("tests/programs/quarantine.c").read_text(encoding="utf-8"))
SIZES = {"one": (1, 4, 64, 65536), "order": (1, 4, 64), "few": (1, 4, 64, 65536), "last": (4, 64, 65536), "selects": (4, 64, 65536),
         "crowds": (1, 4, 64)}


class QuarantineTest(SockSanTest):
    def run_case(self, name, size):
        """The program runs as well, and prints the same, with a quarantine of that size as without the shim."""
        bare = self.bare([program("quarantine"), name, "0"])
        self.assertEqual(bare.status, 0, f"{name} without the shim\n{bare.stdout}{bare.stderr}")
        result = self.preload([program("quarantine"), name, str(size)], options=f"quarantine={size}:dump_at=0")
        self.assertEqual((result.status, result.stdout, result.stderr), (0, bare.stdout, bare.stderr),
                         f"{name} with quarantine={size}: expected status 0, and what it prints without the shim")
        return result.traces

    def test_the_cases_are_found(self):
        self.assertIn("selects", CASES, "expected rows CASE(name) in tests/programs/quarantine.c")

    def test_off_it_is_not_there(self):
        for name in CASES:
            with self.subTest(name):
                result = self.preload([program("quarantine"), name, "0"])
                self.assertEqual((result.status, result.stderr), (0, ""), f"{name}: expected the numbers that it has without the shim")

    def test_each_function_that_makes_a_descriptor(self):
        bare = self.bare([program("hook_makers"), "churn", "4"])
        self.assertEqual(re.findall(r"^(\S+) \d never$", bare.stdout, re.M), [], "expected each to use numbers again without the shim")
        for size in (4, 64):
            with self.subTest(size):
                result = self.preload([program("hook_makers"), "churn", "4"], options=f"quarantine={size}:dump_at=0")
                self.assertEqual((result.status, result.stderr), (0, ""))
                self.assertEqual(result.stdout.splitlines(), bare.stdout.replace(" again", " never").splitlines(),
                                 "expected of each maker a number that none of the last closes was of, with the same flags")

    def test_functions_at_the_limit_of_descriptors_make_as_many(self):
        bare = self.bare([program("hook_makers"), "64"])
        result = self.preload([program("hook_makers"), "64"], options="quarantine=64:dump_at=0")
        self.assertEqual((result.status, result.stderr, len(result.stdout.splitlines())), (0, "", len(bare.stdout.splitlines())))
        for seen, expected in zip(result.stdout.splitlines(), bare.stdout.splitlines()):
            # Of the five that were closed then it is not the lowest that is had again, but the one that was closed first, the highest.
            self.assertEqual(seen, re.sub(r"\band again 59$", "and again 63", expected))

    def test_a_stale_use_fails_in_the_trace_too(self):
        events = self.run_case("misses", 4)
        self.assertGreater(len(select(events, violation="double-close")), 3, "expected each close of a kept number to be told")

    def test_run_passes_it_on(self):
        result = self.socksan_run([program("quarantine"), "one", "64"], "--option=quarantine=64")
        self.assertEqual((result.status, codes(result.report)), (0, {}), result.stderr)
        refused = self.bare([socksan(), "run", "--option=quarantine=70000", "--", "true"])
        self.assertEqual(refused.status, 125)
        self.assertIn("quarantine wants a number from 0 to 65536, not '70000'", refused.stderr)



def add(name):
    def test(self):
        for size in SIZES.get(name, (4, 64)):
            with self.subTest(size):
                self.run_case(name, size)

    setattr(QuarantineTest, f"test_case_{name}", test)


for each in CASES:
    add(each)

if __name__ == "__main__":
    unittest.main()
