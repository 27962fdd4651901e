/* The board of a run: see run_board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/run_board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/util.h"

/* Written, not stretched: on a full disk a page that is not there yet would be a SIGBUS in whoever touches it first. */
static int fill(int fd)
{
	static const struct board empty;
	errno = 0; /* a short write says no more than that */
	return write(fd, &empty, sizeof empty) == sizeof empty ? 0 : -1;
}

static struct board *map(const char *path, int flags)
{
	int fd = open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	struct board *board = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if ((flags & O_CREAT) != 0 && fill(fd) != 0)
		errno = errno != 0 ? errno : ENOSPC;
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != sizeof *board)
		errno = EINVAL;
	else
		board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int saved = errno;
	close(fd);
	errno = saved;
	return board != MAP_FAILED ? board : NULL;
}

int run_board_open(struct run_board *board, const char *folder)
{
	*board = (struct run_board){.path = xasprintf("%s/" BOARD_NAME, folder)};
	board->shared = map(board->path, O_CREAT | O_EXCL);
	board->made = board->shared != NULL;
	if (!board->made && errno == EEXIST)
		board->shared = map(board->path, 0);
	else if (!board->made) {
		int saved = errno;
		unlink(board->path);
		errno = saved;
	}
	if (board->shared == NULL)
		return -1;
	board->before = board_copy(board->shared);
	return 0;
}

struct board run_board_read(const struct run_board *board)
{
	struct board now = board_copy(board->shared);
	const struct board *before = &board->before;
	uint32_t old = before->deaths < BOARD_DEATHS ? before->deaths : BOARD_DEATHS;

	now.observed -= before->observed;
	now.mute -= before->mute;
	now.lost -= before->lost;
	now.refused -= before->refused;
	now.deaths -= before->deaths;
	for (uint32_t i = 0; i < BOARD_DEATHS; i++)
		if (i + old < BOARD_DEATHS)
			now.death[i] = now.death[i + old];
		else
			now.death[i].pid = 0;
	return now;
}

int board_add(const char *folder, const struct board *more)
{
	char *path = xasprintf("%s/" BOARD_NAME, folder);
	struct board *board = map(path, 0);

	free(path);
	if (board == NULL)
		return -1;
	__atomic_fetch_add(&board->observed, more->observed, __ATOMIC_RELAXED);
	__atomic_fetch_add(&board->mute, more->mute, __ATOMIC_RELAXED);
	__atomic_fetch_add(&board->lost, more->lost, __ATOMIC_RELAXED);
	if (more->mute > 0)
		__atomic_store_n(&board->last_mute, more->last_mute, __ATOMIC_RELAXED);
	__atomic_fetch_add(&board->refused, more->refused, __ATOMIC_RELAXED);
	if (more->refused > 0)
		__atomic_store_n(&board->last_refused, more->last_refused, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < more->deaths; i++) {
		uint32_t at = __atomic_fetch_add(&board->deaths, 1, __ATOMIC_RELAXED);

		if (at >= BOARD_DEATHS || i >= BOARD_DEATHS)
			continue;
		board->death[at].signal = more->death[i].signal;
		board->death[at].t = more->death[i].t;
		__atomic_store_n(&board->death[at].pid, more->death[i].pid, __ATOMIC_RELEASE);
	}
	munmap(board, sizeof *board);
	return 0;
}
