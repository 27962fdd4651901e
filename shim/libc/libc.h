/* Everything the shim uses that is specific to glibc. The second part has plain replacements for other C libraries.
 *
 * Rows of hooks.def that a C library lacks need no replacement: nobody calls such a hook, and real.h handles it. Nor do strerrorname_np,
 * which is weak where it is used, and syscall(2) and dlsym(3), which every libc has.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_LIBC_H
#define SHIM_LIBC_H

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Called by programs built with _FORTIFY_SOURCE; glibc's headers declare it only for those. */
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void *restrict, size_t, size_t, int, struct sockaddr *restrict, socklen_t *restrict);
int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);

/* on_exit(3), whose handler is passed the exit status. Looked up past a sanitizer's. */
typedef int libc_on_exit(void (*)(int, void *), void *);

#ifdef __GLIBC__

/* The mapped object around an address, by _dl_find_object(3): lock-free, safe in signal handlers. */
static inline bool libc_find_object(const void *pc, struct dl_find_object *found)
{
	extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));
	return _dl_find_object && !_dl_find_object((void *)pc, found);
}

/* The loader's entry for the object around an address, which dlsym accepts as a handle. */
static inline struct link_map *libc_link_map(void *address)
{
	Dl_info info;
	struct link_map *map = NULL;
	return dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

/* fcloseall(3): flushes, and seeks back over read-ahead data if another process goes on reading. */
static inline void libc_close_streams(void) { fcloseall(); }

/* Where a stream stores its descriptor, so that it can be changed. */
static inline int *libc_stream_number(FILE *f) { return &f->_fileno; }

/* setrlimit(2) and prlimit(2) take an enum. */
typedef __rlimit_resource_t libc_resource;

#else

/* Finds none, so stacks are addresses without modules: dl_iterate_phdr would take a lock. */
struct dl_find_object {
	void *dlfo_map_start, *dlfo_map_end, *dlfo_eh_frame;
	struct link_map *dlfo_link_map;
};
static inline bool libc_find_object(const void *pc, struct dl_find_object *found)
{
	(void)pc;
	(void)found;
	return false;
}

/* Use libc's clock_gettime. */
static inline struct link_map *libc_link_map(void *address)
{
	(void)address;
	return NULL;
}

static inline void libc_close_streams(void) { fflush(NULL); }

static inline int *libc_stream_number(FILE *f)
{
	(void)f;
	return NULL;
}

typedef int libc_resource;

#endif

#endif
