"""The Debian package that `./dev deb` makes of what is built. `./dev fresh --package` installs, uses and removes it.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import installed  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position


class Deb(SockSanTest):
    def deb(self, *args):
        env = self.environment(DEV_BUILT=str(pathlib.Path(socksan()).parents[1]), DEBFULLNAME="A Packager",
                               DEBEMAIL="packager@debian.org")
        return self.bare([str(find("dev")), "deb", *args], env=env)

    def make(self):
        folder = self.folder("deb")
        result = self.deb(f"--output={folder}")
        self.assertEqual(result.status, 0, result.stderr)
        made = os.listdir(folder)
        self.assertEqual(len(made), 1, f"expected one package\n{result.stderr}")
        self.assertRegex(made[0], r"^socksan_\d+\.\d+\.\d+_\w+\.deb$")
        return f"{folder}/{made[0]}"

    def field(self, package, name):
        return self.bare(["dpkg-deb", "-f", package, name]).stdout.strip()

    def test_package_is_complete_and_says_what_it_needs(self):
        package = self.make()
        self.assertEqual(self.field(package, "Maintainer"), "A Packager <packager@debian.org>")
        for name in ("libc6", "libdw1", "libjansson4", "libncursesw6", "zlib1g"):
            self.assertIn(name, self.field(package, "Depends"))
        files = re.findall(r"^-\S+ root/root .* \./(\S+)$", self.bare(["dpkg-deb", "--contents", package]).stdout, re.M)
        expected = installed("lib/socksan", zsh="vendor-completions") - {"share/doc/socksan/LICENSE"}
        expected |= {"share/doc/socksan/changelog.gz", "share/doc/socksan/copyright"}
        self.assertEqual(sorted(files), sorted("usr/" + re.sub(r"(?<=/man\d/)(.*)", r"\1.gz", name) for name in expected))

    def test_unpacked_it_works_and_its_sums_are_right(self):
        package = self.make()
        self.assertEqual(self.bare(["dpkg-deb", "-R", package, "unpacked"]).status, 0)
        root = f"{self.tmp}/unpacked"
        env = {key: value for key, value in self.environment().items() if key != "SOCKSAN_SHIM"}
        result = self.bare([f"{root}/usr/bin/socksan", "run", "--require-shim", "/bin/true"], env=env)
        self.assertEqual(result.status, 0, result.stderr)
        sums = subprocess.run(["md5sum", "--check", "--strict", "--quiet", "DEBIAN/md5sums"], cwd=root, check=False)
        self.assertEqual(sums.returncode, 0, "expected DEBIAN/md5sums to be right")

    def test_the_same_is_built_twice(self):
        self.assertEqual(pathlib.Path(self.make()).read_bytes(), pathlib.Path(self.make()).read_bytes())

    @unittest.skipUnless(shutil.which("lintian"), "no lintian here")
    def test_lintian_has_nothing_to_say(self):
        result = self.bare(["lintian", "--allow-root", "--fail-on=error,warning", self.make()])
        self.assertEqual((result.status, result.stdout), (0, ""), result.stderr)

    def test_what_it_cannot_do_is_refused(self):
        self.assertIn("unknown argument '--ouput=x'", self.deb("--ouput=x").stderr)
        self.assertIn("nowhere is no folder", self.deb(f"--output={self.tmp}/nowhere").stderr)


if __name__ == "__main__":
    unittest.main()
