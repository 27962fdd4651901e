/* SOCKSAN_OPTIONS: key=value pairs separated by colons; one row per option.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_OPTIONS_H
#define SHIM_OPTIONS_H

#include "shim/model/words.h"

/* OPTION(key, type, default, max, meaning): max bounds numbers. The type is NUMBER, BYTES (a number, also 64k, 2M,
 * 1GiB), KINDS (see kinds.h), COUNT (a number, or a percentage as its negative), SIGNAL (see dump.h) or TEXT. */
#define OPTIONS_OF_USERS                                                                                              \
	OPTION(log_path, TEXT, "socksan", 0, "traces go to <log_path>.<pid>.jsonl")                                   \
	OPTION(stack_depth, NUMBER, 16, 64,                                                                           \
	       "frames kept per stack, of each language; 0 = none; your own beyond that are kept too")                \
	OPTION(python, NUMBER, 1, 1, "record Python frames in Python processes")                                      \
	OPTION(follow, NUMBER, 1, 1, "trace children through fork and exec")                                          \
	OPTION(max_bytes, BYTES, 256 << 20, INT64_MAX, "the most space that one process's trace may take")            \
	OPTION(kinds, KINDS, 1 << KIND_socket, 0, "which descriptors are judged")                                     \
	OPTION(dump_at, COUNT, -90, INT32_MAX,                                                                        \
	       "open descriptors, or a percentage of the limit, at which <log_path>.<pid>.open.json is written; 0 = " \
	       "never")                                                                                               \
	OPTION(dump_signal, SIGNAL, 0, 0, "a signal on which that file is written; 0 = none")                         \
	OPTION(verbosity, NUMBER, 0, 2, "1 = say on standard error what the shim did")                                \
	OPTION(argv, NUMBER, 1, 1, "record the command line; 0 leaves it out")                                        \
	OPTION(unread_every, NUMBER, 8, 1 << 15,                                                                      \
	       "after 64 closes at one place that left nothing unread, check only one in N; 1 = every close")         \
	OPTION(quarantine, NUMBER, 0, 1 << 16, "keep a closed number out of use for the next N closes; 0 = off")

#define OPTIONS                                                                                                       \
	OPTIONS_OF_USERS                                                                                              \
	OPTION(board, NUMBER, 0, INT32_MAX,                                                                           \
	       "report this process to <log_path>.board; the pid of socksan run, which sets it")                      \
	OPTION(inject, TEXT, "", 0,                                                                                   \
	       "make a call fail: call/error/site/occurrence, or learn, or learn+memory; set by socksan explore and " \
	       "run --inject")

#define OPTION_PATH 3072 /* room for log_path */

#endif
