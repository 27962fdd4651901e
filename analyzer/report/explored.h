/* What `socksan explore` tried, and what it did not, as every format of its report has it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPLORED_H
#define SOCKSAN_ANALYZER_EXPLORED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "analyzer/symbols/symbol.h"

enum explored_result { EXPLORED_NOT_TRIED, EXPLORED_SILENT, EXPLORED_FOUND, EXPLORED_NOT_REACHED, EXPLORED_RESULTS };

struct explored_fault {
	const char *error;
	enum explored_result result;
	char *codes; /* of what was found, "never-closed double-close"; NULL: nothing */
};

/* A place where a call may fail. */
struct explored_site {
	const char *call, *site;
	bool own;	       /* its stack has a frame of the user's */
	bool unsteady;	       /* not met in each of the undisturbed runs */
	struct symbols *stack; /* NULL: not known */
	struct explored_fault *faults;
	size_t n;
};

struct explored {
	struct explored_site *sites;
	size_t n;
	uint64_t runs;
	double seconds;
	uint64_t left_out; /* places that were not wanted */
	bool stopped;	   /* before all was tried: by a signal, or since the time was over */
};

/* How many faults came to this. */
uint64_t explored_count(const struct explored *explored, enum explored_result result);

/* "silent" */
const char *explored_name(enum explored_result result);

/* "connect at client.c:12", to be freed. */
char *explored_place(const struct explored_site *site);

/* "explored: 12 failures at 5 places ...", a line. */
void explored_summary(FILE *out, const struct explored *explored);

/* That, below what was not reached, or not tried; lines. */
void explored_text(FILE *out, const struct explored *explored);

json_t *explored_json(const struct explored *explored);

void explored_free(struct explored *explored);

#endif
