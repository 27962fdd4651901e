/* Sends the batches of a spool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/sender.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/row.h"

#define SECOND INT64_C(1000000000)

enum { FIRST_DELAY = 1, LAST_DELAY = 60, LAST_SECONDS = 5, MOST_REFUSALS = 3 };

static bool is_doubtful(enum answer_kind kind)
{
	return kind == ANSWER_LOST || kind == ANSWER_BUSY || kind == ANSWER_REFUSED || kind == ANSWER_UNFIT;
}

/* -- failures ------------------------------------------------------------------------------------------------- */

/* Puts off the next try: twice as long each time, and not all hosts at once. */
static void put_off(struct sender *sender, enum answer_kind why)
{
	int64_t now = monotonic_now();
	struct timespec clock;
	clock_gettime(CLOCK_REALTIME, &clock);
	sender->delay = sender->delay ? 2 * sender->delay : FIRST_DELAY * SECOND;
	sender->delay = sender->delay < LAST_DELAY * SECOND ? sender->delay : LAST_DELAY * SECOND;
	sender->failing = sender->failing ? sender->failing : now;
	sender->next = now + sender->delay / 2 + clock.tv_nsec * (sender->delay / 2 / SECOND + 1) / 2;
	sender->why = why;
}

/* Says what is new about it. */
static void fail(struct sender *sender, const struct answer *answer)
{
	if (*sender->stop)
		return;
	if (!sender->failing || sender->why != answer->kind) {
		char *kept = xasprintf("what is not sent is kept in %s", sender->spool->folder);
		server_complain(sender->server, answer, kept);
		free(kept);
	}
	put_off(sender, answer->kind);
}

static void succeed(struct sender *sender)
{
	if (sender->failing && sender->why != ANSWER_UNFIT)
		complain("%s takes traces again", server_name(sender->server));
	sender->failing = sender->next = sender->delay = 0;
}

/* Such a batch must not hold up those behind it for ever. */
static void refuse_first(struct sender *sender, const struct answer *answer, size_t lines)
{
	if (*sender->stop)
		return;
	if (++sender->spool->queue[0].refusals < MOST_REFUSALS) {
		put_off(sender, ANSWER_UNFIT);
		return;
	}
	char *path = spool_set_aside(sender->spool, ".refused");
	complain("%s refuses a batch of %zu lines: %s; it is put aside as %s, and not sent again",
		 server_name(sender->server), lines, answer->text, path);
	free(path);
	sender->failing = sender->next = sender->delay = 0;
}

/* -- questions ------------------------------------------------------------------------------------------------ */

/* Which table is there: that of all servers, or only one server's. False: not now. */
static bool find_table(struct sender *sender)
{
	char *name = sql_quoted(sender->database), *columns;
	char *sql = xasprintf("SELECT engine FROM system.tables WHERE database = %s AND name = 'events'", name);
	struct answer answer = server_ask(sender->server, sql);
	free(sql);
	free(name);
	if (answer.kind == ANSWER_YES && !*answer.text) {
		answer.kind = ANSWER_MISSING;
		free(answer.text);
		answer.text = xasprintf("there is no table %s.events", sender->database);
	}
	if (answer.kind != ANSWER_YES) {
		fail(sender, &answer);
		free(answer.text);
		return false;
	}
	bool all = strncmp(answer.text, "Distributed", strlen("Distributed")) == 0;
	free(answer.text);
	columns = row_columns();
	sender->table = xasprintf("%s.%s", sender->database, all ? "events" : "events_local");
	sender->insert = xasprintf("INSERT INTO %s (%s) FORMAT RowBinary", sender->table, columns);
	free(columns);
	return true;
}

/* Whether the server has ended all INSERTs of a batch: what one adds after the question what is there would be there twice. A user who may not
 * look is taken to have none. */
static bool is_settled(struct sender *sender, const char *id)
{
	char *sql = xasprintf("SELECT count() FROM system.processes WHERE query_id = '%s' OR initial_query_id = '%s'",
			      id, id);
	struct answer answer = server_ask(sender->server, sql);
	free(sql);
	if (answer.kind == ANSWER_YES && atoi(answer.text) > 0) {
		answer.kind = ANSWER_BUSY;
		free(answer.text);
		answer.text = xstrdup("it is still inserting lines that were sent before");
	}
	bool settled = answer.kind == ANSWER_YES || answer.kind == ANSWER_DENIED;
	if (!settled)
		fail(sender, &answer);
	free(answer.text);
	return settled;
}

/* Asks which rows of a batch are there. Returns how many, or -1. */
static int64_t count_there(struct sender *sender, const struct batch *batch, bool *there)
{
	size_t from = 0;
	int64_t n = 0;
	char *sql;
	while ((sql = batch_question(batch, sender->table, &from))) {
		struct answer answer = server_ask(sender->server, sql);
		free(sql);
		if (answer.kind == ANSWER_YES)
			n += (int64_t)batch_mark(batch, answer.text, there);
		else
			fail(sender, &answer);
		free(answer.text);
		if (answer.kind != ANSWER_YES)
			return -1;
	}
	return n;
}

/* -- sending -------------------------------------------------------------------------------------------------- */

/* Sends the rows that are not there. Returns 0, or -1. */
static int send_rows(struct sender *sender, const struct batch *batch, const char *id, const bool *there)
{
	struct bytes rest = {0};
	bool some = there != NULL;
	if (some && !batch_rest(batch, there, &rest))
		some = false; /* all rows, of which the server drops those that it has */
	const struct bytes *data = some ? &rest : &batch->data;
	struct answer answer = server_send(sender->server, sender->insert, id, data->data, data->n, true);
	free(rest.data);
	if (answer.kind == ANSWER_MISSING) { /* it may have got another kind of table since */
		free(sender->table);
		free(sender->insert);
		sender->table = sender->insert = NULL;
	}
	if (answer.kind != ANSWER_YES) {
		sender->spool->queue[0].doubtful |= is_doubtful(answer.kind);
		if (answer.kind == ANSWER_UNFIT)
			refuse_first(sender, &answer, batch->n);
		else
			fail(sender, &answer);
	}
	free(answer.text);
	return answer.kind == ANSWER_YES ? 0 : -1;
}

/* Sends the first batch of the queue. False: not now. */
static bool send_first(struct sender *sender)
{
	struct batch batch;
	if (!sender->table && !find_table(sender))
		return false;
	if (!spool_load(sender->spool, &batch)) {
		char *path = spool_set_aside(sender->spool, ".damaged");
		complain("%s: a damaged batch, which is put aside; its lines are not shipped", path);
		free(path);
		return true;
	}
	bool *there = NULL;
	int64_t n = 0;
	int result = -1;
	char *id = batch_id(&batch);
	if (sender->spool->queue[0].doubtful) {
		there = xcalloc(batch.n + 1, sizeof *there);
		n = is_settled(sender, id) ? count_there(sender, &batch, there) : -1;
	}
	if (n >= 0)
		result = n == (int64_t)batch.n ? 0 : send_rows(sender, &batch, id, n ? there : NULL);
	if (result == 0) {
		sender->lines += batch.n;
		spool_remove(sender->spool);
		succeed(sender);
	}
	free(id);
	free(there);
	batch_clear(&batch);
	return result == 0;
}

void sender_begin(struct sender *sender)
{
	if (sender->spool->n)
		sender->next = monotonic_now() + FIRST_DELAY * SECOND;
}

void sender_work(struct sender *sender)
{
	while (sender->spool->n > 0 && !*sender->stop)
		if (!send_first(sender))
			return;
}

void sender_finish(struct sender *sender)
{
	int64_t until = monotonic_now() + LAST_SECONDS * SECOND;
	while (sender->spool->n > 0 && monotonic_now() < until && send_first(sender))
		;
}

bool sender_may_try(const struct sender *sender) { return sender->spool->n > 0 && monotonic_now() >= sender->next; }

/* Waiting does not help these. */
static bool is_final(const struct sender *sender)
{
	return sender->failing &&
	       (sender->why == ANSWER_DENIED || sender->why == ANSWER_MISSING || sender->why == ANSWER_REFUSED);
}

/* Whether the first batch is to be put aside after few more tries, which must not be cut short each time anew. */
static bool is_unfit(const struct sender *sender) { return sender->failing && sender->why == ANSWER_UNFIT; }

bool sender_persist(struct sender *sender, uint64_t size, int64_t patience)
{
	static const struct timespec moment = {.tv_nsec = 50000000};
	int64_t began = monotonic_now();
	if (!sender->failing && sender->next > began)
		began = sender->next;
	for (;;) {
		if (size == UINT64_MAX ? sender->spool->n == 0 : spool_has_room(sender->spool, size))
			return true;
		if (*sender->stop)
			return false;
		if (sender_may_try(sender)) {
			sender_work(sender);
			continue;
		}
		if (patience >= 0 && (is_final(sender) || (monotonic_now() - began > patience && !is_unfit(sender))))
			return false;
		nanosleep(&moment, NULL);
	}
}

void sender_free(struct sender *sender)
{
	server_free(sender->server);
	free(sender->table);
	free(sender->insert);
}
