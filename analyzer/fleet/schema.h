/* The tables of a fleet's database: numbered SQL files, each applied once.
 *
 * A statement ends with ';' at the end of a line. {database} is the database's name; {across TABLE KEY} the engine of a table that stands for
 * TABLE of all servers, where KEY says which server a row goes to; {ttl COLUMN} the clause that drops old rows, on servers that know it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SCHEMA_H
#define SOCKSAN_ANALYZER_FLEET_SCHEMA_H

#include <stdbool.h>

#include "analyzer/fleet/server.h"

struct schema_step {
	unsigned number;
	const char *name; /* NULL: the end */
	const char *sql;
};

extern const struct schema_step schema_steps[];

struct schema_settings {
	const char *database;
	const char *cluster; /* NULL: the server is the only one */
	unsigned days;	     /* how long rows are kept; 0: for ever */
	bool has_ttl;
};

/* A statement with the placeholders replaced, to be freed; NULL, with a message, if one is unknown. `n` bytes of it. */
char *schema_statement(const struct schema_settings *settings, const char *sql, size_t n);

/* Applies what is missing, and says so on standard output. Returns 0, or -1 with the message written. */
int schema_apply(struct server *server, struct schema_settings settings);

/* How many steps the database has; -1: it cannot be asked, as `answer`, to be freed, says. */
int schema_steps_there(struct server *server, const char *database, struct answer *answer);

#endif
