/* What was registered in an epoll set, in JSON: see registered.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/registered.h"

#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"

json_t *registered_json(const struct registered *registered, const struct symbol *const at[REGISTERED_PLACES])
{
	json_t *object = json_object(), *places = json_array();
	json_set_number(object, "count", (int64_t)registered->count);
	for (size_t i = 0; i < registered->n; i++) {
		json_t *place = json_object();
		json_set_number(place, "count", (int64_t)registered->places[i].count);
		json_set_text(place, "op", registered->places[i].op);
		if (at[i])
			json_object_set_new(place, "frame", json_frame(at[i]));
		json_array_append_new(places, place);
	}
	json_object_set_new(object, "places", places);
	return object;
}

static char *read_place(const json_t *json, struct registered_place *place, struct symbol *room,
			const struct symbol **at)
{
	const char *op = NULL;
	const json_t *frame = NULL;
	json_int_t count;
	json_error_t error;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:I, s?s, s?o}", "count", &count, "op", &op, "frame", &frame) !=
	    0)
		return xstrdup(error.text);
	if (count < 1)
		return xstrdup("an impossible number");
	*place = (struct registered_place){.op = op ? intern(op) : NULL, .count = (uint64_t)count};
	*at = frame ? room : NULL;
	return frame ? json_frame_read(frame, room) : NULL;
}

char *registered_read(const json_t *json, struct registered *registered, struct symbol room[REGISTERED_PLACES],
		      const struct symbol *at[REGISTERED_PLACES])
{
	const json_t *places, *place;
	json_int_t count;
	size_t i;
	json_error_t error;
	if (!json)
		return NULL;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:I, s:o}", "count", &count, "places", &places) != 0)
		return xasprintf("registered: %s", error.text);
	if (count < 1 || !json_is_array(places) || json_array_size(places) > REGISTERED_PLACES)
		return xasprintf("registered: no count, or no array of at most %d places", REGISTERED_PLACES);
	registered->count = (uint64_t)count;
	json_array_foreach(places, i, place)
	{
		char *why = read_place(place, &registered->places[i], &room[i], &at[i]);
		if (why) {
			char *full = xasprintf("registered.places[%zu]: %s", i, why);
			free(why);
			return full;
		}
		registered->n++;
	}
	return NULL;
}
