/* The report of a fleet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/fleet_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/progress.h"
#include "analyzer/base/util.h"
#include "analyzer/fleet/fetch.h"
#include "analyzer/fleet/fetch_ahead.h"
#include "analyzer/fleet/private_folder.h"
#include "analyzer/fleet/rows.h"
#include "analyzer/report/merge.h"
#include "analyzer/report/report.h"

struct gathering {
	struct server *server;
	const struct fleet_question *question;
	const struct limits *limits;
	const struct delivery *delivery;
	struct replay_totals all, told; /* in the range: of all, and of those that the report is made from */
	struct private_folder folder;
	FILE *candidates; /* host, boot, process, by host and boot */
	size_t homes;	  /* how many (host, boot) are in it */
	char *last;	  /* host and boot */
	struct merge *merge;
};

/* -- candidates ----------------------------------------------------------------------------------------------- */

static bool keep_candidate(void *context, const struct field *row)
{
	struct gathering *gathering = context;
	char *home = xasprintf("%s\t%s", row[0].text, row[1].text);
	gathering->homes += !gathering->last || strcmp(gathering->last, home) != 0;
	free(gathering->last);
	gathering->last = home;
	for (size_t i = 0; i < 3; i++)
		fwrite(row[i].text, 1, strlen(row[i].text) + 1, gathering->candidates);
	return true;
}

/* On disk, since there may be many. */
static int find_candidates(struct gathering *gathering)
{
	char *path = xasprintf("%s/candidates", gathering->folder.path),
	     *sql = question_candidates(gathering->question, gathering->limits);
	gathering->candidates = fopen(path, "w+e");
	int result = gathering->candidates ? rows_read(gathering->server, sql, 3, keep_candidate, gathering) : -1;
	if (!gathering->candidates ||
	    (result == 0 && (fflush(gathering->candidates) != 0 || ferror(gathering->candidates)))) {
		complain("%s: %s", path, strerror(errno));
		result = -1;
	}
	if (result == 0)
		rewind(gathering->candidates);
	free(sql);
	free(path);
	return result;
}

/* -- judging -------------------------------------------------------------------------------------------------- */

static enum delivered judge_portion(struct gathering *gathering, const struct portion *portion,
				    const struct delivery *delivery)
{
	const char *path = portion->folder;
	bool none = rmdir(path) == 0; /* lines are dropped sooner than their signs where somebody drops them by hand */
	return report_traces(delivery, gathering->limits, &path, none ? 0 : 1, NULL);
}

/* Adds the report of a portion to the whole one. What is suppressed and what fails is decided there. */
static int merge_portion(struct gathering *gathering, const struct portion *portion)
{
	char *text, *name = xasprintf("%s, part %zu", server_name(gathering->server), portion->number + 1), *why = NULL;
	size_t n;
	struct delivery delivery = {.outputs.format = FORMAT_json, .into = memstream(&text, &n)};
	delivery.criteria.no_defaults = true;
	delivery.criteria.suppressions = suppressions_new();
	delivery.criteria.baseline = baseline_new();
	enum delivered result = judge_portion(gathering, portion, &delivery);
	fclose(delivery.into);
	suppressions_free(delivery.criteria.suppressions);
	baseline_free(delivery.criteria.baseline);
	if (result != DELIVERED_NOT)
		why = merge_add(gathering->merge, name, text, n);
	if (why)
		complain("%s", why);
	free(text);
	free(name);
	free(why);
	return result == DELIVERED_NOT || why ? -1 : 0;
}

static uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

/* Those that the report is not made from. */
static struct replay_totals beyond(const struct gathering *gathering)
{
	const struct replay_totals *all = &gathering->all, *told = &gathering->told;
	return (struct replay_totals){.processes = less(all->processes, told->processes),
				      .sockets = less(all->sockets, told->sockets),
				      .events = less(all->events, told->events)};
}

static enum delivered deliver_merged(struct gathering *gathering)
{
	struct report report = merge_report(gathering->merge);
	report.n_runs = 0; /* parts mean nothing to whoever reads it */
	struct replay_totals rest = beyond(gathering);
	struct delivery delivery = *gathering->delivery;
	delivery.beyond = &rest;
	enum delivered result = deliver(&delivery, &report, stdout);
	merge_report_free(&report);
	return result;
}

static void add_totals(struct replay_totals *sum, const struct replay_totals *more)
{
	sum->processes += more->processes;
	sum->sockets += more->sockets;
	sum->events += more->events;
}

static enum delivered judge_all(struct gathering *gathering)
{
	struct portion portion;
	enum delivered result = DELIVERED_CLEAN;
	bool alone = gathering->homes && gathering->homes <= PORTION_HOMES;
	struct fetch_ahead *ahead = fetch_ahead_begin(gathering->server, gathering->question, gathering->candidates,
						      gathering->folder.path);
	for (size_t done = 0; ahead && result != DELIVERED_NOT && done < gathering->homes; done += portion.homes) {
		progress_stage("fetching lines");
		progress_show(done, gathering->homes);
		bool there = fetch_ahead_next(ahead, &portion);
		progress_end();
		if (!there) {
			result = DELIVERED_NOT;
			break;
		}
		add_totals(&gathering->told, &portion.told);
		if (alone) {
			struct replay_totals rest = beyond(gathering);
			struct delivery delivery = *gathering->delivery;
			delivery.beyond = &rest;
			result = judge_portion(gathering, &portion, &delivery);
		} else if (merge_portion(gathering, &portion) != 0) {
			result = DELIVERED_NOT;
		}
		fetch_ahead_drop(ahead, &portion);
	}
	if (!ahead)
		result = DELIVERED_NOT;
	fetch_ahead_end(ahead);
	return alone || result == DELIVERED_NOT ? result : deliver_merged(gathering);
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

enum delivered fleet_report(struct server *server, const struct fleet_question *question, const struct limits *limits,
			    const struct delivery *delivery)
{
	struct gathering gathering = {.server = server, .question = question, .limits = limits, .delivery = delivery};
	enum delivered result = DELIVERED_NOT;
	if (fetch_count(server, question, "", &gathering.all) != 0)
		return DELIVERED_NOT;
	if (private_folder_make(&gathering.folder) != 0)
		return DELIVERED_NOT;
	gathering.merge = merge_new();
	if (find_candidates(&gathering) == 0) {
		if (gathering.all.processes + gathering.all.events + gathering.homes == 0)
			fleet_complain_of_nothing(server, question);
		else
			result = judge_all(&gathering);
	}
	if (gathering.candidates)
		fclose(gathering.candidates);
	merge_free(gathering.merge);
	private_folder_remove(&gathering.folder);
	free(gathering.last);
	return result;
}
