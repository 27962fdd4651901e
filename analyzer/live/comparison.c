/* Two snapshots of the same program: see comparison.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/live/snapshot.h"
#include "analyzer/report/json_stack.h"

enum { SCHEMA_NAME = sizeof "socksan-snapshot/" - 1 };

#define MOST (INT64_C(1) << 50) /* the largest count accepted, so that sums do not overflow */

json_t *snapshot_parse(const char *name, const char *text, size_t n, char **why)
{
	json_error_t error;
	json_t *json = json_loadb(text, n, 0, &error);
	const char *schema = json_string_value(json_object_get(json, "schema"));
	*why = NULL;
	if (!n) /* what a shell leaves of a snapshot that failed */
		*why = xasprintf("%s: empty; `socksan snapshot --format=json` makes a snapshot", name);
	else if (!json)
		*why = xasprintf("%s:%d: not JSON: %s", name, error.line, error.text);
	else if (schema && strncmp(schema, "socksan-report/", 15) == 0)
		*why = xasprintf("%s: a report, not a snapshot; `socksan snapshot --format=json` makes one", name);
	else if (!schema || strncmp(schema, SNAPSHOT_SCHEMA, SCHEMA_NAME) != 0)
		*why = xasprintf("%s: not a snapshot; `socksan snapshot --format=json` makes one", name);
	else if (strcmp(schema, SNAPSHOT_SCHEMA) != 0)
		*why = xasprintf("%s: a snapshot by another version of SockSan (%s; this one reads %s)", name, schema,
				 SNAPSHOT_SCHEMA);
	else if (!json_is_array(json_object_get(json, "places")) || !json_is_array(json_object_get(json, "processes")))
		*why = xasprintf("%s: a snapshot without places or processes", name);
	if (!*why)
		return json;
	json_decref(json);
	return NULL;
}

/* -- reading -------------------------------------------------------------------------------------------------- */

struct compared_key {
	const char *key;
	size_t index;
	UT_hash_handle hh;
};

static struct compared_place *place_of_key(struct comparison *comparison, struct compared_key **keys, const char *key)
{
	struct compared_key *known;
	HASH_FIND_STR(*keys, key, known);
	if (!known) {
		GROW(comparison->places, comparison->n, comparison->cap);
		known = xcalloc(1, sizeof *known);
		known->key = key;
		known->index = comparison->n++;
		comparison->places[known->index] = (struct compared_place){.key = key, .stayed = true, .most = -1};
		HASH_ADD_KEYPTR(hh, *keys, known->key, strlen(known->key), known);
	}
	return &comparison->places[known->index];
}

static char *read_states(const json_t *json, int64_t states[STATES])
{
	const char *name;
	json_t *count;
	json_object_foreach((json_t *)json, name, count)
	{
		unsigned state = STATE_NONE + 1;
		while (state < STATES && strcmp(state_name(state), name) != 0)
			state++;
		if (state == STATES || !json_is_integer(count) || json_integer_value(count) < 0 ||
		    json_integer_value(count) > MOST)
			return xasprintf("states: no count of a state '%s'", name);
		states[state] += json_integer_value(count);
	}
	return NULL;
}

/* Whether all processes that have descriptors of a place are among those of the other snapshot. */
static bool all_among(const json_t *shares, const json_t *snapshot)
{
	const json_t *processes = json_object_get(snapshot, "processes"), *share, *process;
	size_t i, j;
	json_array_foreach(shares, i, share)
	{
		json_int_t pid = json_integer_value(json_object_get(share, "pid"));
		bool found = false;
		json_array_foreach(processes, j, process) found |=
			json_integer_value(json_object_get(process, "pid")) == pid;
		if (!found)
			return false;
	}
	return true;
}

static char *read_place(struct comparison *comparison, struct compared_key **keys, int which, const json_t *json)
{
	const char *key, *what, *op = NULL;
	json_int_t open, opened = -1,
			 closed = -1; /* a snapshot written by the process itself does not have these two */
	json_t *states, *stack, *shares;
	int own;
	json_error_t error;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:s, s:s, s?s, s:b, s:I, s?I, s?I, s:o, s:o, s:o}", "key", &key,
			   "what", &what, "op", &op, "own", &own, "open", &open, "opened", &opened, "closed", &closed,
			   "states", &states, "stack", &stack, "processes", &shares) != 0)
		return xstrdup(error.text);
	if (open < 0 || opened < -1 || closed < -1 || (opened < 0) != (closed < 0) || open > MOST || opened > MOST ||
	    closed > MOST)
		return xstrdup("a count that cannot be");
	struct compared_place *place = place_of_key(comparison, keys, key);
	place->open[which] += open;
	if (opened >= 0) {
		place->opened[which] += opened;
		place->closed[which] += closed;
	} else {
		place->stayed = false;
	}
	comparison->open[which] += open;
	char *why = read_states(states, place->states[which]);
	if (which == 1)
		place->stayed &= all_among(shares, comparison->snapshots[0]);
	if (which == 1 && place->most >= 0 && place->open[1] == open)
		place->most = -1; /* its current process is preferred to a former one */
	if (why || open <= place->most)
		return why;
	place->what = what;
	place->op = op;
	place->own = own;
	place->most = open;
	free(place->stack);
	place->stack = NULL;
	return json_stack_read(stack, "opened", &place->stack);
}

static char *read_places(struct comparison *comparison, struct compared_key **keys, int which)
{
	static const char *const words[] = {"the first", "the second"};
	const json_t *places = json_object_get(comparison->snapshots[which], "places"), *place;
	size_t i;
	json_array_foreach(places, i, place)
	{
		char *problem = read_place(comparison, keys, which, place);
		if (!problem)
			continue;
		char *why = xasprintf("%s snapshot: places[%zu]: %s", words[which], i, problem);
		free(problem);
		return why;
	}
	return NULL;
}

/* -- comparing ------------------------------------------------------------------------------------------------ */

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
	const char *x = json_string_value(json_object_get(a, key)), *y = json_string_value(json_object_get(b, key));
	return x && y && strcmp(x, y) == 0;
}

/* The time between snapshots, in seconds; if it is too long it is a mistake, and no rate is given. */
static const double SHORTEST = 1e-3, LONGEST = 1e9;

/* By the monotonic clock if the machine and the boot are the same, else by the time of day. */
static void find_seconds(struct comparison *comparison)
{
	const json_t *a = json_object_get(comparison->snapshots[0], "time"),
		     *b = json_object_get(comparison->snapshots[1], "time");
	bool same = same_text(a, b, "boot") && same_text(a, b, "host");
	const json_t *x = json_object_get(a, same ? "t" : "wall"), *y = json_object_get(b, same ? "t" : "wall");
	if (!json_is_number(x) || !json_is_number(y))
		return;
	double seconds = (json_number_value(y) - json_number_value(x)) / (same ? 1e9 : 1);
	comparison->reversed = seconds < 0;
	comparison->seconds = seconds >= SHORTEST && seconds <= LONGEST ? seconds : 0;
}

static int64_t change(const struct compared_place *place) { return place->open[1] - place->open[0]; }

static int compare_changes(const void *a, const void *b)
{
	const struct compared_place *x = a, *y = b;
	COMPARE(change(y), change(x));
	COMPARE(y->open[1], x->open[1]);
	return strcmp(x->key, y->key);
}

char *compare(struct comparison *comparison, json_t *before, json_t *after, int64_t least)
{
	struct compared_key *keys = NULL, *key, *next;
	*comparison = (struct comparison){.snapshots = {before, after}};
	char *why = read_places(comparison, &keys, 0);
	if (!why)
		why = read_places(comparison, &keys, 1);
	HASH_ITER (hh, keys, key, next) {
		HASH_DEL(keys, key);
		free(key);
	}
	find_seconds(comparison);
	if (comparison->n)
		qsort(comparison->places, comparison->n, sizeof *comparison->places, compare_changes);
	for (size_t i = 0; i < comparison->n; i++) {
		comparison->grew += change(&comparison->places[i]) >= least;
		comparison->shrank += change(&comparison->places[i]) < 0;
	}
	return why;
}

void comparison_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n; i++)
		free(comparison->places[i].stack);
	free(comparison->places);
	json_decref(comparison->snapshots[0]);
	json_decref(comparison->snapshots[1]);
}

double per_minute(const struct comparison *comparison, int64_t n)
{
	return comparison->seconds > 0 ? (double)n * 60 / comparison->seconds : 0;
}
