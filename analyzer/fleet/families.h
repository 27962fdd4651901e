/* Processes of some hosts and what joins them: parents, children, and sockets that several had; an address that one of them found in use;
 * and all of a host that ran out of ports. What a rule says of one may depend on the lines of its whole family.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_FAMILIES_H
#define SOCKSAN_ANALYZER_FLEET_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/fleet/question.h"
#include "analyzer/fleet/server.h"

struct families;

struct families *families_new(void);
void families_free(struct families *families);

/* Selects a process, and with it its family. */
void families_select(struct families *families, const char *host, const char *boot, const char *process);

/* How many (host, boot) there are. */
size_t families_homes(const struct families *families);

/* Asks the server who belongs together on these hosts. Returns 0, or -1 with the message written. */
int families_learn(struct families *families, struct server *server, const struct fleet_question *question)
	__attribute__((warn_unused_result));

/* Calls `each` for each process of a family that has a selected one. */
void families_each(struct families *families, void (*each)(void *context, const char *process), void *context);

/* "'a', 'b'": the hosts, as SQL, to be freed. */
char *families_hosts(const struct families *families);

#endif
