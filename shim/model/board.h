/* What the processes of one `socksan run` share beside their traces: who was observed, who could not write, who was killed, and which
 * programs were let in and never entered.
 *
 * `socksan run` makes the file, log_path with ".board" behind it, as long as the struct and of zeros; each program that finds it maps
 * it, and hands the mapping on to what it forks. So a process need not leave a file to show that it was observed, and a child
 * that may write no file any more can still say so. Every field is changed by atomic operations alone.
 *
 * A program that comes by exec keeps the pid of its process: who lets it in puts that in `next`, and takes it back when the exec fails;
 * the program, once the shim is in it, takes it out. What is left there was never entered. Where the pid is not known before, as with
 * posix_spawn, or `next` is full, both sides count: `begun` and `unawaited`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_BOARD_H
#define SHIM_BOARD_H

#include <stdint.h>

#define BOARD_DEATHS 248
#define BOARD_NEXT 64

struct board {
	uint32_t first;	    /* pid of the first program that was entered: COMMAND's; 0: none was */
	uint32_t observed;  /* programs that were entered: each exec counts */
	uint32_t mute;	    /* processes that used sockets and could not make a trace */
	uint32_t last_mute; /* pid of the latest of them */
	uint64_t lost;	    /* events of theirs that nobody recorded */
	uint32_t deaths; /* deaths by a signal that a parent was told of; those past BOARD_DEATHS are counted alone */
	uint32_t
		barred; /* programs that could not find this any more, as they ran as another user, say; the same have no trace */
	uint32_t last_barred;  /* pid of the latest of them */
	uint32_t begun;	       /* programs let in that are not in `next` */
	uint32_t unawaited;    /* programs entered that were not in `next` */
	uint32_t full;	       /* of the mute ones, those that max_bytes left no room for a single line */
	uint32_t refused;      /* programs that were started under a sandbox that kills for the shim's calls */
	uint32_t last_refused; /* pid of the latest of them */
	uint32_t met;	       /* how often a run came to the call that is to fail, see shim/fault */
	uint32_t reserved[5];
	struct {
		uint32_t pid;	 /* 0: not written yet */
		uint32_t signal; /* stored before pid */
		uint64_t t;	 /* CLOCK_MONOTONIC in ns, when the parent was told */
	} death[BOARD_DEATHS];
	struct {
		uint32_t pid;	  /* 0: free */
		uint32_t run;	  /* pid of the socksan run */
		char program[56]; /* what exec was given, less its folder, NUL-terminated; "": not known */
	} next[BOARD_NEXT];
};

_Static_assert(sizeof(struct board) <= 8192, "a board is two pages");

#endif
