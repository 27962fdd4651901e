/* libsocksan-inject.so: functions of libc that may fail under `socksan explore` but are not hooked by libsocksan.so,
 * because they make no descriptors. It is preloaded after libsocksan.so, which decides when they fail. It is a separate
 * object so that not every traced program gets a wrapped malloc.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "shim/model/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

#pragma weak socksan_fault

static int fault(enum faulty call) { return socksan_fault ? socksan_fault((int)call) : 0; }

EXPORT int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
		       struct addrinfo **restrict found)
{
	static __typeof__(getaddrinfo) *next;
	int error = fault(FAULTY_getaddrinfo);
	if (!next)
		next = (__typeof__(next))dlsym(RTLD_NEXT, "getaddrinfo");
	return error ? error : next(node, service, hints, found);
}

EXPORT int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*start)(void *),
			  void *restrict arg)
{
	static __typeof__(pthread_create) *next;
	int error = fault(FAULTY_pthread_create);
	if (!next)
		next = (__typeof__(next))dlsym(RTLD_NEXT, "pthread_create");
	return error ? error : next(thread, attributes, start, arg);
}

/* -- memory --------------------------------------------------------------------------------------------------- */

/* The next definitions, perhaps another library's, whose memory must be freed there. dlsym(3) itself may allocate
 * before they are known: such calls go to glibc's own. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static struct {
	__typeof__(malloc) *malloc;
	__typeof__(calloc) *calloc;
	__typeof__(realloc) *realloc;
	__typeof__(posix_memalign) *posix_memalign;
} next;

static int looks;

static void look(void)
{
	if (next.posix_memalign || __atomic_exchange_n(&looks, 1, __ATOMIC_RELAXED))
		return;
#define LOOK(name) next.name = (__typeof__(next.name))dlsym(RTLD_NEXT, #name)
	LOOK(malloc);
	LOOK(calloc);
	LOOK(realloc);
	LOOK(posix_memalign);
}

__attribute__((constructor)) static void init(void) { look(); }

static int fails(enum faulty call)
{
	int error = fault(call);
	if (error)
		errno = error;
	return error;
}

static void *allocate(size_t n)
{
	look();
	return next.malloc ? next.malloc(n) : __libc_malloc(n);
}

EXPORT void *malloc(size_t n) { return fails(FAULTY_malloc) ? NULL : allocate(n); }

EXPORT void *calloc(size_t n, size_t size)
{
	if (fails(FAULTY_calloc))
		return NULL;
	look();
	return next.calloc ? next.calloc(n, size) : __libc_calloc(n, size);
}

EXPORT void *realloc(void *p, size_t n)
{
	if (n && fails(FAULTY_realloc))
		return NULL;
	look();
	return next.realloc ? next.realloc(p, n) : __libc_realloc(p, n);
}

EXPORT int posix_memalign(void **p, size_t alignment, size_t n)
{
	int error = fault(FAULTY_posix_memalign);
	look();
	return error ? error : next.posix_memalign ? next.posix_memalign(p, alignment, n) : ENOMEM;
}

EXPORT char *strdup(const char *text)
{
	size_t n = strlen(text) + 1;
	void *copy = fails(FAULTY_strdup) ? NULL : allocate(n);
	return copy ? memcpy(copy, text, n) : NULL;
}
