/* The call that was made to fail: see injected.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/injected.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"

json_t *injected_json(const struct injected *injected)
{
	json_t *object = json_object(), *threads = json_array();
	json_set_text(object, "call", injected->call);
	json_set_text(object, "errno", injected->error);
	json_set_text(object, "site", injected->site);
	json_set_number(object, "occurrence", injected->occurrence);
	json_set_text(object, "again", injected->again);
	if (injected->stack)
		json_object_set_new(object, "stack", json_stack(injected->stack));
	for (size_t i = 0; i < injected->n_threads; i++) {
		json_t *thread = json_object();
		json_set_number(thread, "tid", injected->threads[i].tid);
		if (injected->threads[i].stack)
			json_object_set_new(thread, "stack", json_stack(injected->threads[i].stack));
		json_array_append_new(threads, thread);
	}
	if (injected->n_threads)
		json_object_set(object, "threads", threads);
	json_decref(threads);
	return object;
}

static char *read_threads(const json_t *threads, struct injected *injected)
{
	const json_t *thread;
	size_t i;
	char *why = NULL;
	if (threads && !json_is_array(threads))
		return xstrdup("\"threads\" is no array");
	injected->threads = xcalloc(json_array_size(threads), sizeof *injected->threads);
	json_array_foreach(threads, i, thread)
	{
		struct thread_place *place = &injected->threads[injected->n_threads++];
		place->tid = json_integer_value(json_object_get(thread, "tid"));
		if (!why)
			why = json_stack_read(json_object_get(thread, "stack"), "threads", &place->stack);
	}
	return why;
}

char *injected_read(const json_t *json, struct injected *injected)
{
	const char *call, *code, *site, *again;
	const json_t *stack = NULL, *threads = NULL;
	json_int_t occurrence;
	json_error_t error;
	*injected = (struct injected){0};
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:s, s:s, s:s, s:I, s:s, s?o, s?o}", "call", &call, "errno",
			   &code, "site", &site, "occurrence", &occurrence, "again", &again, "stack", &stack, "threads",
			   &threads) != 0)
		return xasprintf("injected: %s", error.text);
	injected->call = intern(call);
	injected->error = intern(code);
	injected->site = intern(site);
	injected->occurrence = occurrence;
	injected->again = xstrdup(again);
	char *why = json_stack_read(stack, "injected", &injected->stack);
	return why ? why : read_threads(threads, injected);
}

void injected_free(struct injected *injected)
{
	for (size_t i = 0; i < injected->n_threads; i++)
		free(injected->threads[i].stack);
	free(injected->threads);
	free(injected->stack);
	free(injected->again);
}

char *injected_words(const char *call, const char *error)
{
	if (strcmp(error, "SHORT") == 0)
		return xasprintf("%s moved fewer bytes than it was asked for", call);
	if (strcmp(error, "END") == 0)
		return xasprintf("%s found the end of the stream", call);
	return xasprintf("%s failed with %s", call, error);
}
