/* The options of every command that talks to a fleet's database, as an argp child: which server, and who asks.
 *
 * A command sets state->child_inputs[] to its struct fleet_arguments on ARGP_KEY_INIT. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_ARGUMENTS_H
#define SOCKSAN_ANALYZER_FLEET_ARGUMENTS_H

#include <argp.h>
#include <stddef.h>

#include "analyzer/fleet/server.h"

struct fleet_arguments {
	struct server_settings *servers; /* as many as URLs were given */
	size_t n;
	const char *password_file, *ca_file;
	char *password;
};

extern const struct argp fleet_to_argp;	  /* has --to */
extern const struct argp fleet_from_argp; /* has --from */

/* Ends the program, with usage, unless there are URLs, at most `most`. Reads the password. Returns 0, or -1 with the message written. */
int fleet_arguments_finish(struct fleet_arguments *arguments, struct argp_state *state, const char *option,
			   size_t most);

void fleet_arguments_free(struct fleet_arguments *arguments);

#endif
