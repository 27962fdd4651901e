/* The processes that a command leaves behind with the shim in them: daemons, whose ends the report needs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FAMILY_H
#define SOCKSAN_ANALYZER_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "analyzer/launch/trace_dir.h"
#include "shim/model/board.h"

struct family_member {
	pid_t pid;
	char name[64];
};

struct family {
	const struct trace_dir *dir;
	const char *shim;
	const struct board *board; /* NULL: none */
	unsigned long long since;  /* ticks since boot: what started before the command cannot descend from it */
	struct family_member *members;
	size_t n, room;
	struct {
		pid_t *pids;
		size_t n, room;
	} dead;	       /* zombies of the last look */
	bool starting; /* the last look saw a process that is about to load the shim */
	/* It may have missed one: a child that was born after the list of processes was read, and whose parent ended before it was looked at. */
	bool missed;
};

/* Updates the list of those that exist now. */
void family_settle(struct family *family);

/* Waits until none exists; false if an ending signal, read from the signalfd, interrupted that. */
bool family_wait(struct family *family, int signals);

bool family_has(const struct family *family, pid_t pid);

/* "71 nginx, 72 nginx", allocated. */
char *family_names(const struct family *family);

#endif
