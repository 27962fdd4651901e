/* Seccomp filters, which may end a process for a system call that it did not mean to make: those that the host sets, after which the shim
 * makes none, and those that a program is started under. seccomp(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SANDBOX_H
#define SHIM_SANDBOX_H

#include <stdbool.h>

/* Whether the filter that this program was started under kills for a call that the shim makes. Then nothing may be begun: it was said, and
 * put on the board of SOCKSAN_OPTIONS, and no system call is made any more. For the constructor, before anything else. */
bool sandbox_refuses(const char *text);

/* Before a call that sets a filter: for this thread, which may be apart, or for all of its process. The shim makes no system call from
 * here on, unless the call failed. */
enum filter { FILTER_NONE, FILTER_HERE, FILTER_THREADS };
struct sandbox {
	enum filter filter;
	bool all; /* as it was before */
	int here;
};
struct sandbox sandbox_begins(enum filter);
void sandbox_failed(const struct sandbox *);

/* In the parent of a vfork child, which ran on this thread's TLS: its filter is not the parent's. `vforked` as before the child. */
void sandbox_vforked(int vforked);

/* In a forked child, which has the filter of the thread that forked. */
void sandbox_forked(void);

#endif
