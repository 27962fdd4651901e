"""What is on the stack when a hook looks at it, or leaves through it: exceptions, frames without unwind tables, code generated
at run time. The host behaves as without SockSan; where the unwinder cannot continue, it stops.

SPDX-License-Identifier: Apache-2.0
"""

import os
import shutil
import subprocess
import unittest

from hosts_base import HostTest
from socksan_test import codes, find, select

EXCEPTIONS = r"""
#include <cstdio>
#include <stdexcept>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static bool thrown;
static ssize_t on_write(void *, const char *, size_t n) { if (!thrown) { thrown = true; throw std::runtime_error("from write"); } return n; }

struct Guard {
	const char *name;
	~Guard() { close(socket(AF_INET, SOCK_STREAM, 0)); puts(name); }
};

static void leave(int way)
{
	cookie_io_functions_t io = {nullptr, on_write, nullptr, nullptr};
	FILE *f = fopencookie(nullptr, "w", io);
	Guard guard{"destroyed"};
	thrown = false;
	try {
		fputs("text", f);
		if (way == 0)
			fclose(f);
		else
			printf("reopened %d\n", freopen("/dev/null", "w", f) != nullptr);
		puts("no exception");
	} catch (const std::exception &e) {
		puts(e.what());
	}
}

static void *cancelled(void *pair)
{
	Guard guard{"destroyed in a cancelled thread"};
	char byte;
	read(*(int *)pair, &byte, 1);
	return nullptr;
}

int main()
{
	int pair[2];
	void *result;
	pthread_t thread;

	setvbuf(stdout, nullptr, _IONBF, 0);
	leave(0);
	leave(1);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pthread_create(&thread, nullptr, cancelled, pair);
	usleep(100000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("cancelled %d\n", result == PTHREAD_CANCELED);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
"""

CLEANUP = r"""
#include "program.h"

static void leave(void *fd)
{
	close(*(int *)fd);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	pthread_exit((void *)7L);
}

static void *wait_for_it(void *fd)
{
	char byte;

	pthread_cleanup_push(leave, fd);
	read(*(int *)fd, &byte, 1);
	pthread_cleanup_pop(0);
	return NULL;
}

int main(void)
{
	for (int i = 0; i < 5; i++) {
		pthread_t thread;
		void *result;
		int ends[2];

		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		pthread_create(&thread, NULL, wait_for_it, &ends[0]);
		usleep(20000);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		printf("%ld\n", (long)result);
		close(ends[1]);
	}
	return 0;
}
"""

# Functions without tables, one of them on a stack of its own, whose top is the end of its memory; and one that has tables, which speak
# of the stack that it left.
ASSEMBLY = r"""
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int made_here(void), made_there(void *top), made_by_a_liar(void *top);
__asm__(".text\n"
	"made_here: push %rbp\n push $0x1234\n push $-1\n mov $0xdead, %ebp\n mov $2, %edi\n mov $1, %esi\n xor %edx, %edx\n"
	"	call socket@plt\n add $16, %rsp\n pop %rbp\n ret\n"
	"made_there: push %rbx\n mov %rsp, %rbx\n mov %rdi, %rsp\n mov $2, %edi\n mov $1, %esi\n xor %edx, %edx\n"
	"	call socket@plt\n mov %rbx, %rsp\n pop %rbx\n ret\n"
	"made_by_a_liar:\n.cfi_startproc\n push %rbx\n mov %rsp, %rbx\n mov %rdi, %rsp\n mov $2, %edi\n mov $1, %esi\n xor %edx, %edx\n"
	"	call socket@plt\n mov %rbx, %rsp\n pop %rbx\n ret\n.cfi_endproc\n");

static __attribute__((noinline)) int from_c(int (*make)(void)) { return make() + 0 * getpid(); }

int main(void)
{
	char *stack = mmap(NULL, 3 * 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *top = stack + 2 * 65536;

	mprotect(stack + 65536, 65536, PROT_READ | PROT_WRITE);
	for (int i = 0; i < 100; i++) {
		int fd = from_c(made_here), other = made_there(top);
		if (fd < 0 || other < 0 || close(fd) || close(other))
			return 1;
		for (char *at = top; at > top - 4096; at--) /* what lies there looks like anything */
			at[-1] = (char)(i * 37 + (top - at) % 8 * (i % 3));
		for (int below = 0; below <= 64; below += 16) {
			fd = made_by_a_liar(top - below);
			if (fd < 0 || close(fd))
				return 2;
		}
	}
	puts("done");
	return 0;
}
"""

# Frames as large as their caller says, one at the same place as one before it, on a stack that is smaller now: what was its upper part
# is gone, forbidden, or holds something else.
DYNAMIC = r"""
#include <alloca.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

static ucontext_t caller, coroutine;
static size_t room;
static int way;
static uintptr_t place;

static void use(volatile char *from)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	place = (uintptr_t)from;
	if (fd < 0 || close(fd))
		_exit(3);
	from[0]++;
}

static __attribute__((noinline)) void by_alloca(size_t n) { use(alloca(n)); }

static __attribute__((noinline)) void by_array(size_t n)
{
	volatile char array[n];

	use(array);
}

static __attribute__((noinline)) void between(size_t n) { by_alloca(n); __asm__ volatile(""); }

static void enter(void)
{
	if (way == 0)
		by_alloca(room);
	else if (way == 1)
		by_array(room);
	else
		between(room);
}

static void run_on(char *stack, size_t size, size_t n)
{
	room = n;
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = size;
	coroutine.uc_link = &caller;
	makecontext(&coroutine, enter, 0);
	swapcontext(&caller, &coroutine);
}

int main(void)
{
	enum { BIG = 4 << 20 };

	for (int turn = 0; turn < 27; turn++) {
		size_t small = (size_t)64 << 10 << turn / 9, less = BIG - small;
		char *stack = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		way = turn % 3;
		for (int i = 0; i < 3; i++) /* its frame lies near the bottom */
			run_on(stack, BIG, less + 4096);
		uintptr_t before = place;
		if (turn / 3 % 3 == 0)
			munmap(stack + small, less);
		else if (turn / 3 % 3 == 1)
			mprotect(stack + small, less, PROT_NONE);
		else
			memset(stack + small, 0x5a, less);
		for (int i = 0; i < 3; i++)
			run_on(stack, small, 4096);
		if (before != place)
			return 1;
		munmap(stack, BIG);
	}
	puts("done");
	return 0;
}
"""

LUA = """
local ffi = require("ffi")
ffi.cdef[[int socket(int, int, int); int close(int);]]
local sum = 0
for i = 1, 300 do
  local fd = ffi.C.socket(2, 1, 0)
  sum = sum + ffi.C.close(fd)
end
print("closed", sum)
"""

NODE = """
const net = require('net');
function hot(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s; }
let left = 50;
const server = net.createServer(c => { hot(1e4); c.end(); c.resume(); }).listen(0, '127.0.0.1', function next() {
  hot(1e4);
  net.connect(server.address().port, '127.0.0.1').resume().on('close', () => --left ? next() : server.close(() => console.log('done')));
});
"""

GO = r"""
package main

/*
#include <sys/socket.h>
#include <unistd.h>
static int made(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int closed(int fd) { return close(fd); }
*/
import "C"
import ("fmt"; "sync")

func main() {
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; n < 20; n++ {
				C.closed(C.made())
			}
		}()
	}
	all.Wait()
	fmt.Println("done")
}
"""


class UnwindingTest(HostTest):
    def source(self, name, text):
        path = os.path.join(self.tmp, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def build_cxx(self, name, compiler, *flags):
        if shutil.which(compiler) is None:
            self.skipTest(f"no {compiler} here")
        path = os.path.join(self.tmp, name)
        subprocess.run([compiler, "-w", "-g", "-pthread", *flags, "-o", path, self.source(name + ".cc", EXCEPTIONS)], check=True)
        return path

    def test_exceptions_that_leave_through_hooks(self):
        """A cookie stream's functions throw, in fclose and freopen; a thread is cancelled in read."""
        for compiler, flags in (("g++", ()), ("g++", ("-static-libstdc++",)), ("clang++", ())):
            with self.subTest(compiler, flags=flags):
                result = self.assert_same([self.build_cxx("exceptions", compiler, *flags)], found={})
                self.assertIn("from write", result.stdout, "expected an exception to have come through")

    def test_a_cancelled_thread_that_exits_in_its_cleanup(self):
        folder = str(find("tests/programs/program.h").resolve().parent)
        self.assert_same([self.compile("cleanup", CLEANUP, "-pthread", "-w", "-fexceptions", "-I", folder)], found={})

    def test_frames_that_no_table_tells_of(self):
        if os.uname().machine != "x86_64":
            self.skipTest("the assembly is for x86-64")
        bare = ("-O2", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables")
        for flags in ((), bare, (*bare, "-no-pie", "-s")):
            with self.subTest(flags):
                self.assert_same([self.compile("assembly", ASSEMBLY, "-w", "-fno-stack-protector", *flags)], found={}, env=self.environment(LD_BIND_NOW="1"))

    def test_frames_of_any_size_at_the_place_of_others(self):
        """What a walk found there before says nothing about where this one's frames lie."""
        for flags in (("-O0",), ("-O2",), ("-O2", "-fno-omit-frame-pointer"), ("-O2", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables")):
            with self.subTest(flags):
                path = self.compile("dynamic" + flags[-1], DYNAMIC, "-w", "-fno-stack-protector", *flags)
                result = self.assert_same([path], found={})
                self.assertEqual(len(select(result.traces, op="socket")), 27 * 6)

    def test_programs_without_unwind_tables(self):
        flags = ("-O2", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables")
        for name in ("stress_signal", "silent_thread_cancelled", "silent_jumped_out"):
            with self.subTest(name):
                args = ["200"] if name == "stress_signal" else []
                self.assert_same([self.compile(name, name + ".c", *flags), *args], found={})

    def test_code_made_by_luajit(self):
        if shutil.which("luajit") is None:
            self.skipTest("no luajit here")
        result = self.assert_same(["luajit", "-e", LUA], found={})
        self.assertEqual(len(select(result.traces, op="socket")), 300)

    def test_code_made_by_node(self):
        if shutil.which("node") is None:
            self.skipTest("no node here")
        self.assert_same(["node", "-e", NODE], found={})

    def test_a_program_in_go_with_c_inside(self):
        if shutil.which("go") is None:
            self.skipTest("no go here")
        env = self.environment(HOME=self.tmp, GOCACHE=f"{self.tmp}/cache", GOFLAGS="-p=2")
        built = self.bare(["go", "build", "-o", "cgo", self.source("cgo.go", GO)], env=env)
        self.assertEqual(built.status, 0, built.stderr)
        result = self.assert_same([f"{self.tmp}/cgo"], found={})
        self.assertEqual(len(select(result.traces, op="socket")), 160)
        self.assertEqual(codes(result.report), {})


if __name__ == "__main__":
    unittest.main()
