/* The live view: see top.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/top.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/ops.h"

#define MINUTE INT64_C(60000000000)
#define STEP INT64_C(1000000000) /* minimum time between samples */

/* A few more than needed, for late refreshes. */
enum { SAMPLES = 64 };

/* The number of a place, by its identity. */
struct top_number {
	char *identity; /* the key */
	size_t number;
	UT_hash_handle hh;
};

/* How many each place had open, by its number. */
struct top_sample {
	int64_t t;
	uint64_t *open;
	size_t n;
};

struct top_history {
	struct top_number *numbers;
	struct top_sample samples[SAMPLES]; /* a ring */
	size_t next, filled;
};

/* -- history -------------------------------------------------------------------------------------------------- */

static size_t number_of(struct top_history *history, const char *identity)
{
	struct top_number *known;
	HASH_FIND_STR(history->numbers, identity, known);
	if (!known) {
		known = xcalloc(1, sizeof *known);
		known->identity = xstrdup(identity);
		known->number = HASH_COUNT(history->numbers);
		HASH_ADD_KEYPTR(hh, history->numbers, known->identity, strlen(known->identity), known);
	}
	return known->number;
}

/* The sample `back` places before the next one. */
static struct top_sample *sample_at(struct top_history *history, size_t back)
{
	return &history->samples[(history->next + SAMPLES - back) % SAMPLES];
}

static void add_sample(struct top_history *history, const struct census *census, int64_t t)
{
	if (history->filled && t - sample_at(history, 1)->t < STEP)
		return;
	struct top_sample *sample = &history->samples[history->next];
	for (size_t i = 0; i < census->n; i++)
		(void)number_of(history, census->places[i].identity);
	free(sample->open);
	*sample = (struct top_sample){.t = t, .n = HASH_COUNT(history->numbers)};
	sample->open = xcalloc(sample->n + 1, sizeof *sample->open);
	for (size_t i = 0; i < census->n; i++)
		sample->open[number_of(history, census->places[i].identity)] = census->places[i].open;
	history->next = (history->next + 1) % SAMPLES;
	history->filled += history->filled < SAMPLES;
}

/* The latest sample that is at least a minute old, or the oldest one. */
static const struct top_sample *minute_ago(struct top_history *history, int64_t now)
{
	size_t back = 1;
	while (back < history->filled && now - sample_at(history, back)->t < MINUTE)
		back++;
	return history->filled ? sample_at(history, back) : NULL;
}

/* -- rows ----------------------------------------------------------------------------------------------------- */

const char *top_order_name(size_t order)
{
	static const char *const names[TOP_ORDERS] = {"open", "growth", "oldest", "wait"};
	return order < TOP_ORDERS ? names[order] : NULL;
}

static int compare_open(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	COMPARE(y->place->open, x->place->open);
	COMPARE(x->place->oldest_t, y->place->oldest_t);
	return strcmp(x->place->identity, y->place->identity);
}

static int compare_growth(const void *a, const void *b)
{
	COMPARE(((const struct top_row *)b)->growth, ((const struct top_row *)a)->growth);
	return compare_open(a, b);
}

static int compare_oldest(const void *a, const void *b)
{
	COMPARE(((const struct top_row *)a)->place->oldest_t, ((const struct top_row *)b)->place->oldest_t);
	return compare_open(a, b);
}

static int compare_wait(const void *a, const void *b)
{
	COMPARE(((const struct top_row *)b)->place->states[STATE_CLOSE_WAIT],
		((const struct top_row *)a)->place->states[STATE_CLOSE_WAIT]);
	return compare_open(a, b);
}

void top_sort(struct top *top, enum top_order order)
{
	static int (*const compare[TOP_ORDERS])(const void *, const void *) = {compare_open, compare_growth,
									       compare_oldest, compare_wait};
	top->order = order;
	if (top->census->n)
		qsort(top->rows, top->census->n, sizeof *top->rows, compare[order]);
}

/* How many a place had a minute ago. What was open before its process was attached to, or begun, did not come within that minute. */
static uint64_t open_before(const struct top_sample *before, size_t number, const struct census_place *place)
{
	if (before && number < before->n)
		return before->open[number];
	return place->op && effect_of(place->op) == OP_INHERITS ? place->open : 0; /* NULL: its line was lost */
}

static void make_rows(struct top *top)
{
	const struct top_sample *before = minute_ago(top->history, top->census->now);
	free(top->rows);
	top->rows = xcalloc(top->census->n + 1, sizeof *top->rows);
	for (size_t i = 0; i < top->census->n; i++) {
		const struct census_place *place = &top->census->places[i];
		uint64_t was = open_before(before, number_of(top->history, place->identity), place);
		top->rows[i] = (struct top_row){place, (int64_t)(place->open - was)};
	}
	top_sort(top, top->order);
}

/* -- refreshing --------------------------------------------------------------------------------------------------- */

struct top *top_new(struct session *session, enum top_order order)
{
	struct top *top = xcalloc(1, sizeof *top);
	top->session = session;
	top->order = order;
	top->window = MINUTE;
	top->history = xcalloc(1, sizeof *top->history);
	session_begin(session, MINUTE);
	struct census *census = census_take(session_processes(session), false);
	/* It is 0 if the traces have nothing from that time, and before the first line. */
	add_sample(top->history, census, census->here ? census->now - MINUTE : census->now);
	census_free(census);
	return top;
}

void top_look(struct top *top, bool peers)
{
	top->there = session_look(top->session, true);
	census_free(top->census);
	top->census = census_take(session_processes(top->session), peers);
	top->census->torn = session_torn(top->session);
	suspects_free(&top->suspects);
	suspects_find(&top->suspects, session_processes(top->session), top->window);
	make_rows(top);
	add_sample(top->history, top->census, top->census->now);
}

void top_free(struct top *top)
{
	struct top_number *number, *next;
	HASH_ITER (hh, top->history->numbers, number, next) {
		HASH_DEL(top->history->numbers, number);
		free(number->identity);
		free(number);
	}
	for (size_t i = 0; i < SAMPLES; i++)
		free(top->history->samples[i].open);
	free(top->history);
	suspects_free(&top->suspects);
	free(top->rows);
	census_free(top->census);
	free(top);
}
