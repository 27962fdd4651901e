/* A ClickHouse server: queries by HTTP, and what its answers mean.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SERVER_H
#define SOCKSAN_ANALYZER_FLEET_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/fleet/url.h"

struct server;

enum answer_kind {
	ANSWER_YES,
	ANSWER_AWAY,	/* it cannot be reached: nothing was carried out */
	ANSWER_LOST,	/* it was reached and has not answered: what was asked may have been carried out, or not */
	ANSWER_BUSY,	/* it has no room, memory or time at the moment, or a server behind it is away */
	ANSWER_DENIED,	/* the user or the password is wrong, or may not do that */
	ANSWER_MISSING, /* there is no such database or table */
	ANSWER_UNFIT,	/* what was sent is not what it can take */
	ANSWER_REFUSED	/* anything else */
};

struct answer {
	enum answer_kind kind;
	int code;   /* of ClickHouse's error; 0: it gave none */
	char *text; /* what it answered, or what is wrong, in one line; to be freed */
	size_t n;
};

/* Borrowed: they outlive the server. */
struct server_settings {
	struct fleet_url url;
	const char *password; /* NULL: none */
	const char *ca_file;  /* NULL: the system's */
	long seconds;	      /* for one request; 0: the default */
	const atomic_bool *stop;
};

/* NULL, with a message, if HTTP cannot be used here. */
struct server *server_new(const struct server_settings *settings);
void server_free(struct server *server);

/* Sends a query, and takes the answer as a whole. */
struct answer server_ask(struct server *server, const char *sql);

/* Likewise, but gives the answer in pieces as it arrives; take() returns false to end that. `text` is empty. Nothing arrives of a query that
 * fails, even at its end. */
struct answer server_read(struct server *server, const char *sql,
			  bool (*take)(void *context, const char *part, size_t n), void *context);

/* Sends data, which may be compressed by gzip, for a query that ends with FORMAT. The server carries out one query of the same `id` at a time, and
 * is busy for others; an id has letters, digits and '_'. */
struct answer server_send(struct server *server, const char *sql, const char *id, const void *data, size_t n,
			  bool compressed);

/* Says in one line what is wrong and what to do, with the server's name. `then` is said behind it, unless NULL. */
void server_complain(const struct server *server, const struct answer *answer, const char *then);

/* "http://HOST:PORT/DATABASE" */
const char *server_name(const struct server *server);

/* The code of ClickHouse's error in an answer, and what it means. */
int answer_code(const char *text);
enum answer_kind answer_kind_of(int code);

/* A value as a literal of SQL, with its quotes, to be freed: whatever it is, it stays a value. */
char *sql_quoted(const char *value) __attribute__((warn_unused_result));

#endif
