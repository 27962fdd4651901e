/* In-test API of SockSan: a test asks, while it runs, what it did wrong with its sockets so far.
 *
 * Nothing is linked: each name is weak, found in libsocksan.so when that is preloaded (`socksan run`, LD_PRELOAD), and every
 * call answers 0 without it (socksan_next: -1). For C and C++, on gcc and clang. Each function may be called in any thread and in signal
 * handlers, takes no lock, allocates nothing and leaves errno alone. In a child of vfork(2) they answer so too.
 *
 *	#include <socksan.h>
 *
 *	run(test);
 *	failures += socksan_check("test_reconnect");
 *
 * Call the functions; a pointer to one may be null.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_H
#define SOCKSAN_H

/* The version of SockSan that this header came with, for #if: 10000 for each major version, 100 for each minor one. */
#define SOCKSAN_VERSION_NUMBER 100

#ifdef __cplusplus
extern "C" {
#endif

/* 1 when SockSan records this process, else 0. */
int socksan_is_active(void) __attribute__((__weak__));

/* The sockets, not descriptors, that are open now and were made in this process: inherited ones are not counted. */
int socksan_open_sockets(void) __attribute__((__weak__));

/* Tells on standard error, a line each with `label` before it, the violations since the last check in this process, and returns
 * how many they are: errors and warnings that were seen as they happened, and one never-closed for each socket that was made since
 * the last check and is open now. Each is told once; nothing is told when there is none. `label` may be null.
 *
 * Where all threads run tests of their own, it speaks of all of them. A socket that is told of here and closed later is no
 * violation of the whole run; what only the whole run can show (close-wait, idle, a descriptor lost in an exec) is left to the
 * report. */
int socksan_check(const char *label) __attribute__((__weak__));

/* Says that the socket behind `fd` is meant to stay open: neither socksan_check nor the report calls it never-closed. It holds
 * for the socket, whatever descriptors it has, as long as it lives. 0, or -1 when `fd` is no open socket of this process. */
int socksan_ignore(int fd) __attribute__((__weak__));

/* For test runners, which ask what a test left open. A socket has a number, and those made later have larger ones: the mark is the last
 * that was given. With --kinds, what is said of sockets holds for each kind that is judged. */
long long socksan_mark(void) __attribute__((__weak__));

/* The first descriptor from `fd` on of a socket that was made in this process after the mark and is open, and that nobody said is meant
 * to stay so; -1: there is none. Each socket is met once, at the lowest of its descriptors:
 *
 *	for (int fd = -1; (fd = socksan_next(fd + 1, mark)) >= 0;)
 */
int socksan_next(int fd, long long mark) __attribute__((__weak__));

/* The number of the socket at `fd`, 0: there is none that was made in this process. And of an accepted one that of its listener, as long
 * as that is open, so that who made the listener can answer for what it accepts; else 0. */
long long socksan_number(int fd) __attribute__((__weak__));
long long socksan_listener(int fd) __attribute__((__weak__));

/* 0 when the frames of a language show that a library opened the socket at `fd` of its own accord, with no code of the user's on the stack:
 * the loop of a framework that makes a pair for itself. What a listener accepted is never so. Else 1, also where frames are unknown. */
int socksan_is_own(int fd) __attribute__((__weak__));

/* Puts into `text`, as snprintf(3) would, what the socket at `fd` is and where it was opened: "descriptor 7, ESTABLISHED, from
 * 127.0.0.1:51774 to 127.0.0.1:8080, opened at test_pool.py:12 in test_reconnect". The place is the innermost call outside of the
 * system's folders: a line in languages that an interpreter runs, else an object and an offset, as addr2line(1) takes them. It is missing
 * where stacks are not recorded, or no call is the user's. Returns the length. This, socksan_listener and socksan_is_own read the whole trace
 * of this process. */
int socksan_describe(int fd, char *text, int size) __attribute__((__weak__));

/* Code that is not position independent cannot ask the linker whether a weak function is there, only the loader's table. */
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
