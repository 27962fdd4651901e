/* What grew between two snapshots, as JSON: its schema is analyzer/report/diff.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/live/comparison.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"
#include "shim/model/version.h"

static json_t *rate_json(const struct comparison *comparison, int64_t n)
{
	double rate = per_minute(comparison, n);
	return json_real(rate > -1e12 && rate < 1e12 ? (double)(int64_t)(rate * 1000) / 1000 : rate);
}

static void set_counts(json_t *object, const struct comparison *comparison, const int64_t open[2])
{
	json_set_number(object, "before", open[0]);
	json_set_number(object, "after", open[1]);
	json_object_set_new(object, "change", json_integer(open[1] - open[0]));
	if (comparison->seconds > 0)
		json_object_set_new(object, "per_minute", rate_json(comparison, open[1] - open[0]));
}

static json_t *place_json(const struct comparison *comparison, const struct compared_place *place)
{
	json_t *object = json_object(), *states = json_object();
	json_set_text(object, "key", place->key);
	json_set_text(object, "what", place->what);
	json_set_text(object, "op", place->op);
	json_object_set_new(object, "own", json_boolean(place->own));
	set_counts(object, comparison, place->open);
	for (unsigned state = STATE_NONE + 1; state < STATES; state++)
		if (place->states[1][state] != place->states[0][state])
			json_object_set_new(states, state_name(state),
					    json_integer(place->states[1][state] - place->states[0][state]));
	json_object_set_new(object, "states", states);
	if (place->stayed && place->open[0] && place->open[1]) {
		json_object_set_new(object, "opened", json_integer(place->opened[1] - place->opened[0]));
		json_object_set_new(object, "closed", json_integer(place->closed[1] - place->closed[0]));
	}
	json_object_set_new(object, "stack", place->stack ? json_stack(place->stack) : json_array());
	return object;
}

int comparison_json(FILE *out, const struct comparison *comparison)
{
	json_t *object = json_object(), *grew = json_array(), *shrank = json_array(), *totals = json_object();
	for (size_t i = 0; i < comparison->grew; i++)
		json_array_append_new(grew, place_json(comparison, &comparison->places[i]));
	for (size_t i = 0; i < comparison->shrank; i++)
		json_array_append_new(shrank, place_json(comparison, &comparison->places[comparison->n - 1 - i]));
	set_counts(totals, comparison, comparison->open);
	json_set_text(object, "schema", DIFF_SCHEMA);
	json_object_set_new(object, "tool", json_pack("{s:s, s:s}", "name", "socksan", "version", SOCKSAN_VERSION));
	if (comparison->seconds > 0)
		json_object_set_new(object, "seconds", json_real(comparison->seconds));
	json_object_set_new(object, "totals", totals);
	json_object_set_new(object, "grew", grew);
	json_object_set_new(object, "shrank", shrank);
	return json_write(out, object);
}
