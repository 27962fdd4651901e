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

/* Files given to an option. */
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

/* The options about whose code it is and where its symbols are, for every command that shows stacks. No input. */
extern const struct argp code_argp;

/* The options of `run` and `report` only; its input is a struct limits that already has its defaults. */
extern const struct argp trace_argp;

/* Reads suppressions and baselines. Returns 0, or -1 with the message written. */
int settings_load(struct settings *settings) __attribute__((warn_unused_result));

/* Checks, before the work, for what would spoil the reports after it: see outputs_check(). `traces`: the input files. */
int settings_check_outputs(const struct settings *settings, FILE *main_output, const struct paths *traces)
	__attribute__((warn_unused_result));

/* The exit status; `failed` is the command's own for DELIVERED_NOT. */
int settings_status(const struct settings *settings, enum delivered delivered, int failed);

void settings_free(struct settings *settings);

#endif
