/* What is open at one moment: see census.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/census.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"
#include "analyzer/judge/words.h"
#include "analyzer/live/limits_now.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/symbols/symbols.h"

/* Finds the place of a stack, by the stack and the call that opened. */
struct place_entry {
	struct {
		const struct stack *stack; /* NULL: not known */
		const char *op;
	} key;
	size_t index;
	UT_hash_handle hh, by_stack;
};

struct named_place {
	const char *identity; /* the key */
	size_t index;
	UT_hash_handle hh;
};

struct counted_cookie {
	const struct cookie *cookie; /* the key */
	UT_hash_handle hh;
};

/* A census being made. */
struct taking {
	struct census *census;
	struct place_entry *entries, *by_stack; /* by_stack: the first place of each stack */
	struct named_place *names;
	struct counted_cookie *cookies;
	bool peers;
};

/* A trace may contain any time. */
static int64_t sum_of_times(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_add_overflow(a, b, &c) ? INT64_MAX : c;
}

/* -- processes ---------------------------------------------------------------------------------------------- */

static bool runs(const struct traced_process *process) { return process->end == END_RUNNING; }

/* As far as is known; for a process on another machine it is not. */
static bool may_run(const struct traced_process *process)
{
	return runs(process) || (process->end == END_UNKNOWN && !process->replaced);
}

static bool has_ended(const struct traced_process *process)
{
	return process->end == END_EXIT || process->end == END_SIGNAL;
}

static void add_process(struct census *census, const struct traced_process *process)
{
	GROW(census->processes, census->n_processes, census->cap_processes);
	census->processes[census->n_processes++] = (struct census_process){
		.process = process,
		.descriptors = descriptors_now(process),
		.nofile = nofile_now(process),
	};
	census->here |= runs(process);
	census->hosts |= process->host && census->host && strcmp(process->host, census->host) != 0;
	census->dropped = sum(census->dropped, process->dropped);
	if (process->boot && !census->boot) {
		census->boot = process->boot;
		census->host = process->host;
	}
}

static void find_processes(struct census *census, const struct traced_process *first)
{
	const struct traced_process *process;
	for (process = first; process; process = process->next)
		if (may_run(process))
			add_process(census, process);
	census->past = census->n_processes == 0;
	for (process = first; process && census->past; process = process->next)
		if (has_ended(process))
			add_process(census, process);
}

/* The present or, if none is running here, the last known time. */
static void find_time(struct census *census)
{
	struct timespec wall;
	if (census->here) {
		clock_gettime(CLOCK_REALTIME, &wall);
		census->now = monotonic_now();
		census->wall = (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec;
		return;
	}
	for (size_t i = 0; i < census->n_processes; i++) {
		const struct traced_process *process = census->processes[i].process;
		if (process->t_last <= census->now)
			continue;
		census->now = process->t_last;
		census->wall = 0;
		if (process->wall && process->how && strcmp(process->how, "exec") == 0)
			census->wall = sum_of_times(process->wall, process->t_last - process->t_first);
	}
}

/* -- places --------------------------------------------------------------------------------------------------- */

static size_t named_place(struct taking *taking, const struct symbols *symbols, const char *op)
{
	struct census *census = taking->census;
	char key[PLACE_KEY_SIZE];
	struct named_place *name;
	place_key(op, symbols, key);
	char *identity = place_identity(key, symbols);
	HASH_FIND_STR(taking->names, identity, name);
	if (name) {
		free(identity);
		return name->index;
	}
	GROW(census->places, census->n, census->cap);
	struct census_place *place = &census->places[census->n];
	*place = (struct census_place){.identity = identity, .stack = symbols, .op = op};
	memcpy(place->key, key, sizeof key);
	name = xcalloc(1, sizeof *name);
	name->identity = identity;
	name->index = census->n++;
	HASH_ADD_KEYPTR(hh, taking->names, name->identity, strlen(name->identity), name);
	return name->index;
}

static struct place_entry *entry_of_stack(const struct taking *taking, const struct stack *stack)
{
	struct place_entry *entry;
	HASH_FIND(by_stack, taking->by_stack, &stack, sizeof stack, entry);
	return entry;
}

static struct census_place *place_of_call(struct taking *taking, const struct stack_ref *opened, const char *op)
{
	struct place_entry *entry, key;
	memset(&key, 0, sizeof key);
	key.key.stack = opened ? opened->stack : NULL;
	key.key.op = op;
	HASH_FIND(hh, taking->entries, &key.key, sizeof key.key, entry);
	if (!entry) {
		entry = xcalloc(1, sizeof *entry);
		entry->key = key.key;
		entry->index = named_place(taking, key.key.stack ? symbolize(key.key.stack) : NULL, op);
		HASH_ADD(hh, taking->entries, key, sizeof entry->key, entry);
		if (!entry_of_stack(taking, key.key.stack))
			HASH_ADD(by_stack, taking->by_stack, key.stack, sizeof entry->key.stack, entry);
	}
	return &taking->census->places[entry->index];
}

static void share(struct census_place *place, size_t process)
{
	size_t i = place->n_shares;
	while (i > 0 && place->shares[i - 1].process !=
				process) /* processes are counted one after another, so this one is the last */
		i--;
	if (i == 0) {
		GROW(place->shares, place->n_shares, place->cap_shares);
		i = ++place->n_shares;
		place->shares[i - 1] = (struct census_share){.process = process};
	}
	place->shares[i - 1].open++;
}

/* -- counting ------------------------------------------------------------------------------------------------- */

/* Whether a shared socket has been counted; records that it has. */
static bool counted_before(struct taking *taking, const struct cookie *cookie)
{
	struct counted_cookie *counted;
	HASH_FIND_PTR(taking->cookies, &cookie, counted);
	if (counted)
		return true;
	counted = xcalloc(1, sizeof *counted);
	counted->cookie = cookie;
	HASH_ADD_PTR(taking->cookies, cookie, counted);
	return false;
}

static void count_life(struct taking *taking, size_t process, const struct socket_life *life)
{
	const struct maker *maker = life->made ? NULL : life_maker(life);
	const char *op = maker ? maker->op : life->opened_op;
	struct census_place *place = place_of_call(taking, maker ? maker->opened : life->opened, op);
	int64_t t = maker ? maker->t : life->t;
	enum state state = life->state > STATE_NONE ? life->state : STATE_OPEN;
	place->open++;
	place->states[state]++;
	place->kinds[life->kind]++;
	place->ages[state] = sum_of_times(place->ages[state], census_age(taking->census, t));
	place->rx = sum(place->rx, life->rx > 0 ? (uint64_t)life->rx : 0);
	place->tx = sum(place->tx, life->tx > 0 ? (uint64_t)life->tx : 0);
	if (!place->oldest || t < place->oldest_t) {
		place->oldest = life;
		place->oldest_t = t;
		place->op = op;
	}
	if (taking->peers)
		peers_add(&place->peers, life->peer, op);
	share(place, process);
	taking->census->processes[process].open++;
}

/* First by the processes that made them: an inherited socket counts only if its maker no longer has it. */
static void count_lives(struct taking *taking, bool made)
{
	struct census *census = taking->census;
	for (size_t i = 0; i < census->n_processes; i++) {
		const struct traced_process *process = census->processes[i].process;
		for (const struct socket_life *life = process->lives; life; life = life->hh.next) {
			if (!life->open || life->recalled || life->made != made || (census->past && !life->made))
				continue;
			if (life->cookie && counted_before(taking, life->cookie))
				continue;
			count_life(taking, i, life);
		}
	}
}

/* What each place has opened so far, in the processes examined. */
static void count_opened(struct taking *taking)
{
	struct census *census = taking->census;
	for (size_t i = 0; i < census->n_processes; i++) {
		const struct origin *origin = census->processes[i].process->origins;
		for (; origin; origin = origin->hh.next) {
			const struct place_entry *entry =
				entry_of_stack(taking, origin->opened ? origin->opened->stack : NULL);
			census->processes[i].opened = sum(census->processes[i].opened, origin->made + origin->summed);
			if (entry)
				census->places[entry->index].opened =
					sum(census->places[entry->index].opened, origin->made + origin->summed);
		}
	}
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

static int compare_places(const void *a, const void *b)
{
	const struct census_place *x = a, *y = b;
	COMPARE(y->open, x->open);
	COMPARE(x->oldest_t, y->oldest_t);
	return strcmp(x->identity, y->identity);
}

static void finish_places(struct census *census)
{
	for (size_t i = 0; i < census->n; i++) {
		struct census_place *place = &census->places[i];
		if (place->opened <
		    place->open) /* some were opened in processes that are not examined, or with stacks that end differently */
			place->opened = place->open;
		place->closed = place->opened - place->open;
		peers_finish(&place->peers);
	}
	if (census->n)
		qsort(census->places, census->n, sizeof *census->places, compare_places);
}

struct census *census_take(const struct traced_process *processes, bool peers)
{
	struct taking taking = {.census = xcalloc(1, sizeof *taking.census), .peers = peers};
	struct place_entry *entry, *next_entry;
	struct named_place *name, *next_name;
	struct counted_cookie *counted, *next_counted;
	find_processes(taking.census, processes);
	find_time(taking.census);
	count_lives(&taking, true);
	count_lives(&taking, false);
	count_opened(&taking);
	HASH_CLEAR(by_stack, taking.by_stack);
	HASH_ITER (hh, taking.entries, entry, next_entry) {
		HASH_DEL(taking.entries, entry);
		free(entry);
	}
	HASH_ITER (hh, taking.names, name, next_name) {
		HASH_DEL(taking.names, name);
		free(name);
	}
	HASH_ITER (hh, taking.cookies, counted, next_counted) {
		HASH_DEL(taking.cookies, counted);
		free(counted);
	}
	finish_places(taking.census);
	return taking.census;
}

void census_clear(struct census *census)
{
	for (size_t i = 0; i < census->n; i++) {
		free(census->places[i].identity);
		free(census->places[i].example);
		free(census->places[i].shares);
		free(census->places[i].peers.list);
	}
	free(census->places);
	free(census->processes);
}

void census_free(struct census *census)
{
	if (census)
		census_clear(census);
	free(census);
}

struct census_place census_sum(const struct census *census)
{
	struct census_place all = {0};
	for (size_t i = 0; i < census->n; i++) {
		const struct census_place *place = &census->places[i];
		all.open += place->open;
		all.opened = sum(all.opened, place->opened);
		all.closed = sum(all.closed, place->closed);
		all.rx = sum(all.rx, place->rx);
		all.tx = sum(all.tx, place->tx);
		for (int state = 0; state < STATES; state++)
			all.states[state] += place->states[state];
		for (int kind = 0; kind < KINDS; kind++)
			all.kinds[kind] += place->kinds[kind];
	}
	return all;
}

int64_t census_age(const struct census *census, int64_t t) { return census->now > t ? census->now - t : 0; }

const char *census_words(const struct census_place *place)
{
	const struct socket_life *life = place->oldest;
	return life->kind == KIND_socket ? kind_of_socket(life->family, life->type) : kind_words(life->kind, place->op);
}
