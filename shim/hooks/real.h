/* The real functions behind the hooks: one pointer per row of hooks.def, found with dlsym(RTLD_NEXT). A function that libc lacks returns -1
 * with ENOSYS, like a kernel without it. Safe in any thread and in signal handlers once real_bind has run; before that, each call looks its
 * function up.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_REAL_H
#define SHIM_REAL_H

#include "shim/libc/libc.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int pivot_root(const char *, const char *);

/* From <sys/pidfd.h>, which older libc headers lack. */
int pidfd_open(pid_t, unsigned);
int pidfd_getfd(int, int, unsigned);

struct real {
#define HOOK(name, ...) __typeof__(name) *name;
#include "shim/model/hooks.def"
};

extern struct real real __attribute__((visibility("hidden")));

/* Looks all of them up. The constructor calls it once. */
void real_bind(void);

/* Looks one up, for calls that come before the constructor. */
void *real_late(void **slot, const char *name);

/* Puts what lets calls fail between the hooks and these; called once by the constructor, where the option is on. */
void real_inject(void);

#define REAL(name)                                          \
	(__builtin_expect(real.name != NULL, 1) ? real.name \
						: (__typeof__(real.name))real_late((void **)&real.name, #name))

#endif
