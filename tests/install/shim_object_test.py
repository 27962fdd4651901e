"""libsocksan.so as an object: what it needs, exports and requires of the loader, so that it can be loaded into any program.

SPDX-License-Identifier: Apache-2.0
"""

import re
import subprocess
import unittest

import socksan_test


def readelf(*options):
    return subprocess.run(
        ["readelf", "--wide", *options, socksan_test.shim()],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


class ShimObject(unittest.TestCase):
    def test_needs_libc_alone(self):
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("--dynamic")))
        allowed = {"libc.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
        self.assertIn("libc.so.6", needed)
        self.assertLessEqual(needed, allowed, "a preloaded object brings what it needs into every program")

    def test_starts_first(self):
        self.assertRegex(readelf("--dynamic"), r"FLAGS_1.*INITFIRST", "expected -z initfirst")

    def test_thread_locals_need_no_call(self):
        self.assertNotIn("__tls_get_addr", readelf("--dyn-syms"), "expected -ftls-model=initial-exec")

    def test_needs_no_string_function_of_its_host(self):
        """They may be those of a sanitizer, which tells what the shim's threads write to its trace as races of the host."""
        wanted = set(re.findall(r"UND\s+((?:mem|str|stp|pthread_once)\w*)@", readelf("--dyn-syms")))
        self.assertLessEqual(wanted, {"strerrorname_np"}, "expected shim/libc/string.c to have them")

    def test_exports_no_name_of_its_own_beside_those_of_libc(self):
        """A name that libc does not have could collide with one of the program; socksan_* cannot, nor what Node.js and Java look for by
        the handle of an addon and of a library of a class."""
        libc = subprocess.run(
            ["readelf", "--wide", "--dyn-syms", "/lib/x86_64-linux-gnu/libc.so.6"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

        def defined(symbols):
            names = re.findall(r"(?:GLOBAL|WEAK)\s+DEFAULT\s+(?!UND)\S+\s+(\S+)", symbols)
            return {name.partition("@")[0] for name in names}

        foreign = {n for n in defined(readelf("--dyn-syms")) - defined(libc) if not n.startswith(("socksan_", "Java_socksan_"))}
        self.assertEqual(foreign, {"napi_register_module_v1"}, "expected the names of libc, socksan_*, an addon's and a class's alone")


if __name__ == "__main__":
    unittest.main()
