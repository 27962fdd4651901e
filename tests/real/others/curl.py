"""curl's own tests, built from Debian's source.

SPDX-License-Identifier: Apache-2.0
"""

import re

from others import SOURCE_PACKAGES, Suite, source, source_version

# Of 1500 tests, which wait for one another for most of their time: a protocol of each kind, and all that is a program of its own.
KEYWORDS = ["multi", "unittest", "IMAP", "PASV", "PORT", "TFTP", "HTTPS", "SOCKS4", "SOCKS5", "HTTP CONNECT", "HTTP POST", "WebSockets",
            "chunked Transfer-Encoding", "connection re-use"]


def build(folder, do):
    for name in ("99_nss", "90_gnutls"):  # on top, for packages that are built again from the same tree
        do(["patch", "-R", "-p1", "-i", f"debian/patches/{name}.patch"])
    do(["autoreconf", "-fi"])
    do(["./configure", "--disable-shared", "--enable-debug", "--with-openssl", "--enable-websockets", "--disable-manual"])
    # Debian's patches do not keep to curl's lines of 79 columns, which a build for debugging insists on.
    do(["make", "-j2", "CHECKSRC=@: || "])
    do(["make", "-j2", "-C", "tests", "CHECKSRC=@: || ", "all"])


def run(side, test=None):
    folder = source("curl", build) / "tests"
    chosen = [re.match(r"\d+", test)[0]] if test else KEYWORDS
    ended = side.run(["perl", "-I.", "./runtests.pl", "-a", "-am", "-n", *chosen], cwd=folder, env={"srcdir": ".", "USER": "curl"})
    outcomes = {}
    for outcome, name in re.findall(r"^(PASS|FAIL): (\d+ - .*)$", ended.stdout, re.M):
        # A failure is named with what differed.
        outcomes[" - ".join(name.split(" - ")[:2]).strip()] = "ok" if outcome == "PASS" else "failed"
    outcomes["(exit status)"] = "ok" if ended.status == 0 else f"failed: {ended.status}"
    return outcomes


SUITES = [Suite("curl", run, source_version("curl"),
                [*SOURCE_PACKAGES, "autoconf autoreconf", "automake automake", "libssl-dev /usr/include/openssl/ssl.h",
                 "libtool libtoolize", "patch patch", "stunnel4 stunnel4"])]
