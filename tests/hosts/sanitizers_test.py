"""Programs built with ASan, LSan, TSan, UBSan or MSan: they end as without SockSan, and their sanitizer reports what it reports
without, frame by frame. `socksan run` puts a runtime that is a library first, for the program that needs it alone.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import shutil
import subprocess
import unittest

from hosts_base import HostTest, plain
from socksan_test import command, shim

# How a sanitizer's runtime comes with its program.
GCC = {"gcc, a library": ("gcc",), "gcc, part of the program": ("gcc", "static")}
CLANG = {"clang, part of the program": ("clang",)}


def clang_runtime():
    """The folder of clang's runtimes, or None."""
    if shutil.which("clang") is None:
        return None
    folder = subprocess.run(["clang", "-print-runtime-dir"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return folder if os.path.isdir(folder) else None


def report_alone(text):
    """A sanitizer's report up to where it prints memory around the place, which depends on what else was allocated."""
    text = re.sub(r"Shadow bytes around.*?(?==|\Z)", "", plain(text), flags=re.S)
    return re.sub(r"heap-buffer-overflow on address.*|is located.*|Location is .*|BuildId.*", "", text)


class SanitizersTest(HostTest):
    def environment(self, **more):
        """TSan's programs linger for a second by default."""
        return super().environment(TSAN_OPTIONS="atexit_sleep_ms=0", **more)

    def build(self, sanitizer, compiler, how=None):
        """host_sanitized built so, run soundly once without SockSan; a skip where that cannot be."""
        flags = [f"-fsanitize={sanitizer}", "-O0"]
        if how == "static":
            flags.append({"address": "-static-libasan", "thread": "-static-libtsan", "undefined": "-static-libubsan"}[sanitizer])
        elif how == "shared":
            folder = clang_runtime()
            flags += ["-shared-libsan", f"-Wl,-rpath,{folder}"]
        path = self.compile(f"{sanitizer}-{compiler}-{how}", "host_sanitized.c", *flags, compiler=compiler)
        status, _, stderr = self.finish(self.start([path]))
        if status != 0:
            self.skipTest(f"{compiler} -fsanitize={sanitizer} does not run here: {stderr}")
        return path

    def check(self, sanitizer, ways, mistakes):
        """What is sound stays silent, and each mistake (name: (status, words of the report)) is reported as it is without SockSan."""
        for title, way in ways.items():
            path = self.build(sanitizer, *way)
            with self.subTest(title):
                self.assert_same([path], found={})
            for mistake, (status, words) in mistakes.items():
                with self.subTest(title, mistake=mistake):
                    bare = self.bare_once([path, mistake], status, report_alone)
                    self.assertIn(words, bare.stderr, f"{mistake}: expected the sanitizer to find it without SockSan")
                    self.assert_same_run([path, mistake], bare, normalise=report_alone)
                    alone = self.preload([path, mistake])
                    self.assertEqual(alone.status, status, f"{mistake}: expected with LD_PRELOAD the status it has without\n{alone.stderr}")
                    self.assertIn(words, alone.stderr, f"{mistake}: expected the sanitizer to find it under LD_PRELOAD too")

    def test_address_sanitizer(self):
        ways = {**GCC, **CLANG}
        if clang_runtime():
            ways["clang, a library"] = ("clang", "shared")
        self.check("address", ways, {"heap": (1, "heap-buffer-overflow"), "freed": (1, "heap-use-after-free"),
                                     "leaked": (1, "4321 byte(s)")})

    def test_thread_sanitizer(self):
        self.check("thread", {**GCC, **CLANG}, {"race": (66, "data race"), "race-of-recv": (66, "data race"),
                                                "race-of-close": (66, "#0 close")})

    def test_undefined_behaviour_sanitizer(self):
        self.check("undefined", {**GCC, **CLANG}, {"overflow": (0, "signed integer overflow")})

    def test_leak_sanitizer(self):
        self.check("leak", {"gcc": ("gcc",), "clang": ("clang",)}, {"leaked": (23, "4321 byte(s)")})

    def test_memory_sanitizer(self):
        self.check("memory", CLANG, {})

    def test_what_a_program_with_asan_starts_is_not_given_its_runtime(self):
        """LD_PRELOAD is as the caller left it, but for the shim."""
        path = self.build("address", "gcc")
        script = f"{path} none; env | grep ^LD_PRELOAD=; exec {path} heap"
        result = self.socksan_run(["/bin/sh", "-c", script], "--fail-on=never")
        self.assertEqual((result.status, re.findall("(?m)^LD_PRELOAD=.*", result.stdout)), (1, ["LD_PRELOAD=" + os.path.realpath(shim())]), result.stderr)
        self.assertNotIn("libsocksan", re.sub(r"(?s)SUMMARY.*", "", result.stderr), "expected ASan's report of a child without the shim's frames")
        shown = self.compile("shown", "#include <stdlib.h>\nint main(void) { return system(\"env | grep ^LD_PRELOAD=\") != 0; }",
                             "-fsanitize=address")
        result = self.socksan_run([shown], "--fail-on=never")
        self.assertEqual((result.status, result.stdout), (0, f"LD_PRELOAD={os.path.realpath(shim())}\n"), result.stderr)

    def test_a_program_with_asan_found_on_the_path_runs(self):
        path = self.build("address", "gcc")
        script = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
        env = self.environment(PATH=os.path.dirname(path) + ":" + os.environ["PATH"])
        result = self.socksan_run(["/usr/bin/python3", "-c", script, os.path.basename(path), "none"], env=env)
        self.assertEqual((result.status, result.stdout), (0, "done\n"), result.stderr)

    def test_a_preload_by_hand_changes_nothing_that_the_program_sees_of_itself(self):
        """The shim runs it once more, its runtime first: with the same name, arguments and environment, by itself, through the loader
        and as the interpreter of a script (which loses the script's name in /proc/self/comm)."""
        source = r"""
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
extern char **environ;
int main(int argc, char **argv)
{
	char name[16];

	prctl(PR_GET_NAME, name);
	if (argc < 2 || strcmp(argv[1], "-x"))
		printf("%s", name);
	for (int i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) && strncmp(*e, "SOCKSAN_OPTIONS=", 16))
			printf("\n%s", *e);
	puts("");
	return 0;
}
"""
        path = self.compile("seen", source, "-fsanitize=address", "-w")
        link, script, loader = os.path.join(self.tmp, "link"), os.path.join(self.tmp, "script"), "/lib64/ld-linux-x86-64.so.2"
        os.symlink(path, link)
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!{path} -x\n")
        os.chmod(script, 0o755)
        commands = [[path, "", "a b", "c"], [link], [script, "d"]] + ([[loader, path, "e"]] if os.path.exists(loader) else [])
        for cmd in commands:
            with self.subTest(cmd):
                self.assert_same(cmd, found={} if cmd[0] != loader else None)

    def test_a_preload_of_the_runtime_by_the_user_is_kept(self):
        """For a plain program that loads sanitized libraries, say; its children get what it gets."""
        runtime = self.finish(self.start(["gcc", "-print-file-name=libasan.so"]))[1].strip()
        if not os.path.isabs(runtime):
            self.skipTest("no libasan here")
        env = self.environment(LD_PRELOAD=runtime)
        result = self.socksan_run(["/bin/sh", "-c", "env | grep ^LD_PRELOAD="], env=env)
        self.assertEqual((result.status, result.stdout), (0, f"LD_PRELOAD={runtime}:{os.path.realpath(shim())}\n"), result.stderr)
        self.assertEqual(self.socksan_run(command("silent_double_fork"), env=env).status, 0)


if __name__ == "__main__":
    unittest.main()
