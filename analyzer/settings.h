/* The options that `socksan run` and `socksan report` share, as one argp parser that both take as a child.
 *
 * A command whose argp has settings_argp as its first child sets, on ARGP_KEY_INIT, state->child_inputs[0] to its
 * struct settings; the child fills in the defaults. A bad value ends the program through argp_error(), so the command
 * sets argp_err_exit_status first (125 for run, 2 for report).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SETTINGS_H
#define SOCKSAN_ANALYZER_SETTINGS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "analyzer/judge.h"

enum report_format { FORMAT_TEXT, FORMAT_JSON };

struct output {
	enum report_format format;
	const char *path;
};

struct settings {
	enum report_format format;
	struct output *outputs; /* of --output; lives as long as the program */
	size_t n_outputs;
	bool fail_severity[2];		 /* --fail-on=error and warning, by enum severity */
	bool fail_code[VIOLATION_COUNT]; /* --fail-on=CODE,... */
	int error_exitcode;
	struct limits limits; /* --limit */
};

extern const struct argp settings_argp;

#endif
