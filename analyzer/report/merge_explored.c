/* What reports of `socksan explore` say beside their violations: see merge_explored.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/merge_explored.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"

/* -- reading -------------------------------------------------------------------------------------------------- */

static bool result_read(const char *name, enum explored_result *result)
{
	for (int i = 0; i < EXPLORED_RESULTS; i++)
		if (strcmp(name, explored_name((enum explored_result)i)) == 0) {
			*result = (enum explored_result)i;
			return true;
		}
	return false;
}

static char *read_fault(const json_t *json, struct explored_fault *fault)
{
	const char *code, *result, *codes = NULL;
	json_error_t error;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:s, s:s, s?s}", "errno", &code, "result", &result, "codes",
			   &codes) != 0)
		return xasprintf("faults: %s", error.text);
	fault->error = intern(code);
	fault->codes = codes ? xstrdup(codes) : NULL;
	return result_read(result, &fault->result) ? NULL : xasprintf("faults: no result '%.40s' is known", result);
}

static char *read_site(const json_t *json, struct explored_site *site)
{
	const char *call, *name;
	const json_t *faults, *fault;
	int own, unsteady = 0;
	size_t i;
	json_error_t error;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:s, s:s, s:b, s?b, s:o}", "call", &call, "site", &name, "own",
			   &own, "unsteady", &unsteady, "faults", &faults) != 0)
		return xstrdup(error.text);
	if (!json_is_array(faults))
		return xstrdup("\"faults\" is not an array");
	site->call = intern(call);
	site->site = intern(name);
	site->own = own;
	site->unsteady = unsteady;
	char *why = json_stack_read(json_object_get(json, "stack"), "stack", &site->stack);
	site->faults = xcalloc(json_array_size(faults), sizeof *site->faults);
	json_array_foreach(faults, i, fault) if (!why) why = read_fault(fault, &site->faults[site->n++]);
	return why;
}

char *explored_read(const json_t *report, struct explored **explored)
{
	const json_t *json = json_object_get(report, "explored"), *sites, *site;
	json_int_t runs, left_out;
	int stopped;
	size_t i;
	json_error_t error;
	*explored = NULL;
	if (!json)
		return NULL;
	struct explored *read = *explored = xcalloc(1, sizeof *read);
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:I, s:F, s:I, s:b, s:o}", "runs", &runs, "seconds",
			   &read->seconds, "left_out", &left_out, "stopped", &stopped, "sites", &sites) != 0)
		return xasprintf("explored: %s", error.text);
	if (!json_is_array(sites))
		return xstrdup("explored: \"sites\" is not an array");
	if (runs < 0 || left_out < 0 || read->seconds < 0)
		return xstrdup("explored: a number below 0");
	read->runs = (uint64_t)runs;
	read->left_out = (uint64_t)left_out;
	read->stopped = stopped;
	read->sites = xcalloc(json_array_size(sites), sizeof *read->sites);
	json_array_foreach(sites, i, site)
	{
		char *why = read_site(site, &read->sites[read->n++]);
		if (why) {
			char *full = xasprintf("explored: sites[%zu]: %s", i, why);
			free(why);
			return full;
		}
	}
	return NULL;
}

void merged_explored_free(struct explored *explored)
{
	if (explored)
		explored_free(explored);
	free(explored);
}

/* -- folding -------------------------------------------------------------------------------------------------- */

/* How much a result says: a violation that one job found is there, whatever the others saw. */
static int weight(enum explored_result result)
{
	static const int weights[EXPLORED_RESULTS] = {
		[EXPLORED_NOT_TRIED] = 0,
		[EXPLORED_NOT_REACHED] = 1,
		[EXPLORED_SILENT] = 2,
		[EXPLORED_FOUND] = 3,
	};
	return weights[result];
}

/* "bad-fd never-closed", of both lists, in the order of the alphabet. */
static int compare_words(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char *codes_united(const char *a, const char *b)
{
	char *both = xasprintf("%s %s", a ? a : "", b ? b : ""), *rest = NULL, *united = xstrdup("");
	char **words = xcalloc(strlen(both) + 1, sizeof *words);
	size_t n = 0;
	for (char *word = strtok_r(both, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	qsort(words, n, sizeof *words, compare_words);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(words[i], words[i - 1]) == 0)
			continue;
		char *more = xasprintf("%s%s%s", united, *united ? " " : "", words[i]);
		free(united);
		united = more;
	}
	free(words);
	free(both);
	return united;
}

static void unite_fault(struct explored_site *site, const struct explored_fault *from)
{
	struct explored_fault *there = NULL;
	for (size_t i = 0; i < site->n && !there; i++)
		if (strcmp(site->faults[i].error, from->error) == 0)
			there = &site->faults[i];
	if (!there) {
		site->faults = xreallocarray(site->faults, site->n + 1, sizeof *site->faults);
		there = &site->faults[site->n++];
		*there = (struct explored_fault){.error = from->error, .result = from->result};
	}
	if (weight(from->result) > weight(there->result))
		there->result = from->result;
	if (!from->codes && !there->codes)
		return;
	char *codes = codes_united(there->codes, from->codes);
	free(there->codes);
	there->codes = codes;
}

/* To be freed: json_dumps() takes its memory where jansson does. */
static char *text_of(const json_t *json)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	(void)json_dumpf(json, out, JSON_SORT_KEYS | JSON_ENCODE_ANY);
	fclose(out);
	return text;
}

/* For an order that is none of the reports'. */
static char *stack_text(const struct symbols *stack)
{
	json_t *json = stack ? json_stack(stack) : json_null();
	char *text = text_of(json);
	json_decref(json);
	return text;
}

static void unite_site(struct explored_site *into, struct explored_site *from)
{
	into->own |= from->own;
	into->unsteady |= from->unsteady;
	char *here = stack_text(into->stack), *there = stack_text(from->stack);
	if (from->stack && (!into->stack || (strcmp(there, here) < 0))) {
		struct symbols *stack = into->stack;
		into->stack = from->stack;
		from->stack = stack;
	}
	free(here);
	free(there);
	for (size_t i = 0; i < from->n; i++)
		unite_fault(into, &from->faults[i]);
}

static int compare_places(const void *a, const void *b)
{
	const struct explored_site *x = a, *y = b;
	int by = strcmp(x->call, y->call);
	return by ? by : strcmp(x->site, y->site);
}

static int compare_sites(const void *a, const void *b)
{
	const struct explored_site *x = a, *y = b;
	COMPARE(y->own, x->own);
	return compare_places(a, b);
}

static int compare_faults(const void *a, const void *b)
{
	const struct explored_fault *x = a, *y = b;
	return strcmp(x->error, y->error);
}

void explored_unite(struct explored **into, struct explored *from)
{
	if (!from)
		return;
	if (!*into)
		*into = xcalloc(1, sizeof **into);
	struct explored *all = *into;
	all->runs = sum(all->runs, from->runs);
	all->left_out = sum(all->left_out, from->left_out);
	all->seconds += from->seconds;
	all->stopped |= from->stopped;
	if (all->n)
		qsort(all->sites, all->n, sizeof *all->sites, compare_places);
	size_t known = all->n;
	all->sites = xreallocarray(all->sites, all->n + from->n + 1, sizeof *all->sites);
	for (size_t i = 0; i < from->n; i++) {
		struct explored_site *there =
			known ? bsearch(&from->sites[i], all->sites, known, sizeof *all->sites, compare_places) : NULL;
		if (!there) {
			there = &all->sites[all->n++];
			*there = (struct explored_site){.call = from->sites[i].call, .site = from->sites[i].site};
		}
		unite_site(there, &from->sites[i]);
	}
}

void explored_settle(struct explored *explored)
{
	if (!explored || !explored->n)
		return;
	qsort(explored->sites, explored->n, sizeof *explored->sites, compare_sites);
	for (size_t i = 0; i < explored->n; i++)
		if (explored->sites[i].n)
			qsort(explored->sites[i].faults, explored->sites[i].n, sizeof *explored->sites[i].faults,
			      compare_faults);
}

/* -- faults --------------------------------------------------------------------------------------------------- */

static bool is_known(const char *what)
{
	static const char *const kinds[] = {"site", "injected", "crash", "thread"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i], what) == 0)
			return true;
	return false;
}

char *fault_add(json_t *faults, const json_t *element)
{
	const char *what, *op = NULL, *code = NULL, *site = NULL;
	json_int_t pid, tid = 0;
	struct symbols *stack = NULL;
	json_error_t error;
	if (json_unpack_ex((json_t *)element, &error, 0, "{s:s, s:I, s?I, s?s, s?s, s?s}", "fault", &what, "pid", &pid,
			   "tid", &tid, "op", &op, "errno", &code, "site", &site) != 0)
		return xstrdup(error.text);
	if (!is_known(what))
		return xasprintf("no fault '%.40s' is known", what);
	if (pid < 0 || tid < 0)
		return xstrdup("a number below 0");
	char *why = json_stack_read(json_object_get(element, "stack"), "stack", &stack);
	if (!why) {
		json_t *fault = json_object();
		json_set_text(fault, "fault", what);
		json_set_number(fault, "pid", pid);
		if (tid > 0)
			json_set_number(fault, "tid", tid);
		json_set_text(fault, "op", op);
		json_set_text(fault, "errno", code);
		json_set_text(fault, "site", site);
		if (stack)
			json_object_set_new(fault, "stack", json_stack(stack));
		json_array_append_new(faults, fault);
	}
	free(stack);
	return why;
}

json_t *faults_sorted(const json_t *faults)
{
	size_t n = json_array_size(faults);
	char **texts = xcalloc(n + 1, sizeof *texts);
	for (size_t i = 0; i < n; i++)
		texts[i] = text_of(json_array_get(faults, i));
	qsort(texts, n, sizeof *texts, compare_words);
	json_t *sorted = json_array();
	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(texts[i], texts[i - 1]) != 0)
			json_array_append_new(sorted, json_loads(texts[i], 0, NULL));
	}
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
	return sorted;
}
