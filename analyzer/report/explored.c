/* What `socksan explore` tried: see explored.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/explored.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"
#include "analyzer/symbols/symbols.h"

const char *explored_name(enum explored_result result)
{
	static const char *const names[EXPLORED_RESULTS] = {
		[EXPLORED_NOT_TRIED] = "not-tried",
		[EXPLORED_SILENT] = "silent",
		[EXPLORED_FOUND] = "found",
		[EXPLORED_NOT_REACHED] = "not-reached",
	};
	return names[result];
}

uint64_t explored_count(const struct explored *explored, enum explored_result result)
{
	uint64_t n = 0;
	for (size_t i = 0; i < explored->n; i++)
		for (size_t j = 0; j < explored->sites[i].n; j++)
			n += explored->sites[i].faults[j].result == result;
	return n;
}

char *explored_place(const struct explored_site *site)
{
	const struct symbol *place = site->stack ? symbols_location(site->stack) : NULL;
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fputs(site->call, out);
	if (place) {
		fputs(" at ", out);
		print_location(out, place);
	}
	fclose(out);
	return text;
}

/* Lists the faults with this result, one per line, up to a limit. */
static void list(FILE *out, const struct explored *explored, enum explored_result result, const char *title)
{
	enum { SHOWN = 12 };
	uint64_t all = explored_count(explored, result), shown = 0;
	if (!all)
		return;
	fprintf(out, "%s:\n", title);
	for (size_t i = 0; i < explored->n && shown < SHOWN; i++) {
		const struct explored_site *site = &explored->sites[i];
		for (size_t j = 0; j < site->n && shown < SHOWN; j++) {
			if (site->faults[j].result != result)
				continue;
			char *place = explored_place(site);
			fprintf(out, "  %s with ", site->call);
			print_safe(out, site->faults[j].error);
			fputs(place[strlen(site->call)] ? "" : " at an unknown place", out);
			print_safe(out, place + strlen(site->call));
			fputc('\n', out);
			free(place);
			shown++;
		}
	}
	if (all > shown)
		fprintf(out, "  ... and %llu more (all are in the JSON report)\n", (unsigned long long)(all - shown));
}

void explored_summary(FILE *out, const struct explored *explored)
{
	uint64_t silent = explored_count(explored, EXPLORED_SILENT), found = explored_count(explored, EXPLORED_FOUND),
		 tried = silent + found;
	fputs("explored: ", out);
	print_count(out, tried, "failure");
	fputs(" at ", out);
	print_count(out, explored->n, "place");
	fputs(" in ", out);
	print_count(out, explored->runs, "run");
	char *time = time_text((long long)(explored->seconds * 1e9));
	fprintf(out, " and %s; %llu led to violations", time, (unsigned long long)found);
	free(time);
	uint64_t left = explored_count(explored, EXPLORED_NOT_TRIED),
		 missed = explored_count(explored, EXPLORED_NOT_REACHED);
	if (missed)
		fprintf(out, ", %llu not reached", (unsigned long long)missed);
	if (left)
		fprintf(out, ", %llu not tried", (unsigned long long)left);
	if (explored->left_out)
		fprintf(out, "; %llu places left out", (unsigned long long)explored->left_out);
	fputc('\n', out);
}

void explored_text(FILE *out, const struct explored *explored)
{
	list(out, explored, EXPLORED_NOT_REACHED, "not reached again, in three runs each");
	if (explored->stopped)
		list(out, explored, EXPLORED_NOT_TRIED, "not tried");
	explored_summary(out, explored);
}

json_t *explored_json(const struct explored *explored)
{
	json_t *object = json_object(), *sites = json_array();
	for (size_t i = 0; i < explored->n; i++) {
		const struct explored_site *site = &explored->sites[i];
		json_t *place = json_object(), *faults = json_array();
		json_set_text(place, "call", site->call);
		json_set_text(place, "site", site->site);
		json_object_set_new(place, "own", json_boolean(site->own));
		if (site->unsteady)
			json_object_set_new(place, "unsteady", json_true());
		if (site->stack)
			json_object_set_new(place, "stack", json_stack(site->stack));
		for (size_t j = 0; j < site->n; j++) {
			json_t *fault = json_object();
			json_set_text(fault, "errno", site->faults[j].error);
			json_set_text(fault, "result", explored_name(site->faults[j].result));
			json_set_text(fault, "codes", site->faults[j].codes);
			json_array_append_new(faults, fault);
		}
		json_object_set_new(place, "faults", faults);
		json_array_append_new(sites, place);
	}
	json_set_number(object, "runs", (long long)explored->runs);
	json_object_set_new(object, "seconds", json_real(explored->seconds));
	json_set_number(object, "left_out", (long long)explored->left_out);
	json_object_set_new(object, "stopped", json_boolean(explored->stopped));
	json_object_set_new(object, "sites", sites);
	return object;
}

void explored_free(struct explored *explored)
{
	for (size_t i = 0; i < explored->n; i++) {
		struct explored_site *site = &explored->sites[i];
		for (size_t j = 0; j < site->n; j++)
			free(site->faults[j].codes);
		free(site->faults);
		free(site->stack);
	}
	free(explored->sites);
}
