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

#include "analyzer/judge/limits.h"
#include "analyzer/report/deliver.h"

/* Files that an option names. */
struct paths {
	const char **list;
	size_t n;
};

void paths_add(struct paths *paths, const char *path);

struct settings {
	struct delivery delivery;
	int error_exitcode;
	struct paths suppressions, baselines; /* settings_load() reads them */
};

extern const struct argp settings_argp;

/* The options on whose code it is and where its symbols are: of every command that shows stacks. No input. */
extern const struct argp code_argp;

/* Likewise the options of `run` and `report` alone; its input is a struct limits, which has its defaults already. */
extern const struct argp trace_argp;

/* Reads suppressions and baselines. 0, or -1 with the message written. */
int settings_load(struct settings *settings) __attribute__((warn_unused_result));

/* Finds out, before the work, what would spoil the reports after it: see outputs_check(). `traces`: those that are read. */
int settings_check_outputs(const struct settings *settings, FILE *main_output, const struct paths *traces)
	__attribute__((warn_unused_result));

/* The exit status; `failed` is the command's own for DELIVERED_NOT. */
int settings_status(const struct settings *settings, enum delivered delivered, int failed);

void settings_free(struct settings *settings);

#endif
