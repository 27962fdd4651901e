"""Runs the tests of a module a few at once, where they mostly wait for programs: `load_tests = at_once.load_tests`. They are told in their order,
and share nothing but their class.

SPDX-License-Identifier: Apache-2.0
"""

import concurrent.futures
import unittest

AT_ONCE = 3  # more than the two processors of a small machine: what hangs on purpose takes none
TOLD = ("addSuccess", "addError", "addFailure", "addSkip", "addSubTest", "addExpectedFailure", "addUnexpectedSuccess")


class Notes(unittest.TestResult):
    """What a test said of itself, for another result."""

    def __init__(self):
        super().__init__()
        self.notes = []
        for name in TOLD:
            setattr(self, name, lambda *args, name=name: self.notes.append((name, args)))


def tests_of(suite):
    for test in suite:
        yield from tests_of(test) if isinstance(test, unittest.TestSuite) else [test]


class AtOnce(unittest.TestSuite):
    def run(self, result, debug=False):
        def noted(test):
            notes = Notes()
            test.run(notes)
            return notes.notes

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for test, notes in [(test, pool.submit(noted, test)) for test in self]:
                notes = notes.result()
                result.startTest(test)
                for name, args in notes:
                    getattr(result, name)(*args)
                result.stopTest(test)
        return result


def load_tests(_loader, tests, _pattern):
    return AtOnce(tests_of(tests))
