"""A Java HTTP server under load: connections for one request each, many at a time.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import concurrent.futures
import pathlib
import re
import socket
import subprocess

from others import HERE, Suite, fetch, package_version, until

REQUESTS = 4000


def run(side, test=None):
    folder = side.new_folder("java")
    compiled = side.run(["javac", "-d", folder, HERE.parent / "JavaServer.java"])
    outcomes = {"javac": f"ok: status {compiled.status}"}
    with side.start(["java", "-cp", folder, "JavaServer"], stdin=subprocess.PIPE) as process:
        port = int(until(lambda: re.match(r"port (\d+)\n", pathlib.Path(process.folder, "stdout").read_text(encoding="utf-8")), "java")[1])
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = collections.Counter(pool.map(lambda _: fetch(socket.AF_INET, ("127.0.0.1", port)), range(REQUESTS)))
        outcomes["requests"] = f"ok: {sorted(got.items())}"
        process.stdin.close()
    outcomes["(exit status)"] = f"ok: {process.ended.status}"
    outcomes["(output)"] = f"ok: {process.ended.stdout.splitlines()[1:]}"
    return outcomes


SUITES = [Suite("java", run, package_version("openjdk-17-jre-headless"), ["default-jdk-headless javac"], alone=False)]
