"""node's own tests of sockets and processes, from Debian's source, on Debian's node, whichever other is installed.

SPDX-License-Identifier: Apache-2.0
"""

import re
import subprocess

from others import SOURCE_PACKAGES, Suite, source

KINDS = ("net", "dgram", "child-process", "cluster", "http-agent", "http-client", "http-server", "https-agent", "https-client", "tls-client",
         "tls-socket")
# Those of the limits of an HTTP server do nothing but wait, for as long as all others take.
LEFT_OUT = ("test-http-server-headers-timeout-*", "test-http-server-request-timeout*")
SECONDS = 60  # until a test is ended: longer than any takes that passes


def build(folder, do):
    do(["apt-get", "-q", "download", "libnode108"])
    (library,) = folder.glob("libnode108_*.deb")
    version = subprocess.run(["dpkg-deb", "--field", library, "Version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    do(["apt-get", "-q", "download", f"nodejs={version}"])
    for package in (library, *folder.glob("nodejs_*.deb")):
        do(["dpkg", "-x", package, "debian-node"])
    # Some tests give their children an environment without LD_LIBRARY_PATH.
    (library,) = folder.glob("debian-node/usr/lib/*/libnode.so.*")
    do(["patchelf", "--set-rpath", f"$ORIGIN/../lib/{library.parent.name}", "debian-node/usr/bin/node"])


def version():
    (library,) = source("nodejs", build).glob("libnode108_*.deb")
    return library.name.split("_")[1]


def run(side, test=None):
    folder = source("nodejs", build)
    outcomes = {}
    for path in sorted(path for kind in KINDS for path in (folder / "test/parallel").glob(f"test-{kind}-*.js")):
        if test in (None, path.name) and not any(path.match(pattern) for pattern in LEFT_OUT):
            flags = re.findall(r"^// Flags: *(.*)$", path.read_text(encoding="utf-8"), re.M)
            # Their sockets' names are taken from here: longer ones would be cut.
            here = side.new_folder("node")
            ended = side.run(["timeout", SECONDS, folder / "debian-node/usr/bin/node", *" ".join(flags).split(), path], cwd=here,
                             env={"NODE_TEST_DIR": str(here)})
            outcomes[path.name] = (f"failed: {ended.status}" if ended.status else "skipped" if "# Skipped" in ended.stdout else "ok")
    return outcomes


SUITES = [Suite("node", run, version,
                [*SOURCE_PACKAGES, "node-acorn /usr/share/nodejs/acorn", "node-cjs-module-lexer /usr/share/nodejs/cjs-module-lexer",
                 "node-undici /usr/share/nodejs/undici", "libc-ares2 /usr/lib/x86_64-linux-gnu/libcares.so.2",
                 "libnghttp2-14 /usr/lib/x86_64-linux-gnu/libnghttp2.so.14", "libuv1 /usr/lib/x86_64-linux-gnu/libuv.so.1",
                 "patchelf patchelf"])]
