/* Reads the board that lies beside traces: see board_file.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/read/board_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/util.h"

struct board board_copy(const struct board *shared)
{
	struct board copy = {
		.first = __atomic_load_n(&shared->first, __ATOMIC_RELAXED),
		.observed = __atomic_load_n(&shared->observed, __ATOMIC_RELAXED),
		.mute = __atomic_load_n(&shared->mute, __ATOMIC_RELAXED),
		.last_mute = __atomic_load_n(&shared->last_mute, __ATOMIC_RELAXED),
		.lost = __atomic_load_n(&shared->lost, __ATOMIC_RELAXED),
		.refused = __atomic_load_n(&shared->refused, __ATOMIC_RELAXED),
		.last_refused = __atomic_load_n(&shared->last_refused, __ATOMIC_RELAXED),
		.deaths = __atomic_load_n(&shared->deaths, __ATOMIC_RELAXED),
		.barred = __atomic_load_n(&shared->barred, __ATOMIC_RELAXED),
		.last_barred = __atomic_load_n(&shared->last_barred, __ATOMIC_RELAXED),
		.begun = __atomic_load_n(&shared->begun, __ATOMIC_RELAXED),
		.full = __atomic_load_n(&shared->full, __ATOMIC_RELAXED),
		.unawaited = __atomic_load_n(&shared->unawaited, __ATOMIC_RELAXED),
	};

	for (uint32_t i = 0; i < copy.deaths && i < BOARD_DEATHS; i++) {
		copy.death[i].pid = __atomic_load_n(&shared->death[i].pid, __ATOMIC_ACQUIRE);
		copy.death[i].signal = shared->death[i].signal;
		copy.death[i].t = shared->death[i].t;
	}
	for (size_t i = 0; i < BOARD_NEXT; i++) {
		copy.next[i].pid = __atomic_load_n(&shared->next[i].pid, __ATOMIC_RELAXED);
		copy.next[i].run = __atomic_load_n(&shared->next[i].run, __ATOMIC_RELAXED);
		memcpy(copy.next[i].program, shared->next[i].program, sizeof copy.next[i].program - 1);
	}
	return copy;
}

uint64_t board_unobserved(const struct board *board)
{
	uint64_t n = board->begun > board->unawaited ? board->begun - board->unawaited : 0;

	for (size_t i = 0; i < BOARD_NEXT; i++)
		n += board->next[i].pid != 0;
	return n;
}

int board_of_folder(const char *folder, struct board *board)
{
	char *path = xasprintf("%s/" BOARD_NAME, folder);
	struct stat st;
	int fd = open_regular(path, &st);
	struct board read_here;
	bool whole = fd >= 0 && st.st_size == sizeof read_here &&
		     pread(fd, &read_here, sizeof read_here, 0) == sizeof read_here;

	free(path);
	if (fd >= 0)
		close(fd);
	if (!whole)
		return -1;
	*board = board_copy(&read_here);
	return 0;
}
