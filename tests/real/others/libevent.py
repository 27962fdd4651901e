"""libevent's `regress`, built from Debian's source.

SPDX-License-Identifier: Apache-2.0
"""

import re

from others import SOURCE_PACKAGES, Suite, source, source_version


def build(folder, do):
    do(["cmake", "-S", folder, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DEVENT__DISABLE_OPENSSL=ON", "-DEVENT__LIBRARY_TYPE=STATIC",
        "-DEVENT__DISABLE_BENCHMARK=ON", "-DEVENT__DISABLE_SAMPLES=ON"])
    do(["make", "-C", folder / "build", "-j2", "regress"])


def run(side, test=None):
    folder = source("libevent", build)
    ended = side.run([folder / "build/bin/regress", *([test] if test else [])])
    outcomes = {}
    for name, text in re.findall(r"^(\w+/\S+): (.*?)(?=^\w+/\S+: |\Z)", ended.stdout, re.M | re.S):
        said = re.findall(r"\b(OK|SKIPPED|FAILED|DISABLED)\b", text)
        outcomes[name] = {"OK": "ok", "SKIPPED": "skipped", "DISABLED": "skipped"}.get(said[-1] if said else "", "failed")
    outcomes["(exit status)"] = "ok" if ended.status == 0 else f"failed: {ended.status}"
    return outcomes


SUITES = [Suite("libevent", run, source_version("libevent"), [*SOURCE_PACKAGES, "zlib1g-dev /usr/include/zlib.h"])]
