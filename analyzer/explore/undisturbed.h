/* What a command does when no call is made to fail: the places where calls may fail, and its violations.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_UNDISTURBED_H
#define SOCKSAN_ANALYZER_UNDISTURBED_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "analyzer/base/hash.h"
#include "analyzer/explore/fault_spec.h"
#include "analyzer/explore/trial.h"

enum { UNDISTURBED_RUNS = 3 };

/* A place where a call may fail. */
struct learnt_site {
	char key[48]; /* "connect@7f3a..." */
	enum faulty call;
	char site[SITE_SIZE];
	const char *errors; /* belongs to the report that listed it; separated by blanks */
	json_t *stack;	    /* likewise; NULL: none */
	unsigned runs;	    /* in which it was reached */
	unsigned order;	    /* its position in the order of discovery */
	UT_hash_handle hh;
};

/* A violation that occurs without an injected failure. */
struct known_print {
	char text[40];
	UT_hash_handle hh;
};

struct undisturbed {
	struct learnt_site *sites;
	struct known_print *prints;
	unsigned runs;
	int status;
	char *out, *error;			/* of the first run */
	bool same_out, same_error, same_status; /* the same in each run */
	uint64_t signals;			/* a bit for each signal by which a process ended */
	int64_t longest;			/* ns */
	struct trial_result results[UNDISTURBED_RUNS];
};

/* Takes the result of one run: first, second, ... */
void undisturbed_take(struct undisturbed *all, struct trial_result *result);

/* Takes only the violations of a further run. */
void undisturbed_take_prints(struct undisturbed *all, const struct trial_result *result);

/* Whether a violation with this fingerprint occurs in them. */
bool undisturbed_has(const struct undisturbed *all, const char *print);

/* What differs from run to run, as notes for the report: an array of strings. */
json_t *undisturbed_notes(const struct undisturbed *all);

void undisturbed_free(struct undisturbed *all);

/* Whether a process of this program ended by the signal. */
bool undisturbed_died(const struct undisturbed *all, const json_t *exe, int signal);

/* A bit for each signal by which a process of the report ended. */
uint64_t report_signals(const json_t *report);

#endif
