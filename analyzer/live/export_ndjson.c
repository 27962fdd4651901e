/* The events of traces as one stream of self-contained JSON lines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/export.h"
#include "analyzer/live/second_pass.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"

/* Replaces a stack id by frames; if it is unknown, leaves out the key. */
static void inline_stack(json_t *line, const char *key, const struct passed *passed)
{
	const json_t *id = json_object_get(line, key);
	if (!json_is_integer(id))
		return;
	const struct symbols *stack = passed_stack(passed, json_integer_value(id));
	if (stack)
		json_object_set_new(line, key, json_stack(stack));
	else
		json_object_del(line, key);
}

static int write_line(FILE *out, const struct passed *passed)
{
	static const char *const stacks[] = {"stack", "closed", "registered"};
	json_t *line = json_copy((json_t *)passed->json);
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++)
		inline_stack(line, stacks[i], passed);
	if (passed->process)
		json_set_text(line, "program", process_name(passed->process));
	if (passed->wall)
		json_object_set_new(line, "wall", json_real((double)(passed->wall / 1000) / 1e6));
	int result = json_dumpf(line, out, JSON_COMPACT | JSON_REAL_PRECISION(16));
	json_decref(line);
	return result < 0 || fputc('\n', out) == EOF ? -1 : 0;
}

int export_ndjson(FILE *out, const struct session *session)
{
	struct second_pass *pass = second_pass_new(session);
	struct passed passed;
	int result = pass ? 0 : -1;
	while (result == 0 && second_pass_next(pass, &passed))
		if (passed.event->kind != EVENT_STACK && passed.event->kind != EVENT_MODULE)
			result = write_line(out, &passed);
	if (pass)
		second_pass_free(pass);
	return result;
}
