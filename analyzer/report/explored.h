/* What `socksan explore` tried, and what it did not, as all formats of its report have it.
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
	char *codes; /* the codes that were found, "never-closed double-close"; NULL: none */
};

/* A place where a call may fail. */
struct explored_site {
	const char *call, *site;
	bool own;	       /* its stack has a frame of the user's own code */
	bool unsteady;	       /* not reached in each of the undisturbed runs */
	struct symbols *stack; /* NULL: unknown */
	struct explored_fault *faults;
	size_t n;
};

struct explored {
	struct explored_site *sites;
	size_t n;
	uint64_t runs;
	double seconds;
	uint64_t left_out; /* places that were excluded */
	bool stopped;	   /* before everything was tried: by a signal, or because time ran out */
};

/* The number of faults with this result. */
uint64_t explored_count(const struct explored *explored, enum explored_result result);

/* "silent" */
const char *explored_name(enum explored_result result);

/* "connect at client.c:12", to be freed. */
char *explored_place(const struct explored_site *site);

/* Writes "explored: 12 failures at 5 places ...", one line. */
void explored_summary(FILE *out, const struct explored *explored);

/* Writes that line after a list of what was not reached or not tried. */
void explored_text(FILE *out, const struct explored *explored);

json_t *explored_json(const struct explored *explored);

void explored_free(struct explored *explored);

#endif
