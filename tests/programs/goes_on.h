/* For programs that are looked at while they run: they go on until their standard input ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <poll.h>
#include <time.h>

/* Once a turn: takes 20 ms or, on a slow machine, more. After the first LOOKED_AT it says "ready", and how many ms TURNS of them took; from
 * then on it goes on until the input ends. */
enum { LOOKED_AT = 150, TURNS = 10 };
static inline int goes_on(void)
{
	static struct timespec began;
	static int turn;
	struct pollfd input = {.fd = 0, .events = POLLIN};

	if (turn == 0)
		clock_gettime(CLOCK_MONOTONIC, &began);
	usleep(20000);
	if (++turn == LOOKED_AT) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		long ms = (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
		printf("ready %ld\n", ms * TURNS / LOOKED_AT);
		fflush(stdout);
	}
	return turn < LOOKED_AT || poll(&input, 1, 0) == 0;
}
