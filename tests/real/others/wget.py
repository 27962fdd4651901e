"""wget's own tests, those in Python and those in Perl, built from Debian's source: each runs a server, and wget as its client.

SPDX-License-Identifier: Apache-2.0
"""

import shutil

from others import SOURCE_PACKAGES, Suite, source, source_version

# As Debian builds it, wget knows nothing of metalinks.
KINDS = {"testenv": ("Test-[!m]*.py", "Test--*.py", "Test-missing*.py"), "tests": ("*.px",)}


def build(folder, do):
    do(["./configure", "--with-ssl=gnutls", "--disable-nls"])
    do(["make", "-j2", "-C", "lib"])
    do(["make", "-j2", "-C", "src", "wget"])


def run(side, test=None):
    built = source("wget", build)
    folder = side.new_folder("wget")
    outcomes = {}
    for part, patterns in KINDS.items():
        # They write beside themselves.
        here = shutil.copytree(built / part, folder / part)
        command = ["/usr/bin/python3", "-O"] if part == "testenv" else ["perl", "-I", here]
        for path in sorted({path for pattern in patterns for path in here.glob(pattern)}):
            name = f"{part}/{path.name}"
            if test in (None, name):
                ended = side.run([*command, path], cwd=here, env={"WGET_PATH": str(built / "src/wget"), "SSL_TESTS": "1", "MAKE_CHECK": "True"})
                outcomes[name] = {0: "ok", 77: "skipped"}.get(ended.status, f"failed: {ended.status}")
    return outcomes


SUITES = [Suite("wget", run, source_version("wget"),
                [*SOURCE_PACKAGES, "libgnutls28-dev /usr/include/gnutls/gnutls.h", "libhttp-daemon-perl /usr/share/perl5/HTTP/Daemon.pm",
                 "libidn2-dev /usr/include/idn2.h", "pkg-config pkg-config"])]
