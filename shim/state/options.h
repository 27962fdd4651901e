/* The options of this process: a member per row of model/options.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STATE_OPTIONS_H
#define SHIM_STATE_OPTIONS_H

#include "shim/model/options.h"

#include <stdint.h>

struct options {
	char log_path[OPTION_PATH]; /* absolute after options_parse, if the working directory is known */
	int64_t stack_depth, python, follow, max_bytes, kinds, dump_at, dump_signal, unread_every, verbosity, argv,
		quarantine, board;
	char inject[OPTION_PATH];
};

/* Declared hidden, or accesses would go through the GOT. */
extern struct options options __attribute__((visibility("hidden")));

/* Parses `text` (NULL: defaults only). An unknown key or a bad value prints one line on standard error and keeps the default. Leaves errno
 * alone. Not thread-safe: only the constructor calls it. */
void options_parse(const char *text);

/* Prints one line on standard error: "socksan: <a><b><c>"; NULLs are empty. Prints nothing if descriptor 2 is a socket, since the line
 * would be taken for protocol; if it is not the one that options_parse saw, since the host may keep data there; or if the write could
 * block. Never causes a signal. Safe in signal handlers. */
void say(const char *a, const char *b, const char *c);

#endif
