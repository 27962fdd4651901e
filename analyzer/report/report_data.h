/* What every format of the report is written from; for report.c and report_FORMAT.c only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_DATA_H
#define SOCKSAN_ANALYZER_REPORT_DATA_H

#include "analyzer/report/fingerprint.h"
#include "analyzer/report/format.h"
#include "analyzer/report/incomplete.h"
#include "analyzer/judge/finding.h"
#include "analyzer/replay/replay.h"
#include "analyzer/symbols/symbols.h"

#define REPORT_SCHEMA "socksan-report/1"
enum { REPORT_SCHEMA_NAME = sizeof "socksan-report/" - 1 }; /* its bytes before the number */

/* How often a violation occurred in one of the reports that were merged, the first of which is 0. */
struct run_count {
	size_t run;
	uint64_t count;
};

struct report_item {
	struct finding *finding;
	const struct symbols *stacks[ROLE_COUNT]; /* NULL: none */
	const struct symbol *places[STORY_STEPS]; /* of the steps of its story; NULL: not known */
	char fingerprint[FINGERPRINT_SIZE], old_fingerprint[FINGERPRINT_SIZE]; /* by either recipe */
	struct report_item
		*also;	 /* another violation of its descriptor, which a text tells with it; NULL: none, or no more */
	bool is_also;	 /* it is told with another */
	bool suppressed; /* by a line of --suppressions, or by default */
	const char *by_design; /* why it is suppressed by default; NULL: it is not */
	bool known;	       /* by --baseline */
	bool fails;	       /* reaches --fail-on */
	unsigned twin;	       /* how many items before it have its fingerprint: those that differ in lines alone */
	const struct run_count *runs; /* of a report that is merged: which of the reports had it */
	size_t n_runs;
};

/* What a running process has open of one place that makes sockets. */
struct open_place {
	const struct traced_process *process;
	const struct origin *origin;
	const struct socket_life *oldest;
	const struct symbols *opened; /* NULL: no stack */
	uint64_t sockets;
	uint64_t states[STATES]; /* how many are in each, where it is known */
	struct int_set fds;
	int64_t age; /* of the oldest, in ns */
};

struct report {
	struct report_item *items;
	size_t n_items;
	const struct traced_process *processes;
	struct replay_totals totals;
	uint64_t torn;
	uint64_t lost;		 /* events of processes that have no trace to count them in */
	struct open_place *open; /* the oldest first */
	size_t n_open;
	size_t max;	    /* --max: so many violations are shown in text; 0: all */
	bool full_stacks;   /* --full-stacks, for the formats that fold them */
	bool observed;	    /* false: no process was seen at all */
	bool sockets_alone; /* nothing else is judged */
	bool has_baseline;
	char **notes; /* true things that are no violation */
	size_t n_notes;
	struct incompletes incomplete;	   /* what is not in it, and why */
	bool allow_dropped;		   /* which then fails nothing */
	const struct lifelines *lifelines; /* NULL: not recorded */
	char *const *runs;		   /* the names of the reports that were merged */
	size_t n_runs;
};

/* Fills in `open`; `now` is the time of CLOCK_MONOTONIC. */
void report_find_open(struct report *report, int64_t now);
void report_free_open(struct report *report);

/* Takes a note that is the report's from now on. */
void report_note(struct report *report, char *note);

/* What a place has open, in words: "12 TCP sockets, the oldest for 5 s"; "10 ESTABLISHED, 2 CLOSE_WAIT"; "1 4 7 12", of each step. */
void print_open_heading(FILE *out, const struct open_place *place);
void print_open_states(FILE *out, const struct open_place *place);
void print_open_growth(FILE *out, const struct open_place *place);

/* Parts of the text report, without colours, that other formats show: an item, what a place has open, and what it all comes to, in a line. */
void text_item(FILE *out, const struct report_item *item);
void text_open(FILE *out, const struct open_place *place);
bool text_notes(FILE *out, const struct report *report); /* false: there are none, and nothing was written */
void text_summary(FILE *out, const struct report *report);

#endif
