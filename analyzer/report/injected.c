/* The call that was made to fail: see injected.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/injected.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"

static json_t *one_json(const struct injected *injected)
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

void injected_json(json_t *violation, const struct injected *list)
{
	const struct injected *also;
	if (!list)
		return;
	json_object_set_new(violation, "injected", one_json(list));
	if (!list->next)
		return;
	json_t *others = json_array();
	LL_FOREACH (list->next, also)
		json_array_append_new(others, one_json(also));
	json_object_set_new(violation, "also_injected", others);
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

static char *read_one(const json_t *json, struct injected *injected)
{
	const char *call, *code, *site, *again = NULL;
	const json_t *stack = NULL, *threads = NULL;
	json_int_t occurrence;
	json_error_t error;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:s, s:s, s:s, s:I, s?s, s?o, s?o}", "call", &call, "errno",
			   &code, "site", &site, "occurrence", &occurrence, "again", &again, "stack", &stack, "threads",
			   &threads) != 0)
		return xasprintf("injected: %s", error.text);
	injected->call = intern(call);
	injected->error = intern(code);
	injected->site = intern(site);
	injected->occurrence = occurrence;
	injected->again = again ? xstrdup(again) : NULL;
	char *why = json_stack_read(stack, "injected", &injected->stack);
	return why ? why : read_threads(threads, injected);
}

static char *append(const json_t *json, struct injected **list)
{
	struct injected *one = xcalloc(1, sizeof *one);
	LL_APPEND(*list, one);
	return read_one(json, one);
}

char *injected_read(const json_t *violation, struct injected **list)
{
	const json_t *first = json_object_get(violation, "injected"),
		     *others = json_object_get(violation, "also_injected"), *also;
	size_t i;
	*list = NULL;
	if (!first)
		return NULL;
	char *why = append(first, list);
	json_array_foreach(others, i, also) if (!why) why = append(also, list);
	return why;
}

void injected_free(struct injected *list)
{
	struct injected *one, *next;
	LL_FOREACH_SAFE (list, one, next) {
		for (size_t i = 0; i < one->n_threads; i++)
			free(one->threads[i].stack);
		free(one->threads);
		free(one->stack);
		free(one->again);
		free(one);
	}
}

static int compare(const struct injected *a, const struct injected *b)
{
	int by = strcmp(a->call, b->call);
	if (!by)
		by = strcmp(a->site, b->site);
	if (!by)
		by = strcmp(a->error, b->error);
	return by ? by : (a->occurrence > b->occurrence) - (a->occurrence < b->occurrence);
}

void injected_unite(struct injected **into, struct injected **from)
{
	struct injected *one, *next, *there;
	LL_FOREACH_SAFE (*from, one, next) {
		LL_SEARCH(*into, there, one, compare);
		if (there)
			continue;
		LL_DELETE(*from, one);
		LL_APPEND(*into, one);
	}
	if (*into)
		LL_SORT((*into)->next, compare);
}

bool injected_has(const struct injected *list, const char *call, const char *site)
{
	for (; list; list = list->next)
		if (strcmp(list->call, call) == 0 && strcmp(list->site, site) == 0)
			return true;
	return false;
}

char *injected_words(const char *call, const char *error)
{
	if (strcmp(error, "SHORT") == 0)
		return xasprintf("%s moved fewer bytes than it was asked for", call);
	if (strcmp(error, "END") == 0)
		return xasprintf("%s found the end of the stream", call);
	return xasprintf("%s failed with %s", call, error);
}
