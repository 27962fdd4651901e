"""Hosts that load or find functions in unusual ways: other preloads beside the shim, binding at once, plugins with a libc of their own,
programs and libraries that have functions of libc's names themselves.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import os
import subprocess
import unittest

from hosts_base import HostTest
from socksan_test import codes, command, program, select, shim

PLUGIN = """
#include <sys/socket.h>
#include <unistd.h>
int plugin_socket(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
int plugin_close(int fd) { return close(fd); }
int plugin_send(int fd) { return send(fd, "x", 1, 0); }
"""

# Something else is called so there, and whoever linked with that means that.
ELSEWHERE = """
int close_elsewhere(int thing) { return thing + 1000; }
__asm__(".symver close_elsewhere, close@@ELSEWHERE_1");
"""
USES_ELSEWHERE = """
#include <stdio.h>
#include <sys/socket.h>
int close(int);
int main(void) { printf("%d %d\\n", close(1), close(2)); return 0; }
"""


class LoadingTest(HostTest):
    def test_other_allocators_preloaded_before_and_after_the_shim(self):
        found = [path for pattern in ("libjemalloc.so.*", "libtcmalloc_minimal.so.4") for path in glob.glob(f"/usr/lib/*/{pattern}")]
        if not found:
            self.skipTest("neither jemalloc nor tcmalloc here")
        programs = [command("silent_double_fork"), command("silent_thread_handover"), command("silent_subprocess.py")]
        for allocator in found:
            for order in (f"{allocator}:{shim()}", f"{shim()}:{allocator}"):
                for cmd in programs:
                    with self.subTest(order, command=cmd):
                        bare = self.bare_once(cmd)
                        folder = self.folder("trace")
                        env = self.environment(LD_PRELOAD=order, SOCKSAN_OPTIONS=f"log_path={folder}/t")
                        self.assert_seen(f"LD_PRELOAD={order} {cmd}", self.finish(self.start(cmd, env=env)), bare)
                        self.assertNotEqual(os.listdir(folder), [], "expected the shim to be there, and to record")
            with self.subTest("socksan run", allocator=allocator):
                result = self.socksan_run(command("silent_double_fork"), env=self.environment(LD_PRELOAD=allocator))
                self.assertEqual((result.status, codes(result.report)), (0, {}), result.stderr)

    def test_binding_at_once(self):
        env = self.environment(LD_BIND_NOW="1")
        for cmd in (command("silent_double_fork"), command("silent_posix_spawn"), command("silent_subprocess.py")):
            with self.subTest(cmd):
                self.assert_same(cmd, found={}, env=env)

    def test_plugins_that_never_meet_the_shim(self):
        plugin = self.compile("plugin.so", PLUGIN, "-shared", "-fPIC")
        for how in ("dlopen", "deepbind", "dlmopen"):
            with self.subTest(how):
                result = self.assert_same([program("host_plugin"), how, plugin], found={"never-closed": 1})
                unseen = len(select(result.traces, note="closed-unseen"))
                self.assertEqual(unseen > 0, how != "dlopen", f"{how}: expected closes to pass by the shim only where it is not asked")

    def test_plugins_that_threads_unload_at_once(self):
        plugins = [self.compile(f"plugin{i}.so", PLUGIN, "-shared", "-fPIC") for i in range(4)]
        cmd = [program("host_unload"), *plugins]
        bare = self.bare_once(cmd)
        for turn in range(8):
            env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.tmp}/turn{turn}")
            self.assert_seen(f"LD_PRELOAD {cmd}, turn {turn}", self.finish(self.start(cmd, env=env)), bare)
        result = self.preload(cmd, "max_bytes=1048576")
        self.assert_seen(f"LD_PRELOAD {cmd}", result, bare)
        paths = {module["path"] for module in select(result.traces, ev="module")}
        self.assertLessEqual(set(plugins), paths, "expected each plugin to be found on the stacks of its sockets")

    def test_a_host_with_functions_of_those_names_itself(self):
        for how in ("syscall", "next", "hand"):
            with self.subTest(how):
                result = self.assert_same([program("host_own_calls"), how], found={})
                self.assertEqual(select(result.traces, op="close") == [], how == "hand", f"{how}: expected the calls to be seen where they reach libc")

    def test_a_library_with_a_function_of_that_name_under_a_version_of_its_own(self):
        script = os.path.join(self.tmp, "versions")
        with open(script, "w", encoding="ascii") as file:
            file.write("ELSEWHERE_1 { global: close; local: *; };\n")
        library = self.compile("libelsewhere.so", ELSEWHERE, "-shared", "-fPIC", f"-Wl,--version-script={script}")
        path = self.compile("elsewhere", USES_ELSEWHERE, library, f"-Wl,-rpath,{self.tmp}")
        symbols = subprocess.run(["readelf", "--wide", "--dyn-syms", path], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("close@ELSEWHERE_1", symbols)
        self.assertEqual(self.assert_same([path], found={}).stdout, "1001 1002\n")


if __name__ == "__main__":
    unittest.main()
