/* The board: what the processes of one `socksan run` share beside their traces: which were observed, which could not write, which were
 * killed, and which programs were started and never entered by the shim.
 *
 * `socksan run` creates the file, log_path with ".board" appended, with the size of the struct and all zeros. Each program that finds it
 * maps it, and forked children inherit the mapping. So a process needs no file to show that it was observed, and a child that can no longer
 * write a file can still report that. All fields are changed by atomic operations only.
 *
 * A program that arrives by exec keeps the pid of its process. Whoever starts it puts that pid in `next`, and takes it back if the exec
 * fails; the program takes it out once the shim is in it. What remains was never entered. If the pid is not known beforehand, as with
 * posix_spawn, or `next` is full, both sides count: `begun` and `unawaited`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_BOARD_H
#define SHIM_BOARD_H

#include <stdint.h>

#define BOARD_DEATHS 248
#define BOARD_NEXT 64

struct board {
	uint32_t first;	    /* pid of the first program that was entered, COMMAND's; 0: none was */
	uint32_t observed;  /* programs that were entered: each exec counts */
	uint32_t mute;	    /* processes that used sockets and could not make a trace */
	uint32_t last_mute; /* pid of the most recent one */
	uint64_t lost;	    /* events of such processes, which nobody recorded */
	uint32_t deaths;    /* deaths by a signal that a parent learned of; those past BOARD_DEATHS are only counted */
	uint32_t barred; /* programs that could not open the board, such as another user's; they have no trace either */
	uint32_t last_barred;  /* pid of the most recent one */
	uint32_t begun;	       /* programs started that are not in `next` */
	uint32_t unawaited;    /* programs entered that were not in `next` */
	uint32_t full;	       /* of the mute ones, those for which max_bytes left no room for a single line */
	uint32_t refused;      /* programs that were started under a sandbox that kills for the shim's system calls */
	uint32_t last_refused; /* pid of the most recent one */
	uint32_t met;	       /* how often a run came to the call that is to fail, see shim/fault */
	uint32_t
		children; /* processes that are about to be made, or were: counted before each fork, and by whatever else makes one */
	uint32_t reserved[4];
	struct {
		uint32_t pid;	 /* 0: not written yet */
		uint32_t signal; /* stored before pid */
		uint64_t t;	 /* CLOCK_MONOTONIC in ns, when the parent learned of it */
	} death[BOARD_DEATHS];
	struct {
		uint32_t pid;	  /* 0: free */
		uint32_t run;	  /* pid of the socksan run */
		char program[56]; /* the path given to exec, without its directory, NUL-terminated; "": unknown */
	} next[BOARD_NEXT];
};

_Static_assert(sizeof(struct board) <= 8192, "a board is two pages");

#endif
