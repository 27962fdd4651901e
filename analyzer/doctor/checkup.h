/* What `socksan doctor` found: a row for each thing it looked at, written as text or as JSON (analyzer/report/doctor.schema.json).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CHECKUP_H
#define SOCKSAN_ANALYZER_CHECKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum checkup_result {
	CHECKUP_OK,
	CHECKUP_NOTE,	 /* may limit what is recorded, or could not be checked */
	CHECKUP_PROBLEM, /* nothing is recorded */
	CHECKUP_RESULTS
};

struct checkup_row {
	const char *name;
	enum checkup_result result;
	char *found;
	char *advice; /* NULL: there is nothing to do */
};

struct checkup {
	/* What is to be recorded: a command, or else a process, or else neither. */
	char *const *command;
	pid_t pid;
	const char *trace_dir; /* NULL: a private folder */

	struct checkup_row *rows;
	size_t n, cap;
};

/* Adds a row; `found` and `advice` are freed with it. */
void checkup_add(struct checkup *checkup, const char *name, enum checkup_result result, char *found, char *advice);

size_t checkup_count(const struct checkup *checkup, enum checkup_result result);

/* Return -1 if writing failed. */
int checkup_text(FILE *out, const struct checkup *checkup);
int checkup_json(FILE *out, const struct checkup *checkup);

void checkup_free(struct checkup *checkup);

#endif
