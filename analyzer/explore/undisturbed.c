/* What a command does when no call is made to fail: see undisturbed.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/explore/undisturbed.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

static void take_site(struct undisturbed *all, const json_t *fault)
{
	const char *what = "", *op = "", *errors = "", *site = "";
	json_unpack((json_t *)fault, "{s:s, s?s, s?s, s?s}", "fault", &what, "op", &op, "errno", &errors, "site",
		    &site);
	enum faulty call = faulty_find(op);
	if (strcmp(what, "site") != 0 || call == FAULTIES || strlen(site) != SITE_SIZE - 1)
		return;
	struct learnt_site *there;
	char key[sizeof there->key];
	snprintf(key, sizeof key, "%s@%s", op, site);
	HASH_FIND_STR(all->sites, key, there);
	if (!there) {
		there = xcalloc(1, sizeof *there);
		strcpy(there->key, key);
		strcpy(there->site, site);
		there->call = call;
		there->errors = errors;
		there->stack = json_object_get(fault, "stack");
		there->order = HASH_COUNT(all->sites);
		HASH_ADD_STR(all->sites, key, there);
	}
	/* Several processes of one run may report it. */
	if (there->runs < all->runs)
		there->runs = all->runs;
}

static void take_print(struct undisturbed *all, const json_t *violation)
{
	struct known_print *there;
	const char *text = json_string_value(json_object_get(violation, "fingerprint"));
	if (!text || strlen(text) >= sizeof there->text)
		return;
	HASH_FIND_STR(all->prints, text, there);
	if (there)
		return;
	there = xcalloc(1, sizeof *there);
	strcpy(there->text, text);
	HASH_ADD_STR(all->prints, text, there);
}

uint64_t report_signals(const json_t *report)
{
	const json_t *process;
	uint64_t signals = 0;
	size_t i;
	json_array_foreach(json_object_get(report, "processes"), i, process)
	{
		json_int_t signal = json_integer_value(json_object_get(process, "signal"));
		if (signal > 0 && signal < 64)
			signals |= UINT64_C(1) << signal;
	}
	return signals;
}

/* Counts in how many runs each site was reached: several reports from one run count as one. */
static void count_runs(struct undisturbed *all, const unsigned *before)
{
	unsigned i = 0;
	for (struct learnt_site *site = all->sites; site; site = site->hh.next, i++) {
		unsigned had = site->order < before[0] ? before[1 + site->order] : 0;
		site->runs = site->runs == all->runs ? had + 1 : had;
	}
}

void undisturbed_take(struct undisturbed *all, struct trial_result *result)
{
	const json_t *element;
	size_t i;
	unsigned n = HASH_COUNT(all->sites), *before = xcalloc(n + 1, sizeof *before);
	before[0] = n;
	for (struct learnt_site *site = all->sites; site; site = site->hh.next) {
		before[1 + site->order] = site->runs;
		site->runs = 0;
	}
	all->results[all->runs++] = *result;
	json_array_foreach(json_object_get(result->report, "faults"), i, element) take_site(all, element);
	json_array_foreach(json_object_get(result->report, "violations"), i, element) take_print(all, element);
	count_runs(all, before);
	free(before);
	all->signals |= report_signals(result->report);
	if (result->took > all->longest)
		all->longest = result->took;
	if (all->runs == 1) {
		all->status = result->status;
		all->out = result->out;
		all->error = result->error;
		all->same_out = all->same_error = all->same_status = true;
	}
	all->same_out &= strcmp(all->out, result->out) == 0;
	all->same_error &= strcmp(all->error, result->error) == 0;
	all->same_status &= all->status == result->status;
	*result = (struct trial_result){0};
}

void undisturbed_take_prints(struct undisturbed *all, const struct trial_result *result)
{
	const json_t *violation;
	size_t i;
	json_array_foreach(json_object_get(result->report, "violations"), i, violation) take_print(all, violation);
}

bool undisturbed_has(const struct undisturbed *all, const char *print)
{
	struct known_print *there;
	HASH_FIND_STR(all->prints, print, there);
	return there != NULL;
}

json_t *undisturbed_notes(const struct undisturbed *all)
{
	json_t *notes = json_array();
	size_t unsteady = 0;
	for (const struct learnt_site *site = all->sites; site; site = site->hh.next)
		unsteady += site->runs < all->runs;
	char *text = NULL;
	if (unsteady) {
		text = xasprintf("the command varies from run to run: %zu of %u places were not reached in each of %u "
				 "undisturbed runs",
				 unsteady, HASH_COUNT(all->sites), all->runs);
		json_array_append_new(notes, json_string(text));
		free(text);
	}
	if (all->status) {
		text = xasprintf(
			"undisturbed, the command exits with status %d: calls that it does not reach could not be tried",
			all->status);
		json_array_append_new(notes, json_string(text));
		free(text);
	}
	if (!all->same_status)
		json_array_append_new(notes, json_string("the exit status differs between undisturbed runs"));
	if (!all->same_out)
		json_array_append_new(notes, json_string("standard output differs between undisturbed runs: whether a "
							 "failure goes unreported is not told"));
	return notes;
}

bool undisturbed_died(const struct undisturbed *all, const json_t *exe, int signal)
{
	const json_t *process;
	size_t i;
	for (unsigned run = 0; run < all->runs; run++)
		json_array_foreach(json_object_get(all->results[run].report, "processes"), i, process)
		{
			if (json_integer_value(json_object_get(process, "signal")) == signal &&
			    json_equal(json_object_get(process, "exe"), (json_t *)(uintptr_t)exe))
				return true;
		}
	return false;
}

void undisturbed_free(struct undisturbed *all)
{
	struct learnt_site *site, *next_site;
	struct known_print *print, *next_print;
	HASH_ITER (hh, all->sites, site, next_site) {
		HASH_DEL(all->sites, site);
		free(site);
	}
	HASH_ITER (hh, all->prints, print, next_print) {
		HASH_DEL(all->prints, print);
		free(print);
	}
	for (unsigned i = 0; i < all->runs; i++)
		trial_result_free(&all->results[i]);
}
