/* In-test API of SockSan: while it runs, a test asks what it did wrong with its sockets so far.
 *
 * Nothing needs to be linked: each function is a weak symbol that libsocksan.so defines when it is preloaded (`socksan run`, LD_PRELOAD).
 * Without it, every call returns 0 (socksan_next: -1). For C and C++, with gcc and clang.
 *
 *	#include <socksan.h>
 *
 *	run(test);
 *	failures += socksan_check("test_reconnect");
 *
 * Call the functions by name; a pointer to one may be null. All of them may be called in any thread, in signal handlers and in a child of
 * vfork(2). They take no lock, do not allocate, and leave errno alone. Strings passed in are only read during the call.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_H
#define SOCKSAN_H

/* The version of SockSan that this header came with, for #if: 10000 * major + 100 * minor + patch. */
#define SOCKSAN_VERSION_NUMBER 100

#ifdef __cplusplus
extern "C" {
#endif

/* Returns 1 if SockSan records this process, else 0. */
int socksan_is_active(void) __attribute__((__weak__));

/* Returns how many sockets, not descriptors, are open now that were made in this process. Inherited ones do not count. */
int socksan_open_sockets(void) __attribute__((__weak__));

/* Prints the violations since the last check in this process on standard error, one per line, each prefixed with `label`, and returns
 * their number. They are the errors and warnings that were detected as they happened, and one never-closed for each socket that was made
 * since the last check and is still open. Each violation is reported by one check only; without any, nothing is printed. `label` may be
 * null.
 *
 * If threads run tests of their own at the same time, a check covers all of them. A socket that is reported here and closed later is not a
 * violation of the whole run. Violations that only show in the whole run (close-wait, idle, a descriptor lost in an exec) are left to the
 * report. */
int socksan_check(const char *label) __attribute__((__weak__));

/* Declares that the socket behind `fd` is meant to stay open: neither socksan_check nor the report calls it never-closed. This holds for
 * the lifetime of the socket, whatever descriptors it has. Returns 0, or -1 if `fd` is not an open socket of this process. */
int socksan_ignore(int fd) __attribute__((__weak__));

/* The functions below are for test runners that ask what a test left open. Each socket has an id, and later sockets have larger ids. With
 * --kinds, what is said of sockets here holds for every kind that is judged.
 *
 * Returns a mark: the id given last. */
long long socksan_mark(void) __attribute__((__weak__));

/* Returns the first descriptor, at or after `fd`, of an open socket that was made in this process after the mark and not declared to stay
 * open; -1 if there is none. Each socket is returned once, at its lowest descriptor:
 *
 *	for (int fd = -1; (fd = socksan_next(fd + 1, mark)) >= 0;)
 */
int socksan_next(int fd, long long mark) __attribute__((__weak__));

/* Return the id of the socket at `fd`, and, if it was accepted, the id of its listener while that is open, so that whoever made the
 * listener can be held responsible for what it accepts. 0 if there is no such socket made in this process. */
long long socksan_number(int fd) __attribute__((__weak__));
long long socksan_listener(int fd) __attribute__((__weak__));

/* Returns 0 if the frames of an interpreted language show that a library opened the socket at `fd` on its own, with no user code on the
 * stack, such as a framework's event loop that makes a pair for itself. Otherwise returns 1, also if the socket was accepted or the frames
 * are unknown. */
int socksan_is_own(int fd) __attribute__((__weak__));

/* Describes the socket at `fd` and where it was opened: "descriptor 7, ESTABLISHED, from 127.0.0.1:51774 to 127.0.0.1:8080, opened at
 * test_pool.py:12 in test_reconnect". The place is the innermost call in user code: a source line in an interpreted language, else an
 * object and an offset for addr2line(1). It is missing if stacks are not recorded or no user code is on the stack. Like snprintf(3), writes
 * at most `size` bytes to `text`, with a NUL, and returns the full length. This function, socksan_listener and socksan_is_own read the
 * whole trace of this process. */
int socksan_describe(int fd, char *text, int size) __attribute__((__weak__));

/* Code that is not position independent must look in the GOT for whether a weak function exists. */
#if defined(__x86_64__) && !defined(__PIC__)
#define SOCKSAN_FIND(name, f) __asm__(".weak " #name "\n\tmovq " #name "@GOTPCREL(%%rip), %0" : "=r"(f))
#else
#define SOCKSAN_FIND(name, f) (f = name)
#endif
#define SOCKSAN_FINDER(name)                              \
	static __inline__ __typeof__(&name) name##_(void) \
	{                                                 \
		__typeof__(&name) f;                      \
		SOCKSAN_FIND(name, f);                    \
		return f;                                 \
	}
SOCKSAN_FINDER(socksan_is_active)
SOCKSAN_FINDER(socksan_open_sockets)
SOCKSAN_FINDER(socksan_check)
SOCKSAN_FINDER(socksan_ignore)
SOCKSAN_FINDER(socksan_mark)
SOCKSAN_FINDER(socksan_next)
SOCKSAN_FINDER(socksan_number)
SOCKSAN_FINDER(socksan_listener)
SOCKSAN_FINDER(socksan_is_own)
SOCKSAN_FINDER(socksan_describe)
#undef SOCKSAN_FINDER
#undef SOCKSAN_FIND

#define socksan_is_active() (socksan_is_active_() ? socksan_is_active_()() : 0)
#define socksan_open_sockets() (socksan_open_sockets_() ? socksan_open_sockets_()() : 0)
#define socksan_check(label) (socksan_check_() ? socksan_check_()(label) : 0)
#define socksan_ignore(fd) (socksan_ignore_() ? socksan_ignore_()(fd) : 0)
#define socksan_mark() (socksan_mark_() ? socksan_mark_()() : 0)
#define socksan_next(fd, mark) (socksan_next_() ? socksan_next_()(fd, mark) : -1)
#define socksan_number(fd) (socksan_number_() ? socksan_number_()(fd) : 0)
#define socksan_listener(fd) (socksan_listener_() ? socksan_listener_()(fd) : 0)
#define socksan_is_own(fd) (socksan_is_own_() ? socksan_is_own_()(fd) : 0)
#define socksan_describe(fd, text, size) (socksan_describe_() ? socksan_describe_()(fd, text, size) : 0)

#ifdef __cplusplus
}
#endif

#endif
