/* Sends the batches of a spool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/sender.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/row.h"

#define SECOND INT64_C(1000000000)
#define MOMENT INT64_C(50000000) /* ns */

enum { FIRST_DELAY = 1, LAST_DELAY = 60, LAST_SECONDS = 5, MOST_REFUSALS = 3 };

static void lock(struct sender *sender) { pthread_mutex_lock(&sender->lock); }

static void unlock(struct sender *sender)
{
	pthread_cond_broadcast(&sender->changed);
	pthread_mutex_unlock(&sender->lock);
}

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
	lock(sender);
	if (!sender->failing || sender->why != answer->kind) {
		char *kept = xasprintf("what is not sent is kept in %s", sender->spool->folder);
		server_complain(sender->server, answer, kept);
		free(kept);
	}
	put_off(sender, answer->kind);
	unlock(sender);
}

/* The server has the first batch. */
static void succeed(struct sender *sender, size_t lines)
{
	lock(sender);
	sender->lines += lines;
	spool_remove(sender->spool);
	if (sender->failing && sender->why != ANSWER_UNFIT)
		complain("%s takes traces again", server_name(sender->server));
	sender->failing = sender->next = sender->delay = 0;
	unlock(sender);
}

/* Such a batch must not hold up those behind it for ever. */
static void refuse_first(struct sender *sender, const struct answer *answer, size_t lines)
{
	if (*sender->stop)
		return;
	lock(sender);
	if (++sender->spool->queue[0].refusals < MOST_REFUSALS) {
		put_off(sender, ANSWER_UNFIT);
	} else {
		char *path = spool_set_aside(sender->spool, ".refused");
		complain("%s refuses a batch of %zu lines: %s; it is put aside as %s, and not sent again",
			 server_name(sender->server), lines, answer->text, path);
		free(path);
		sender->failing = sender->next = sender->delay = 0;
	}
	unlock(sender);
}

/* -- questions ------------------------------------------------------------------------------------------------ */

static void forget_table(struct sender *sender)
{
	free(sender->table);
	free(sender->insert);
	free(sender->signs);
	sender->table = sender->insert = sender->signs = NULL;
}

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
	sender->signs = xasprintf("%s.%s", sender->database, all ? "signs" : "signs_local");
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

/* A server that ended in the midst of an INSERT may have written lines without their signs, by which alone a report would find them. Where an older
 * database has no signs, `fleet init` makes them of all that is there. False: not now. */
static bool look_again(struct sender *sender, const struct batch *batch)
{
	size_t from = 0;
	char *sql;
	while ((sql = batch_look_again(batch, sender->table, sender->signs, &from))) {
		struct answer answer = server_ask(sender->server, sql);
		bool good = answer.kind == ANSWER_YES || answer.kind == ANSWER_MISSING;
		free(sql);
		if (!good)
			fail(sender, &answer);
		free(answer.text);
		if (!good)
			return false;
	}
	return true;
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
		forget_table(sender);
	}
	if (answer.kind != ANSWER_YES) {
		lock(sender);
		sender->spool->queue[0].doubtful |= is_doubtful(answer.kind);
		unlock(sender);
		if (answer.kind == ANSWER_UNFIT)
			refuse_first(sender, &answer, batch->n);
		else
			fail(sender, &answer);
	}
	free(answer.text);
	return answer.kind == ANSWER_YES ? 0 : -1;
}

/* The first batch of the queue; false: it was damaged, and is put aside. */
static bool load_first(struct sender *sender, struct batch *batch, bool *doubtful)
{
	lock(sender);
	bool good = spool_load(sender->spool, batch);
	if (good) {
		*doubtful = sender->spool->queue[0].doubtful;
	} else {
		char *path = spool_set_aside(sender->spool, ".damaged");
		complain("%s: a damaged batch, which is put aside; its lines are not shipped", path);
		free(path);
	}
	unlock(sender);
	return good;
}

/* Sends the first batch of the queue. False: not now. */
static bool send_first(struct sender *sender)
{
	struct batch batch;
	bool doubtful;
	if (!sender->table && !find_table(sender))
		return false;
	if (!load_first(sender, &batch, &doubtful))
		return true;
	bool *there = NULL;
	int64_t n = 0;
	int result = -1;
	char *id = batch_id(&batch);
	if (doubtful) {
		there = xcalloc(batch.n + 1, sizeof *there);
		n = is_settled(sender, id) ? count_there(sender, &batch, there) : -1;
	}
	if (n >= 0)
		result = n == (int64_t)batch.n ? 0 : send_rows(sender, &batch, id, n ? there : NULL);
	if (result == 0 && n && !look_again(sender, &batch))
		result = -1;
	if (result == 0)
		succeed(sender, batch.n);
	free(id);
	free(there);
	batch_clear(&batch);
	return result == 0;
}

/* -- the thread ----------------------------------------------------------------------------------------------- */

/* Lets go of the lock until something changes, or that long at most. */
static void wait_a_moment(struct sender *sender, int64_t ns)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	ns += until.tv_nsec;
	until.tv_sec += ns / SECOND;
	until.tv_nsec = ns % SECOND;
	pthread_cond_timedwait(&sender->changed, &sender->lock, &until);
}

static void *work(void *context)
{
	struct sender *sender = context;
	bool sent = true;
	lock(sender);
	while (!sender->until || (sent && sender->spool->n && monotonic_now() < sender->until)) {
		int64_t left = sender->until ? 0 : sender->next - monotonic_now();
		if (!sender->spool->n || left > 0) {
			wait_a_moment(sender, sender->spool->n && left < SECOND ? left : SECOND);
			sent = true;
			continue;
		}
		sender->busy = true;
		unlock(sender);
		sent = send_first(sender);
		lock(sender);
		sender->busy = false;
	}
	unlock(sender);
	return NULL;
}

int sender_begin(struct sender *sender)
{
	pthread_condattr_t clock;
	sigset_t all, before;
	if (sender->spool->n)
		sender->next = monotonic_now() + FIRST_DELAY * SECOND;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&sender->changed, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&sender->lock, NULL);
	sigfillset(&all); /* signals are to end what the process itself waits for */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&sender->thread, NULL, work, sender);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sender->started = error == 0;
	if (error)
		complain("cannot start a thread that sends: %s", strerror(error));
	return error ? -1 : 0;
}

int sender_add(struct sender *sender, const struct batch *batch, const char *progress)
{
	lock(sender);
	int result = spool_add(sender->spool, batch, progress), saved = errno;
	unlock(sender);
	errno = saved;
	return result;
}

uint64_t sender_room(struct sender *sender)
{
	lock(sender);
	const struct spool *spool = sender->spool;
	uint64_t room = spool->limit > spool->used ? spool->limit - spool->used : 0;
	unlock(sender);
	return room;
}

bool sender_has_room(struct sender *sender, uint64_t size, bool *fails)
{
	lock(sender);
	bool room = spool_has_room(sender->spool, size);
	*fails = sender->failing;
	unlock(sender);
	return room;
}

/* Waiting does not help these. */
static bool is_final(const struct sender *sender)
{
	return sender->failing &&
	       (sender->why == ANSWER_DENIED || sender->why == ANSWER_MISSING || sender->why == ANSWER_REFUSED);
}

/* Whether the first batch is to be put aside after few more tries, which must not be cut short each time anew. */
static bool is_unfit(const struct sender *sender) { return sender->failing && sender->why == ANSWER_UNFIT; }

bool sender_await(struct sender *sender, uint64_t size, int64_t patience)
{
	int64_t began = monotonic_now();
	bool there = false, vain = false;
	lock(sender);
	if (!sender->failing && sender->next > began)
		began = sender->next;
	for (;;) {
		int64_t now = monotonic_now();
		bool idle = !sender->busy && !(sender->spool->n && now >= sender->next);
		there = size == UINT64_MAX ? sender->spool->n == 0 : spool_has_room(sender->spool, size);
		vain = patience >= 0 && idle && (is_final(sender) || (now - began > patience && !is_unfit(sender)));
		if (there || vain || *sender->stop)
			break;
		wait_a_moment(sender, MOMENT);
	}
	unlock(sender);
	return there;
}

void sender_end(struct sender *sender)
{
	if (!sender->started)
		return;
	lock(sender);
	sender->until = monotonic_now() + (*sender->stop ? LAST_SECONDS * SECOND : 0);
	unlock(sender);
	pthread_join(sender->thread, NULL);
	sender->started = false;
}

void sender_free(struct sender *sender)
{
	server_free(sender->server);
	forget_table(sender);
}
