/* Reads a file of open descriptors: see open_file.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/live/open_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analyzer/base/util.h"
#include "analyzer/read/trace_parse.h"
#include "analyzer/replay/replay.h"
#include "analyzer/symbols/symbols.h"
#include "shim/model/dump.h"

#define MOST (INT64_C(1) << 50) /* the largest count or time accepted, so that sums do not overflow */

struct open_file {
	json_t *json; /* texts are borrowed from it */
	struct replay *replay;
	struct traced_process *process;
	struct census census;
	struct socket_life *lives; /* for each place, what is known of its oldest descriptor */
	int64_t began;		   /* when the process started: what it inherited counts as that old */
};

bool is_open_file(const char *text, size_t n)
{
	static const char word[] = "\"socksan-open/";
	return n && *text == '{' && memmem(text, n < 256 ? n : 256, word, sizeof word - 1);
}

/* -- numbers and lines ---------------------------------------------------------------------------------------- */

/* A number that may be missing, which is 0. False: it is not valid. */
static bool number(const json_t *object, const char *key, int64_t *n)
{
	const json_t *value = json_object_get(object, key);
	*n = value ? json_integer_value(value) : 0;
	return !value || (json_is_integer(value) && *n >= 0 && *n <= MOST);
}

/* Parts with the form of trace lines: the process, its modules, its stacks. */
static bool replay_line(struct open_file *file, struct trace_parser *parser, struct trace_file *as, const json_t *json)
{
	struct moment moment;
	const char *contradiction;
	char *text = json_dumps(json, JSON_COMPACT);
	struct trace_line line = {.kind = LINE_WHOLE, .text = text, .length = text ? strlen(text) : 0, .number = 1};
	struct trace_event *event = text ? trace_parse(parser, as, &line) : NULL;
	bool known =
		event && (event->kind == EVENT_PROCESS || event->kind == EVENT_MODULE || event->kind == EVENT_STACK);
	if (known)
		(void)replay_event(file->replay, event, &moment, &contradiction);
	free(text);
	return known;
}

static bool replay_lines(struct open_file *file, const char *name)
{
	static const char *const keys[] = {"modules", "stacks"};
	struct trace_parser parser = {0};
	struct trace_file as = {.path = (char *)name, .fd = -1};
	const json_t *process = json_object_get(file->json, "process"), *line;
	bool fine = !process || replay_line(file, &parser, &as, process);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		size_t n;
		json_array_foreach(json_object_get(file->json, keys[i]), n, line) fine &=
			replay_line(file, &parser, &as, line);
	}
	trace_parser_clear(&parser);
	return fine;
}

/* -- places --------------------------------------------------------------------------------------------------- */

static enum kind kind_of_word(const char *word)
{
	unsigned kind = 0;
	while (word && kind < KINDS && strcmp(kind_name(kind), word) != 0)
		kind++;
	return word ? (enum kind)kind : KIND_socket;
}

static bool read_states(struct census_place *place, const json_t *states, int64_t ages)
{
	const char *name;
	json_t *count;
	uint64_t all = 0;
	json_object_foreach((json_t *)states, name, count)
	{
		unsigned state = STATE_NONE + 1;
		while (state < STATES && strcmp(state_name(state), name) != 0)
			state++;
		if (state == STATES || !json_is_integer(count) || json_integer_value(count) < 1 ||
		    json_integer_value(count) > MOST)
			return false;
		place->states[state] = (uint64_t)json_integer_value(count);
		all += place->states[state];
	}
	/* Known only for all of them together. */
	for (unsigned state = 0; all && state < STATES; state++)
		place->ages[state] = (int64_t)((double)ages * 1e3 * (double)place->states[state] / (double)all);
	return all == place->open;
}

/* "descriptor 15, CLOSE_WAIT, 127.0.0.1:80 to 127.0.0.1:4711", to be freed; NULL: no example is given. */
static char *example_text(const json_t *example)
{
	const json_t *fd = json_object_get(example, "fd");
	const char *state = json_string_value(json_object_get(example, "state")),
		   *local = json_string_value(json_object_get(example, "local")),
		   *peer = json_string_value(json_object_get(example, "peer"));
	if (!json_is_integer(fd))
		return NULL;
	bool gone = json_object_get(example, "close_wait");
	return xasprintf("descriptor %lld%s%s%s%s%s%s", (long long)json_integer_value(fd), state ? ", " : "",
			 !state			      ? ""
			 : gone			      ? "CLOSE_WAIT"
			 : strcmp(state, "OPEN") == 0 ? "open"
						      : state,
			 local ? ", " : "", local ? local : "", peer ? local ? " to " : ", to " : "", peer ? peer : "");
}

static struct census_place *place_of(struct census *census, const char *identity)
{
	for (size_t i = 0; i < census->n; i++)
		if (strcmp(census->places[i].identity, identity) == 0)
			return &census->places[i];
	GROW(census->places, census->n, census->cap);
	census->places[census->n] = (struct census_place){0};
	return &census->places[census->n++];
}

static void add_place(struct census *census, const struct census_place *more)
{
	struct census_place *place = place_of(census, more->identity);
	if (!place->identity) {
		*place = *more;
		place->shares = xcalloc(1, sizeof *place->shares);
		place->n_shares = place->cap_shares = 1;
		place->shares->open = place->open;
		return;
	}
	if (more->oldest_t < place->oldest_t) {
		char *example = place->example;
		place->oldest = more->oldest;
		place->oldest_t = more->oldest_t;
		place->example = more->example;
		free(example);
	} else {
		free(more->example);
	}
	place->open += more->open;
	place->shares->open = place->open;
	place->rx += more->rx;
	place->tx += more->tx;
	for (int state = 0; state < STATES; state++) {
		place->states[state] += more->states[state];
		place->ages[state] += more->ages[state];
	}
	for (int kind = 0; kind < KINDS; kind++)
		place->kinds[kind] += more->kinds[kind];
	free(more->identity);
}

static const struct symbols *stack_of(const struct open_file *file, int64_t id)
{
	struct stack_ref *ref = NULL;
	if (id && file->process)
		HASH_FIND(hh, file->process->stacks, &id, sizeof id, ref);
	return ref && ref->stack ? symbolize(ref->stack) : NULL;
}

static bool read_place(struct open_file *file, const json_t *json, struct socket_life *life)
{
	int64_t open, stack, ages, rx, tx, t;
	struct census_place place = {0};
	const json_t *example = json_array_get(json_object_get(json, "examples"), 0);
	if (!number(json, "open", &open) || !open || !number(json, "stack", &stack) || !number(json, "ages", &ages) ||
	    !number(json, "rx", &rx) || !number(json, "tx", &tx) || !number(example, "t", &t))
		return false;
	life->kind = kind_of_word(json_string_value(json_object_get(json, "kind")));
	life->family = json_string_value(json_object_get(json, "family"));
	life->type = json_string_value(json_object_get(json, "type"));
	if (life->kind == KINDS)
		return false;
	place.op = json_string_value(json_object_get(json, "op"));
	place.open = (uint64_t)open;
	place.rx = (uint64_t)rx;
	place.tx = (uint64_t)tx;
	place.kinds[life->kind] = place.open;
	place.oldest = life;
	place.oldest_t = life->t = t ? t : file->began;
	place.stack = stack_of(file, stack);
	if (!read_states(&place, json_object_get(json, "states"), ages))
		return false;
	place.example = example_text(example);
	place_key(place.op, place.stack, place.key);
	/* Places whose opener is unknown are distinguished by what was opened. */
	char *identity = place_identity(place.key, place.stack);
	place.identity = place.op ? identity : xasprintf("%s %s", identity, census_words(&place));
	if (!place.op)
		free(identity);
	add_place(&file->census, &place);
	return true;
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

static int compare_places(const void *a, const void *b)
{
	const struct census_place *x = a, *y = b;
	COMPARE(y->open, x->open);
	COMPARE(x->oldest_t, y->oldest_t);
	return strcmp(x->identity, y->identity);
}

/* Returns NULL, or what is invalid. */
static const char *read_census(struct open_file *file)
{
	struct census *census = &file->census;
	const json_t *places = json_object_get(file->json, "places"), *place;
	int64_t open, limit, dropped, pid;
	size_t i;
	if (!number(file->json, "open", &open) || !number(file->json, "limit", &limit) ||
	    !number(file->json, "dropped", &dropped) || !number(file->json, "pid", &pid) || !json_is_array(places))
		return "a number that cannot be, or no places";
	census->now = json_integer_value(json_object_get(file->json, "t"));
	double wall = json_number_value(json_object_get(file->json, "wall"));
	if (wall > 0 && wall < 9e9)
		census->wall = (int64_t)(wall * 1e9);
	if (census->now < 0)
		return "a time that cannot be";
	file->process = replay_processes(file->replay);
	if (!file->process || file->process->pid != pid)
		return "no process of that number";
	file->process->end = END_RUNNING;
	file->process->dropped = (uint64_t)dropped;
	file->began = file->process->t_first > 0 ? file->process->t_first : census->now;
	census->boot = file->process->boot;
	census->host = file->process->host;
	census->dropped = (uint64_t)dropped;
	census->here = census->written = true;
	GROW(census->processes, census->n_processes, census->cap_processes);
	census->processes[census->n_processes++] =
		(struct census_process){.process = file->process, .descriptors = open, .nofile = limit ? limit : -1};
	file->lives = xcalloc(json_array_size(places) + 1, sizeof *file->lives);
	json_array_foreach(places, i,
			   place) if (!read_place(file, place, &file->lives[i])) return "a place that cannot be";
	if (census->n)
		qsort(census->places, census->n, sizeof *census->places, compare_places);
	census->processes->open = census_sum(census).open;
	return NULL;
}

struct open_file *open_file_parse(const char *name, const char *text, size_t n, char **why)
{
	json_error_t error;
	json_t *json = json_loadb(text, n, 0, &error);
	const char *schema = json_string_value(json_object_get(json, "schema")), *problem = NULL;
	*why = NULL;
	if (!json) {
		*why = xasprintf("%s:%d: not JSON: %s", name, error.line, error.text);
		return NULL;
	}
	if (!schema || strcmp(schema, OPEN_SCHEMA) != 0) {
		*why = xasprintf("%s: written by another version of SockSan (%s; this one reads %s)", name,
				 schema ? schema : "no schema", OPEN_SCHEMA);
		json_decref(json);
		return NULL;
	}
	struct open_file *file = xcalloc(1, sizeof *file);
	file->json = json;
	file->replay = replay_new();
	if (!replay_lines(file, name))
		problem = "lines of the process, its modules or stacks that cannot be used";
	if (!problem)
		problem = read_census(file);
	if (!problem)
		return file;
	*why = xasprintf("%s: %s", name, problem);
	open_file_free(file);
	return NULL;
}

const struct census *open_file_census(const struct open_file *file) { return &file->census; }

void open_file_free(struct open_file *file)
{
	if (!file)
		return;
	census_clear(&file->census);
	replay_free(file->replay);
	free(file->lives);
	json_decref(file->json);
	free(file);
}
