/* The main thread leaves by pthread_exit; the last thread closes, and ends the process.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int ends[2];

static void *last(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	MUST(send(ends[0], "x", 1, 0));
	take(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

int main(void)
{
	static pthread_t self;
	pthread_t thread;

	self = pthread_self();
	connection(ends);
	EXPECT(pthread_create(&thread, NULL, last, &self) == 0);
	pthread_exit(NULL);
}
