/* Folders that do not outlive their process.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/launch/trace_dir.h"

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void remove_tree(const char *path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

/* Waits for the end of its parent, with signals blocked and in a session of its own, so that what ends the parent does not end it too. It keeps
 * nobody waiting who reads what the parent writes. */
static void guard(const char *path, const int ends[2])
{
	char byte;
	int none = open("/dev/null", O_RDWR | O_CLOEXEC);
	setsid();
	close(ends[1]);
	for (int fd = 0; none >= 0 && fd <= 2; fd++)
		if (fd != ends[0] && fd != none)
			dup2(none, fd);
	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	remove_tree(path);
	_exit(0);
}

/* A folder without a guard is as good, until a signal comes. */
static void begin_guard(struct private_folder *folder)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	pid_t pid = fork();
	if (pid == 0)
		guard(folder->path, ends);
	close(ends[0]);
	if (pid > 0) {
		folder->guard = pid;
		folder->hold = ends[1];
	} else {
		close(ends[1]);
	}
}

int private_folder_make(struct private_folder *folder)
{
	sigset_t all, before;
	*folder = (struct private_folder){.path = xasprintf("%s/socksan-fleet-XXXXXX", trace_dir_above())};
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	bool made = mkdtemp(folder->path);
	int saved = errno;
	if (made)
		begin_guard(folder);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (made)
		return 0;
	complain("%s: %s; TMPDIR says where there is room", folder->path, strerror(saved));
	free(folder->path);
	folder->path = NULL;
	return -1;
}

void private_folder_remove(struct private_folder *folder)
{
	if (!folder->path)
		return;
	if (folder->guard) {
		close(folder->hold);
		while (waitpid(folder->guard, NULL, 0) < 0 && errno == EINTR)
			;
	}
	remove_tree(folder->path);
	free(folder->path);
	*folder = (struct private_folder){0};
}
