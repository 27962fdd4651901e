/* What to try: see plan.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/explore/plan.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"

static bool has_own(const struct symbols *stack)
{
	for (size_t i = 0; stack && i < stack->n; i++)
		if (stack->list[i].own)
			return true;
	return false;
}

/* Matches "*text*" against the function, file or module of a frame. */
static bool matches(const char *pattern, const char *text)
{
	return text && (fnmatch(pattern, text, FNM_EXTMATCH) == 0 || strstr(text, pattern));
}

static bool is_skipped(const struct exploration *wanted, const struct explored_site *site)
{
	for (size_t i = 0; i < wanted->n_skipped; i++) {
		const char *pattern = wanted->skipped[i];
		if (matches(pattern, site->call))
			return true;
		for (size_t j = 0; site->stack && j < site->stack->n; j++) {
			const struct symbol *symbol = &site->stack->list[j];
			if (matches(pattern, symbol->function) || matches(pattern, symbol->file) ||
			    matches(pattern, symbol->module))
				return true;
		}
	}
	return false;
}

static bool is_wanted(const struct exploration *wanted, const char *error, bool asked)
{
	if (!wanted->errors)
		return !asked;
	for (size_t i = 0; i < wanted->n_errors; i++)
		if (strcmp(wanted->errors[i], error) == 0)
			return true;
	return false;
}

/* Adds the wanted faults of a place. */
static void add_faults(struct explored_site *site, const struct exploration *wanted, const struct learnt_site *learnt)
{
	char *errors = xstrdup(learnt->errors), *rest = errors, *error;
	size_t cap = 0;
	while ((error = strsep(&rest, " "))) {
		char *mark = strchr(error, '?');
		if (mark)
			*mark = '\0';
		const char *name = fault_error(learnt->call, error);
		if (!name || !is_wanted(wanted, name, mark != NULL))
			continue;
		GROW(site->faults, site->n, cap);
		site->faults[site->n++] = (struct explored_fault){.error = name};
	}
	free(errors);
}

/* Places with a frame of the user's own come before others, new places before a second way to fail, calls that make descriptors before those
 * that move data. */
static unsigned rank_of(const struct explored_site *site, enum faulty call, size_t nth)
{
	return (unsigned)nth * 2 * GROUPS + (site->own ? 0 : GROUPS) + (unsigned)faulty_group(call);
}

static int compare(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;
	COMPARE(x->rank, y->rank);
	COMPARE(x->site, y->site);
	return 0;
}

struct plan plan_make(const struct exploration *wanted, const struct undisturbed *base, struct explored *explored)
{
	struct plan plan = {0};
	size_t cap = 0;
	bool any_own = false;
	explored->sites = xcalloc(HASH_COUNT(base->sites), sizeof *explored->sites);
	for (const struct learnt_site *learnt = base->sites; learnt; learnt = learnt->hh.next) {
		struct explored_site site = {.call = faulty_name(learnt->call),
					     .site = learnt->site,
					     .unsteady = learnt->runs < base->runs};
		char *why = json_stack_read(learnt->stack, "site", &site.stack);
		free(why);
		site.own = has_own(site.stack);
		if (wanted->calls[learnt->call] && !is_skipped(wanted, &site))
			add_faults(&site, wanted, learnt);
		any_own |= site.own && site.n > 0;
		if (site.n > 0) {
			explored->sites[explored->n++] = site;
		} else {
			free(site.stack);
			explored->left_out++;
		}
	}
	if (any_own && !wanted->everywhere) {
		size_t kept = 0;
		for (size_t i = 0; i < explored->n; i++) {
			if (explored->sites[i].own) {
				explored->sites[kept++] = explored->sites[i];
				continue;
			}
			free(explored->sites[i].faults);
			free(explored->sites[i].stack);
			explored->left_out++;
		}
		explored->n = kept;
	}
	for (size_t i = 0; i < explored->n; i++)
		for (size_t j = 0; j < explored->sites[i].n; j++) {
			struct explored_site *site = &explored->sites[i];
			enum faulty call = faulty_find(site->call);
			GROW(plan.list, plan.n, cap);
			plan.list[plan.n++] = (struct planned){.site = site,
							       .fault = &site->faults[j],
							       .call = call,
							       .rank = rank_of(site, call, j)};
		}
	if (plan.n)
		qsort(plan.list, plan.n, sizeof *plan.list, compare);
	return plan;
}

static bool is_note(const json_t *violation)
{
	const char *severity = json_string_value(json_object_get(violation, "severity"));
	return severity && strcmp(severity, "note") == 0;
}

void planned_set_codes(struct planned *planned, const json_t *found)
{
	struct explored_fault *fault = planned->fault;
	const json_t *violation;
	size_t i;
	char *codes = xstrdup("");
	fault->result = EXPLORED_SILENT;
	json_array_foreach(found, i, violation)
	{
		const char *code = json_string_value(json_object_get(violation, "code"));
		if (is_note(violation))
			continue;
		fault->result = EXPLORED_FOUND;
		char *longer =
			strstr(codes, code) ? xstrdup(codes) : xasprintf("%s%s%s", codes, *codes ? " " : "", code);
		free(codes);
		codes = longer;
	}
	free(fault->codes);
	fault->codes = *codes ? codes : NULL;
	if (!*codes)
		free(codes);
}
