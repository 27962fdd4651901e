"""libuv's tests, built from Debian's source.

SPDX-License-Identifier: Apache-2.0
"""

import re

from others import SOURCE_PACKAGES, Suite, ordinary_user, source, source_version


def build(folder, do):
    do(["cmake", "-S", folder, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DBUILD_TESTING=ON"])
    do(["make", "-C", folder / "build", "-j2", "uv_run_tests"])


def run(side, test=None):
    folder = source("libuv1", build)
    alone = [test] if test else []
    ended = side.run([folder / "build/uv_run_tests", *alone], cwd=folder, user=ordinary_user())
    outcomes = {}
    for bad, name, skip in re.findall(r"^(not )?ok \d+ - (\S+)( # SKIP)?", ended.stdout, re.M):
        outcomes[name] = "failed" if bad else "skipped" if skip else "ok"
    if alone and not outcomes:
        outcomes[test] = "ok" if ended.status == 0 else "failed"
    outcomes["(exit status)"] = "ok" if ended.status == 0 else f"failed: {ended.status}"
    return outcomes


SUITES = [Suite("libuv", run, source_version("libuv1"), SOURCE_PACKAGES)]
