/* Baselines: how often each fingerprint occurred.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/report/fingerprint.h"
#include "analyzer/base/hash.h"
#include "analyzer/report/report_read.h"
#include "analyzer/base/util.h"

/* The recipe of a baseline's fingerprint: the current one, for violations with `own`, or possibly the former one. */
enum recipe { THIS, EITHER, RECIPES };

struct known_finding {
	char fingerprint[FINGERPRINT_SIZE]; /* the key */
	struct {
		uint64_t count;	 /* in the report where it is the largest */
		uint64_t adding; /* in the report that is being read */
		uint64_t now;	 /* in the report that is being checked */
	} by[RECIPES];
	UT_hash_handle hh;
};

struct baseline {
	struct known_finding *known;
};

struct baseline *baseline_new(void) { return xcalloc(1, sizeof(struct baseline)); }

void baseline_free(struct baseline *baseline)
{
	struct known_finding *known, *next;
	if (!baseline)
		return;
	HASH_ITER (hh, baseline->known, known, next) {
		HASH_DEL(baseline->known, known);
		free(known);
	}
	free(baseline);
}

static const char *fingerprint_of(const json_t *violation)
{
	const char *text = json_string_value(json_object_get(violation, "fingerprint"));
	return text && fingerprint_is_valid(text) ? text : NULL;
}

static struct known_finding *find(const struct baseline *baseline, const char *fingerprint)
{
	struct known_finding *known;
	HASH_FIND_STR(baseline->known, fingerprint, known);
	return known;
}

static void add(struct baseline *baseline, const json_t *violation)
{
	const char *fingerprint = fingerprint_of(violation);
	json_int_t count = json_integer_value(json_object_get(violation, "count"));
	struct known_finding *known = find(baseline, fingerprint);
	if (!known) {
		known = xcalloc(1, sizeof *known);
		strcpy(known->fingerprint, fingerprint);
		HASH_ADD_STR(baseline->known, fingerprint, known);
	}
	uint64_t *adding = &known->by[json_object_get(violation, "own") ? THIS : EITHER].adding;
	*adding = sum(*adding, count > 1 ? (uint64_t)count : 1);
}

char *baseline_add(struct baseline *baseline, const char *name, const char *text, size_t n)
{
	char *why = NULL;
	json_t *report = report_parse(name, text, n, &why), *violation;
	size_t i;
	if (!report)
		return why;
	if (json_array_size(json_object_get(report, "incomplete")) > 0)
		complain("%s: this baseline was made from an incomplete report: what that did not see counts as new",
			 name);
	const json_t *list = json_object_get(report, "violations");
	json_array_foreach(list, i, violation) if (!why && !fingerprint_of(violation)) why =
		xasprintf("%s: violations[%zu] has no \"fingerprint\" of 16 hex digits", name, i);
	if (!why)
		json_array_foreach(list, i, violation) add(baseline, violation);
	for (struct known_finding *known = baseline->known; known; known = known->hh.next)
		for (int recipe = 0; recipe < RECIPES; recipe++) {
			if (known->by[recipe].count < known->by[recipe].adding)
				known->by[recipe].count = known->by[recipe].adding;
			known->by[recipe].adding = 0;
		}
	json_decref(report);
	return why;
}

/* -- what is known -------------------------------------------------------------------------------------------- */

/* Whether the fingerprint includes named user functions, by this recipe or the former one. Those of a program without symbols have no name,
 * so they look alike. */
static bool has_own_functions(const struct report_item *item, bool old)
{
	for (int role = 0; role < ROLES_TELLING; role++)
		for (size_t i = 0; item->stacks[role] && i < item->stacks[role]->n; i++) {
			const struct symbol *frame = &item->stacks[role]->list[i];
			if (frame->own && frame->function && (old ? frame->counted : frame->counts))
				return true;
		}
	return false;
}

static void count(const struct baseline *baseline, const struct report_item *item, const char *fingerprint,
		  enum recipe recipe)
{
	struct known_finding *known = find(baseline, fingerprint);
	if (known)
		known->by[recipe].now = sum(known->by[recipe].now, item->finding->count);
}

static bool is_there(const struct baseline *baseline, const char *fingerprint, enum recipe recipe)
{
	const struct known_finding *known = find(baseline, fingerprint);
	return known && known->by[recipe].count;
}

static bool is_known(const struct baseline *baseline, const char *fingerprint, enum recipe recipe, bool own)
{
	const struct known_finding *known = find(baseline, fingerprint);
	return is_there(baseline, fingerprint, recipe) && (own || known->by[recipe].now <= known->by[recipe].count);
}

/* A reader who finds the fingerprint in the baseline would wonder. */
static void note_grown(struct report *report, size_t n)
{
	if (n)
		report_note(
			report,
			xasprintf(
				"%zu violation%s without named frames of your own %s in the baseline, but fewer times "
				"than now: which of them are new is unknown, so all count as new",
				n, n == 1 ? "" : "s", n == 1 ? "is" : "are"));
}

void baseline_apply(struct baseline *baseline, struct report *report)
{
	size_t grown = 0;
	for (struct known_finding *known = baseline->known; known; known = known->hh.next)
		known->by[THIS].now = known->by[EITHER].now = 0;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		count(baseline, item, item->fingerprint, THIS);
		count(baseline, item, item->fingerprint, EITHER);
		if (strcmp(item->fingerprint, item->old_fingerprint) != 0)
			count(baseline, item, item->old_fingerprint, EITHER);
	}
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		bool own = has_own_functions(item, false), owned = has_own_functions(item, true);
		item->known |= is_known(baseline, item->fingerprint, THIS, own) ||
			       is_known(baseline, item->fingerprint, EITHER, own) ||
			       is_known(baseline, item->old_fingerprint, EITHER, owned);
		grown += !item->known &&
			 (find(baseline, item->fingerprint) || is_there(baseline, item->old_fingerprint, EITHER));
	}
	note_grown(report, grown);
}
