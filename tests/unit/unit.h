/* What the unit tests of the shim share: cmocka with what it needs, a folder of one's own, threads that start at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8

/* Small, fast and repeatable: xorshift64. The state must not be 0. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A new folder below TEST_TMPDIR, for the caller to leave there. */
static inline const char *new_folder(void)
{
	static char path[512];
	const char *top = getenv("TEST_TMPDIR");

	snprintf(path, sizeof path, "%s/unit-XXXXXX", top ? top : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

/* Runs body(0) ... body(THREADS - 1), each in a thread, none before all are there. cmocka's asserts are for the main thread only. */
static pthread_barrier_t all_here;
static void (*thread_body)(unsigned);

static inline void *run_thread(void *number)
{
	pthread_barrier_wait(&all_here);
	thread_body((unsigned)(uintptr_t)number);
	return NULL;
}

static inline void in_threads(void (*body)(unsigned number))
{
	pthread_t thread[THREADS];

	thread_body = body;
	assert_int_equal(pthread_barrier_init(&all_here, NULL, THREADS), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, run_thread, (void *)i), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	pthread_barrier_destroy(&all_here);
}

#endif
