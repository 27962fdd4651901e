/* The data that every report format is written from; for report.c and report_FORMAT.c only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_DATA_H
#define SOCKSAN_ANALYZER_REPORT_DATA_H

#include "analyzer/report/explored.h"
#include "analyzer/report/fingerprint.h"
#include "analyzer/report/format.h"
#include "analyzer/report/incomplete.h"
#include "analyzer/report/injected.h"
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
	const struct symbols *stacks[ROLE_COUNT];	    /* NULL: none */
	const struct symbol *registered[REGISTERED_PLACES]; /* the same of what is registered */
	const struct symbol *places[STORY_STEPS];	    /* of the steps of its story; NULL: unknown */
	char fingerprint[FINGERPRINT_SIZE], old_fingerprint[FINGERPRINT_SIZE]; /* by either recipe */
	struct report_item
		*also;	 /* another violation of its descriptor, which a text shows with it; NULL: none, or no more */
	bool is_also;	 /* it is shown with another */
	bool suppressed; /* by a line of --suppressions, or by default */
	const char *by_design;		 /* why it is suppressed by default; NULL: it is not */
	bool known;			 /* by --baseline */
	bool fails;			 /* reaches --fail-on */
	const struct injected *injected; /* what was made to fail before it; NULL: nothing */
	unsigned twin;		      /* how many items before it have the same fingerprint and differ only in lines */
	const struct run_count *runs; /* of a merged report: which of the reports had it */
	size_t n_runs;
};

/* What a running process has open from one place. */
struct open_place {
	const struct traced_process *process;
	const struct origin *origin;
	const struct socket_life *oldest;
	const struct symbols *opened; /* NULL: no stack */
	uint64_t sockets;
	uint64_t states[STATES]; /* how many are in each, if known */
	struct int_set fds;
	const char *host; /* where the report is of several */
	int64_t age;	  /* of the oldest, in ns */
};

struct report {
	struct report_item *items;
	size_t n_items;
	const struct traced_process *processes;
	struct replay_totals totals;
	uint64_t torn;
	uint64_t lost;		 /* events of processes that have no trace with a count */
	struct open_place *open; /* the oldest first */
	size_t n_open;
	size_t max;	    /* --max: so many violations are shown in text; 0: all */
	bool full_stacks;   /* --full-stacks, for the formats that fold them */
	bool observed;	    /* false: no process was seen at all */
	bool sockets_alone; /* only sockets are judged */
	bool many_hosts;    /* its processes are of several */
	bool has_baseline;
	char **notes; /* facts that are not violations */
	size_t n_notes;
	struct incompletes incomplete;	   /* what the report lacks, and why */
	bool allow_dropped;		   /* then that fails nothing */
	const struct explored *explored;   /* NULL: the report is not of `socksan explore` */
	json_t *faults;			   /* of the reports that were merged; NULL: those of `processes` */
	const struct lifelines *lifelines; /* NULL: not recorded */
	char *const *runs;		   /* the names of the reports that were merged */
	size_t n_runs;
};

/* Hosts are told where there are several. */
void report_settle_hosts(struct report *report);

/* Fills in `open`; `now` is CLOCK_MONOTONIC. */
void report_find_open(struct report *report, int64_t now);
void report_free_open(struct report *report);

/* Adds a note, which the report then owns. */
void report_note(struct report *report, char *note);

/* What a place has open: "12 TCP sockets, the oldest for 5 s"; "10 ESTABLISHED, 2 CLOSE_WAIT"; "1 4 7 12", one number per step. */
void print_open_heading(FILE *out, const struct open_place *place);
void print_open_states(FILE *out, const struct open_place *place);
void print_open_growth(FILE *out, const struct open_place *place);

/* Whether `socksan attach` came back to the process later: what it had open at the detach before is out of date. */
bool process_attached_again(const struct traced_process *process);

/* What one of these writes, to be freed. */
char *open_words(void (*print)(FILE *, const struct open_place *), const struct open_place *place);

/* Parts of the text report, without colours, that other formats use: an item, what a place has open, and the summary line. */
void text_item(FILE *out, const struct report_item *item);
void text_open(FILE *out, const struct open_place *place);
bool text_notes(FILE *out, const struct report *report); /* false: there are none, and nothing was written */
void text_summary(FILE *out, const struct report *report);

#endif
