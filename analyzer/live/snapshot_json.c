/* A census as JSON: its schema is analyzer/report/snapshot.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include <jansson.h>

#include "analyzer/live/snapshot.h"
#include "analyzer/report/json_process.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"
#include "shim/model/version.h"

static json_t *seconds(int64_t ns) { return json_real((double)(ns / 1000000) / 1e3); }

static json_t *time_json(const struct census *census)
{
	json_t *object = json_object();
	json_set_number(object, "t", census->now);
	if (census->wall)
		json_object_set_new(object, "wall", seconds(census->wall));
	json_set_text(object, "boot", census->boot);
	json_set_text(object, "host", census->host);
	return object;
}

static json_t *process_json(const struct census *census, const struct census_process *counted)
{
	const struct traced_process *process = counted->process;
	json_t *object = json_process(process);
	json_set_text(object, "end", process_end_name(process->end));
	json_set_number(object, "open", (int64_t)counted->open);
	if (!census->written)
		json_set_number(object, "opened", (int64_t)counted->opened);
	json_set_number(object, "descriptors", counted->descriptors);
	json_set_number(object, "nofile", counted->nofile);
	json_set_number(object, "dropped", (int64_t)process->dropped);
	return object;
}

/* What places and totals have in common. */
static void set_counts(json_t *object, const struct census *census, const struct census_place *place)
{
	json_t *states = json_object(), *kinds = json_object();
	json_set_number(object, "open", (int64_t)place->open);
	if (!census->written) {
		json_set_number(object, "opened", (int64_t)place->opened);
		json_set_number(object, "closed", (int64_t)place->closed);
	}
	json_set_number(object, "rx", (int64_t)place->rx);
	json_set_number(object, "tx", (int64_t)place->tx);
	for (unsigned state = STATE_NONE + 1; state < STATES; state++)
		if (place->states[state])
			json_set_number(states, state_name(state), (int64_t)place->states[state]);
	for (unsigned kind = 0; kind < KINDS; kind++)
		if (place->kinds[kind])
			json_set_number(kinds, kind_name(kind), (int64_t)place->kinds[kind]);
	json_object_set_new(object, "states", states);
	json_object_set_new(object, "kinds", kinds);
}

static json_t *shares_json(const struct census *census, const struct census_place *place)
{
	json_t *array = json_array();
	for (size_t i = 0; i < place->n_shares; i++) {
		json_t *object = json_object();
		json_set_number(object, "pid", census->processes[place->shares[i].process].process->pid);
		json_set_number(object, "open", (int64_t)place->shares[i].open);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *peers_json(const struct census_place *place)
{
	json_t *array = json_array();
	for (size_t i = 0; i < place->peers.n; i++) {
		json_t *object = json_object();
		json_set_text(object, "peer", place->peers.list[i].text);
		json_set_number(object, "open", (int64_t)place->peers.list[i].open);
		json_array_append_new(array, object);
	}
	return array;
}

static bool is_own(const struct symbols *stack)
{
	for (size_t i = 0; stack && i < stack->n; i++)
		if (stack->list[i].own)
			return true;
	return false;
}

static json_t *place_json(const struct census *census, const struct census_place *place)
{
	json_t *object = json_object();
	json_set_text(object, "key", place->key);
	json_set_text(object, "what", census_words(place));
	json_set_text(object, "op", place->op);
	json_object_set_new(object, "own", json_boolean(is_own(place->stack)));
	set_counts(object, census, place);
	json_object_set_new(object, "oldest", seconds(census_age(census, place->oldest_t)));
	json_object_set_new(object, "peers", peers_json(place));
	json_set_number(object, "all_peers", (int64_t)place->peers.all);
	json_object_set_new(object, "processes", shares_json(census, place));
	json_object_set_new(object, "stack", place->stack ? json_stack(place->stack) : json_array());
	return object;
}

int snapshot_json(FILE *out, const struct census *census)
{
	json_t *object = json_object(), *processes = json_array(), *places = json_array(), *totals = json_object(),
	       *notes = json_array();
	const struct census_place all = census_sum(census);
	char *note;
	for (size_t i = 0; i < census->n_processes; i++)
		json_array_append_new(processes, process_json(census, &census->processes[i]));
	for (size_t i = 0; i < census->n; i++)
		json_array_append_new(places, place_json(census, &census->places[i]));
	for (size_t i = 0; (note = snapshot_note(census, i)); i++) {
		json_array_append_new(notes, json_text(note));
		free(note);
	}
	json_set_number(totals, "processes", (int64_t)census->n_processes);
	json_set_number(totals, "places", (int64_t)census->n);
	set_counts(totals, census, &all);
	json_set_text(object, "schema", SNAPSHOT_SCHEMA);
	json_object_set_new(object, "tool", json_pack("{s:s, s:s}", "name", "socksan", "version", SOCKSAN_VERSION));
	json_object_set_new(object, "time", time_json(census));
	json_object_set_new(object, "processes", processes);
	json_object_set_new(object, "totals", totals);
	json_object_set_new(object, "places", places);
	if (json_array_size(notes))
		json_object_set(object, "notes", notes);
	json_decref(notes);
	return json_write(out, object);
}
