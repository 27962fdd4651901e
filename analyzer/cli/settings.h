/* The options that `socksan run`, `socksan report` and `socksan merge` share, as one argp parser that they take as a child.
 *
 * A command whose argp has settings_argp as its first child sets, on ARGP_KEY_INIT, state->child_inputs[0] to its
 * struct settings; the child fills in the defaults. A bad value ends the program through argp_error(), so the command
 * sets argp_err_exit_status first (125 for run, 2 for the others).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SETTINGS_H
#define SOCKSAN_ANALYZER_SETTINGS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "analyzer/report/baseline.h"
#include "analyzer/report/format.h"
#include "analyzer/judge/judge.h"
#include "analyzer/report/suppress.h"

struct output {
	enum report_format format;
	const char *path;
};

struct settings {
	enum report_format format;
	struct output *outputs; /* of --output and --write-baseline */
	size_t n_outputs;
	bool fail_severity[2];		 /* --fail-on=error and warning, by enum severity */
	bool fail_code[VIOLATION_COUNT]; /* --fail-on=CODE,... */
	int error_exitcode;
	bool full_stacks;
	bool allow_dropped;
	/* Of --suppressions and --baseline: the files, and what settings_load() found in them. */
	struct {
		const char **paths;
		size_t n;
		struct suppressions *all;
	} suppressions;
	struct {
		const char **paths;
		size_t n;
		struct baseline *all;
	} baseline;
};

extern const struct argp settings_argp;

/* Likewise the options of `run` and `report` alone; its input is a struct limits, which has its defaults already. */
extern const struct argp trace_argp;

/* Reads suppressions and baselines. 0, or -1 with the message written. */
int settings_load(struct settings *settings) __attribute__((warn_unused_result));

void settings_free(struct settings *settings);

#endif
