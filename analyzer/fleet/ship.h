/* Ships traces to a database: reads what is new in them, keeps it in a spool, and sends it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SHIP_H
#define SOCKSAN_ANALYZER_FLEET_SHIP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/fleet/labels.h"
#include "analyzer/fleet/server.h"

struct ship_settings {
	const struct server_settings *server;
	const char *const *paths; /* folders of traces, and traces */
	size_t n_paths;
	struct labels labels;
	const char *spool; /* NULL: a folder in the first of `paths` */
	uint64_t spool_size;
	size_t batch; /* lines */
	int64_t every,
		retry; /* ns: a batch is sent at least so often; how long a server may fail that is not followed */
	bool follow;
	const atomic_bool *stop;
};

/* SHIP_UNUSABLE: nothing was tried, as a message says. */
enum shipped { SHIP_ALL, SHIP_LEFT, SHIP_UNUSABLE };

enum shipped ship(const struct ship_settings *settings);

#endif
