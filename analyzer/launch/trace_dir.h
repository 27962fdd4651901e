/* The folder of a run's traces: the user's, or a private one that is removed afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_DIR_H
#define SOCKSAN_ANALYZER_TRACE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct left_trace {
	char *path;
	pid_t pid;
	ino_t inode;
	off_t size;
	long long changed; /* ns */
};

struct trace_files {
	struct left_trace *files;
	size_t n, room;
};

struct trace_dir {
	char *path; /* absolute, since the command may change its working directory */
	bool private;
	struct trace_files former; /* what earlier runs left there */
};

/* given: the user's folder, created if missing, or NULL for a private one. Returns 0, or -1 with the message written. */
int trace_dir_open(struct trace_dir *dir, const char *given);

/* Why the shim cannot be told to write in this folder, or NULL. */
const char *trace_dir_objection(const char *path);

/* The folder in which private ones are made: TMPDIR, or /tmp. */
const char *trace_dir_above(void);

/* A private one in the folder `above`, without a message. Returns 0, or -1 with the reason in `why`, to be freed. */
int trace_dir_open_in(struct trace_dir *dir, const char *above, char **why) __attribute__((warn_unused_result));

/* The traces that were added since. Returns 0, or -1 with errno. */
int trace_dir_list(const struct trace_dir *dir, struct trace_files *files);

/* Drops those of another run that keeps its traces in the same folder at the same time. */
void trace_files_of_run(struct trace_files *files, pid_t run);

/* The nth name for a trace that an inner run passes to this one; allocated. */
char *trace_name_given(const char *folder, pid_t pid, int n, pid_t run);
void trace_files_free(struct trace_files *files);

/* Removes a private folder with its traces and board; if it contains anything else, that and the folder stay. */
void trace_dir_discard(const struct trace_dir *dir);

#endif
