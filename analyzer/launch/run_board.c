/* The board of a run: see run_board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/run_board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/util.h"

/* Written, not extended with ftruncate: on a full disk, touching a missing page would raise SIGBUS. */
static int fill(int fd)
{
	static const struct board empty;
	errno = 0; /* a short write means the same */
	return write(fd, &empty, sizeof empty) == sizeof empty ? 0 : -1;
}

static struct board *map(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	struct board *board = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != sizeof *board)
		errno = EINVAL;
	else
		board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int saved = errno;
	close(fd);
	errno = saved;
	return board != MAP_FAILED ? board : NULL;
}

/* Without a second link at any time, which a shim would refuse. */
static int name(const char *path, const char *as)
{
	if (renameat2(AT_FDCWD, path, AT_FDCWD, as, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without that flag. */
	if (access(as, F_OK) != 0)
		return rename(path, as);
	errno = EEXIST;
	return -1;
}

/* It gets its name once it is complete: another run may look for it at the same time. Returns 0, or -1 with errno, EEXIST if there is one. */
static int make(const char *path)
{
	char *unnamed = xasprintf("%s.%d", path, (int)getpid());
	int fd = -1, result = -1;

	if (access(path, F_OK) == 0) {
		errno = EEXIST;
	} else {
		unlink(unnamed);
		fd = open(unnamed, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd >= 0 && fill(fd) != 0)
		errno = errno != 0 ? errno : ENOSPC;
	else if (fd >= 0)
		result = name(unnamed, path);
	int saved = errno;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && result != 0)
		unlink(unnamed);
	free(unnamed);
	errno = saved;
	return result;
}

int run_board_open(struct run_board *board, const char *folder)
{
	*board = (struct run_board){.path = xasprintf("%s/" BOARD_NAME, folder)};
	board->made = make(board->path) == 0;
	if (board->made || errno == EEXIST)
		board->shared = map(board->path);
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
	now.barred -= before->barred;
	now.full -= before->full;
	now.begun -= before->begun;
	now.unawaited -= before->unawaited;
	for (size_t i = 0; i < BOARD_NEXT; i++)
		if (now.next[i].run != (uint32_t)getpid() ||
		    (before->next[i].pid == now.next[i].pid && before->next[i].run == now.next[i].run))
			now.next[i].pid = 0;
	for (uint32_t i = 0; i < BOARD_DEATHS; i++)
		if (i + old < BOARD_DEATHS)
			now.death[i] = now.death[i + old];
		else
			now.death[i].pid = 0;
	return now;
}

/* A program that was not observed. */
static void add_next(struct board *board, pid_t run, uint32_t pid, const char *program)
{
	for (size_t i = 0; i < BOARD_NEXT; i++) {
		uint32_t none = 0;

		if (!__atomic_compare_exchange_n(&board->next[i].pid, &none, pid, false, __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&board->next[i].run, (uint32_t)run, __ATOMIC_RELAXED);
		strncpy(board->next[i].program, program, sizeof board->next[i].program - 1);
		return;
	}
	__atomic_fetch_add(&board->begun, 1, __ATOMIC_RELAXED);
}

int board_add(const char *folder, pid_t run, const struct board *more)
{
	char *path = xasprintf("%s/" BOARD_NAME, folder);
	struct board *board = map(path);

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
	__atomic_fetch_add(&board->full, more->full, __ATOMIC_RELAXED);
	__atomic_fetch_add(&board->barred, more->barred, __ATOMIC_RELAXED);
	if (more->barred > 0)
		__atomic_store_n(&board->last_barred, more->last_barred, __ATOMIC_RELAXED);
	if (more->begun > more->unawaited)
		__atomic_fetch_add(&board->begun, more->begun - more->unawaited, __ATOMIC_RELAXED);
	for (size_t i = 0; i < BOARD_NEXT; i++)
		if (more->next[i].pid != 0)
			add_next(board, run, more->next[i].pid, more->next[i].program);
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
