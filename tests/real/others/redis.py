"""redis's own tests, from Debian's source, on Debian's redis-server.

SPDX-License-Identifier: Apache-2.0
"""

import re

from others import SOURCE_PACKAGES, Suite, package_version, source

# Those that have to do with connections, processes and files, but for the longest of replication.
UNITS = """unit/auth unit/protocol unit/pubsub unit/pubsubshard unit/networking unit/multi unit/quit unit/limits unit/tracking
           unit/shutdown unit/introspection unit/introspection-2 unit/querybuf unit/obuf-limits unit/client-eviction unit/other unit/wait
           unit/scripting unit/aofrw unit/type/list unit/type/stream-cgroups integration/aof integration/rdb integration/shutdown
           integration/replication integration/redis-cli integration/redis-benchmark integration/logging""".split()


def build(folder, do):
    for name in ("redis-server", "redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb"):
        do(["ln", "-sf", f"/usr/bin/{name}", folder / "src" / name])


def run(side, test=None):
    folder = source("redis", build)
    outcomes = {}
    for unit in UNITS:
        if test and not test.startswith(unit + ": "):
            continue
        ended = side.run(["tclsh", "tests/test_helper.tcl", "--clients", "1", "--durable", "--single", unit], cwd=folder)
        for outcome, name in re.findall(r"^\[(ok|err|exception|ignore|skip)\]: (.*?)(?: in tests/.*| \(\d+ ms\))?$", ended.stdout, re.M):
            # ports, processes, times, random sizes
            name = f"{unit}: {re.sub(r'[0-9]+', 'N', name)}"
            outcomes[name] = {"ok": "ok", "ignore": "skipped", "skip": "skipped"}.get(outcome, "failed")
        outcomes[f"{unit}: (exit status)"] = "ok" if ended.status == 0 else f"failed: {ended.status}"
    return outcomes


SUITES = [Suite("redis", run, package_version("redis-server"),
                [*SOURCE_PACKAGES, "redis-server redis-server", "redis-tools redis-benchmark", "tcl tclsh"])]
