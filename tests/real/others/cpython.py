"""CPython's own tests of what has to do with sockets and processes, a suite for each module.

SPDX-License-Identifier: Apache-2.0
"""

import xml.etree.ElementTree

from others import Suite, package_version

MODULES = """test_asyncio test_httpservers test_multiprocessing_fork test_multiprocessing_forkserver test_multiprocessing_spawn
             test_os test_posix test_selectors test_signal test_socket test_socketserver test_ssl test_subprocess
             test_threading""".split()

# Sockets of virtual machines: without a peer that answers, these wait for ever, with SockSan or without.
IGNORED = ["ThreadedVSOCK*"]
# socketserver's tests want it, and stay on the loopback; others would go out.
RESOURCES = {"test_socketserver": "network"}

WORST = ["error", "failed", "skipped", "ok"]


def read_outcomes(path):
    """{test: outcome} of a JUnit file; the worst where a name comes more than once."""
    outcomes = {}
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = ("error" if "error" in kinds else "failed" if "failure" in kinds
                   else "skipped" if "skipped" in kinds or case.get("result") == "skipped" else "ok")
        name = case.get("name")
        outcomes[name] = min(outcome, outcomes.get(name, outcome), key=WORST.index)
    return outcomes


def runner(module):
    def run(side, test=None):
        folder = side.new_folder("junit")
        options = [option for pattern in IGNORED for option in ("-i", pattern)]
        options += ["-u", RESOURCES[module]] if module in RESOURCES else []
        options += ["-m", test] if test else []
        ended = side.run(["/usr/bin/python3", "-m", "test", "-v", "--timeout=600", *options, "--junit-xml", folder / "junit.xml", module])
        outcomes = read_outcomes(folder / "junit.xml") if (folder / "junit.xml").exists() else {}
        outcomes["(exit status)"] = "ok" if ended.status == 0 else f"failed: {ended.status}"
        return outcomes

    return run


SUITES = [Suite(f"cpython/{module}", runner(module), package_version("libpython3.11-testsuite"),
                ["libpython3.11-testsuite /usr/lib/python3.11/test/test_socket.py"]) for module in MODULES]
