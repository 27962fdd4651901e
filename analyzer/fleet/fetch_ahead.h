/* Brings the traces that a report is made from, of a few hosts at a time: the next ones while those before are judged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_FETCH_AHEAD_H
#define SOCKSAN_ANALYZER_FLEET_FETCH_AHEAD_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/fleet/question.h"
#include "analyzer/fleet/server.h"
#include "analyzer/replay/replay.h"

enum { PORTION_HOMES = 32 }; /* (host, boot) that are judged together */

struct portion {
	size_t number, homes;
	char *folder;		   /* of the traces, until fetch_ahead_drop() */
	struct replay_totals told; /* as fetch_lines() counts */
};

struct fetch_ahead;

/* `candidates`: host, boot and process of what is selected, each with a NUL behind it, in their order. The server is not to be used until
 * fetch_ahead_end(). NULL, with the message written, if that cannot be done. */
struct fetch_ahead *fetch_ahead_begin(struct server *server, const struct fleet_question *question, FILE *candidates,
				      const char *folder);

/* Waits for the next portion. False: there are no more, or it failed, with the message written. */
bool fetch_ahead_next(struct fetch_ahead *ahead, struct portion *portion);

/* Removes the files of a portion. */
void fetch_ahead_drop(struct fetch_ahead *ahead, struct portion *portion);

/* Ends it, in its midst too. */
void fetch_ahead_end(struct fetch_ahead *ahead);

#endif
