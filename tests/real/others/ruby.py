"""Ruby's own tests of sockets and of net/http, from Debian's source, run by Debian's Ruby.

SPDX-License-Identifier: Apache-2.0
"""

import re

from others import Suite, package_version, source

FOLDERS = ("test/socket", "test/net/http")
PACKAGES = ["ruby3.1 ruby3.1", "dpkg-dev dpkg-source"]


def run(side, _test=None):
    top = source("ruby3.1")
    ended = side.run(["ruby3.1", "-I", "tool/lib", "-I", "test/lib", "test/runner.rb", "-v", *FOLDERS], cwd=top)
    outcomes = {name: "ok" for name in re.findall(r"^\[ *\d+/\d+\] (\S+#\S+) = ", ended.stdout, re.M)}
    for word, name in re.findall(r"^ *\d+\) (\w+):\n(\S+#\w+)", ended.stdout, re.M):
        outcomes[name] = word.lower()
    outcomes["(exit status)"] = "ok" if ended.status == 0 else f"failed: {ended.status}"
    return outcomes


SUITES = [Suite("ruby", run, package_version("ruby3.1"), PACKAGES, alone=False)]
