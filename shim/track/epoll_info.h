/* What is registered in an epoll set, according to the kernel: epoll(7), proc(5).
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_EPOLL_INFO_H
#define SHIM_EPOLL_INFO_H

#include <stdbool.h>
#include <stdint.h>

/* A registration: the number that was registered, which may be closed or another descriptor by now, and the inode that it was. */
struct epoll_entry {
	int fd;
	uint64_t data, inode;
};

/* Calls visit() for each registration of the set, in an errand: it may only make system calls. Returns whether all were visited. The kernel
 * walks the whole set for the answer. */
bool epoll_info(int set, void (*visit)(void *arg, const struct epoll_entry *), void *arg);

#endif
