/* A run within a run: see outer_run.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/outer_run.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/launch/run_board.h"
#include "analyzer/base/util.h"

struct outer_run outer_run(void)
{
	static const char key[] = "log_path=", number[] = "board=", end[] = "/socksan";
	struct outer_run none = {0}, outer = none;
	const char *options = getenv("SOCKSAN_OPTIONS"), *last = NULL;
	struct board board;

	while (options != NULL && *options != '\0') {
		if (strncmp(options, key, sizeof key - 1) == 0)
			last = options + sizeof key - 1;
		if (strncmp(options, number, sizeof number - 1) == 0)
			outer.run = atoi(options + sizeof number - 1);
		options += strcspn(options, ":");
		options += *options == ':';
	}
	size_t length = last != NULL ? strcspn(last, ":") : 0, tail = sizeof end - 1;
	if (length <= tail || memcmp(last + length - tail, end, tail) != 0)
		return none;
	outer.folder = strndup(last, length - tail);
	/* The board distinguishes a run from a user who sets the options. */
	if (board_of_folder(outer.folder, &board) == 0)
		return outer;
	free(outer.folder);
	return none;
}

/* Works across file systems. Returns 0, or -1 with errno. */
static int copy(const char *from, const char *to)
{
	char block[64 << 10];
	struct stat st;
	ssize_t n = -1;
	int in = open_regular(from, &st), out = -1;

	if (in >= 0)
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (out >= 0 && (n = read(in, block, sizeof block)) > 0)
		if (write(out, block, (size_t)n) != n) {
			n = -1;
			break;
		}
	int saved = errno;
	if (out >= 0 && n != 0)
		unlink(to);
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	errno = saved;
	return n == 0 ? 0 : -1;
}

/* The segments of a trace, under the name that it was given. */
static void give_segments(const char *from, const char *to, bool same_folder)
{
	size_t stem = strlen(from) - strlen(".jsonl"), given = strlen(to) - strlen(".jsonl");
	char *pattern = xasprintf("%.*s.s[0-9]*.jsonl", (int)stem, from);
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *path = found.gl_pathv[i];
			char *name = xasprintf("%.*s%s", (int)given, to, path + stem);

			if ((link(path, name) == 0 || copy(path, name) == 0) && same_folder)
				unlink(path);
			free(name);
		}
		globfree(&found);
	}
	free(pattern);
}

static int give(const struct outer_run *outer, const struct left_trace *file, bool same_folder)
{
	enum { MOST_NAMES = 100000 };

	for (int i = 1; i < MOST_NAMES; i++) {
		char *name = trace_name_given(outer->folder, file->pid, i, outer->run);
		int result = link(file->path, name);

		if (result != 0 && errno != EEXIST)
			result = copy(file->path, name);
		int why = errno;
		if (result == 0 && same_folder)
			unlink(file->path);
		if (result == 0)
			give_segments(file->path, name, same_folder);
		free(name);
		errno = why;
		if (result == 0 || why != EEXIST)
			return result;
	}
	return -1;
}

static bool is_same_folder(const char *a, const char *b)
{
	struct stat st, other;

	return stat(a, &st) == 0 && stat(b, &other) == 0 && st.st_dev == other.st_dev && st.st_ino == other.st_ino;
}

void outer_run_give(const struct outer_run *outer, const struct trace_dir *dir, const struct trace_files *files,
		    const struct board *board)
{
	struct board sum = *board;
	const char *folder = outer->folder;
	bool same = is_same_folder(folder, dir->path);
	uint32_t refused = 0;
	int why = 0;

	for (size_t i = 0; i < files->n; i++) {
		if (give(outer, &files->files[i], same) == 0)
			continue;
		why = errno;
		sum.last_mute = (uint32_t)files->files[i].pid;
		refused++;
	}
	sum.mute += refused;
	if (refused > 0)
		complain("%u trace%s cannot be passed to the outer run, in %s: %s", (unsigned)refused,
			 refused == 1 ? "" : "s", folder, strerror(why));
	if (!same && board_add(folder, outer->run, &sum) != 0)
		complain("cannot report to the outer run, in %s: %s", folder, strerror(errno));
}
