/* The rows of hooks.def as constants, so that a body can name its row.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HOOKS_H
#define SHIM_HOOKS_H

#include <limits.h>
#include <sys/syscall.h>

/* Numbers that newer architectures or older headers lack. Each gets a different value that no kernel knows. */
#ifndef SYS_dup2
#define SYS_dup2 (INT_MIN + 1)
#endif
#ifndef SYS_fork
#define SYS_fork (INT_MIN + 2)
#endif
#ifndef SYS_poll
#define SYS_poll (INT_MIN + 3)
#endif
#ifndef SYS_select
#define SYS_select (INT_MIN + 4)
#endif
#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self (INT_MIN + 5)
#endif
#ifndef SYS_open
#define SYS_open (INT_MIN + 6)
#endif
#ifndef SYS_creat
#define SYS_creat (INT_MIN + 7)
#endif
#ifndef SYS_pipe
#define SYS_pipe (INT_MIN + 8)
#endif
#ifndef SYS_epoll_create
#define SYS_epoll_create (INT_MIN + 9)
#endif
#ifndef SYS_inotify_init
#define SYS_inotify_init (INT_MIN + 10)
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret (INT_MIN + 11)
#endif
#ifndef SYS_epoll_wait
#define SYS_epoll_wait (INT_MIN + 12)
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 (INT_MIN + 13)
#endif

/* Numbers that must have no row: a child of vfork would return from syscall(2) in its parent's frame, ... */
#undef SYS_vfork
/* ... and these are obsolete on some machines, where libc calls recvfrom, sendto and wait4. */
#undef SYS_recv
#undef SYS_send
#undef SYS_waitpid

/* The direction in which a thread waits in a call. READING includes accepting, WRITING connecting. */
enum side { READING, WRITING, POLLING, WATCHING, NEVER };

/* ROW_FAMILY_NAME, in the order of the table. */
enum {
#define HOOK(name, family, ...) ROW_##family##_##name,
#define NUMBER(name, family, ...) ROW_##family##_##name,
#include "shim/model/hooks.def"
	ROWS
};

/* A row must have the number of its name if there is one. An undefined macro stringifies to its own name. */
#define SPELLED_(...) #__VA_ARGS__
#define SPELLED(...) SPELLED_(__VA_ARGS__)
#define HOOK(name, family, effect, inside, ...)                                               \
	_Static_assert(0 __VA_OPT__(+1) || sizeof SPELLED(SYS_##name) == sizeof "SYS_" #name, \
		       #name ": there is SYS_" #name ", and its row has no number");
#include "shim/model/hooks.def"
#undef SPELLED
#undef SPELLED_

/* INSIDE_NAME, an enum side, and NUMBER_NAME of the rows that have one. */
enum {
#define HOOK(name, family, effect, inside, ...) INSIDE_##name = inside, __VA_OPT__(NUMBER_##name = __VA_ARGS__, )
#define NUMBER(name, family, effect, number) NUMBER_##name = number,
#include "shim/model/hooks.def"
};

#endif
