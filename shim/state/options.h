/* What SOCKSAN_OPTIONS asks of this process: a member per row of model/options.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STATE_OPTIONS_H
#define SHIM_STATE_OPTIONS_H

#include "shim/model/options.h"

#include <stdint.h>

struct options {
	char log_path[OPTION_PATH]; /* absolute once options_parse returned, where the working folder is known */
	int64_t stack_depth, python, follow, max_bytes, kinds, unread_every, verbosity, argv, quarantine, board;
	char inject[OPTION_PATH];
};

/* Said to be hidden, or it would be reached by way of the table of offsets. */
extern struct options options __attribute__((visibility("hidden")));

/* Reads `text` (NULL: defaults only). An unknown key or a bad value costs one line on standard error and keeps the default.
 * Touches no errno; not safe beside other threads: the constructor calls it. */
void options_parse(const char *text);

/* One line on standard error: "socksan: <a><b><c>"; NULLs are empty. Says nothing where descriptor 2 is a socket, since the line
 * would be taken for protocol, where it is not what it was when options_parse was called, since the host may keep data there, or where it
 * could wait. Sends the host no signal. Safe in signal handlers. */
void say(const char *a, const char *b, const char *c);

#endif
