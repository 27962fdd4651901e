/* What the processes of one `socksan run` share beside their traces: who was observed, who could not write, who was killed.
 *
 * `socksan run` makes the file, log_path with ".board" behind it, as long as the struct and of zeros; each program that finds it maps
 * it, and hands the mapping on to what it forks. So a process need not leave a file to show that it was observed, and a child
 * that may write no file any more can still say so. Every field is only ever added to, by atomic operations.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_BOARD_H
#define SHIM_BOARD_H

#include <stdint.h>

#define BOARD_DEATHS 248

struct board {
	uint32_t first;	    /* pid of the first program that was entered: COMMAND's; 0: none was */
	uint32_t observed;  /* programs that were entered: each exec counts */
	uint32_t mute;	    /* processes that used sockets and could not make a trace */
	uint32_t last_mute; /* pid of the latest of them */
	uint64_t lost;	    /* events of theirs that nobody recorded */
	uint32_t deaths;  /* deaths by a signal that a parent was told of; those past BOARD_DEATHS are counted alone */
	uint32_t refused; /* programs that were started under a sandbox that kills for the shim's calls */
	uint32_t last_refused; /* pid of the latest of them */
	uint32_t reserved[11];
	struct {
		uint32_t pid;	 /* 0: not written yet */
		uint32_t signal; /* stored before pid */
		uint64_t t;	 /* CLOCK_MONOTONIC in ns, when the parent was told */
	} death[BOARD_DEATHS];
};

_Static_assert(sizeof(struct board) <= 4096, "a board is one page");

#endif
