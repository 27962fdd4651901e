/* The files that reports go to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OUTPUTS_H
#define SOCKSAN_ANALYZER_OUTPUTS_H

#include <stdio.h>

#include "analyzer/cli/settings.h"

struct report;

/* Finds out, before the work, what would spoil the reports after it: a file that cannot be written, that two reports
 * would go to, or that is one of the `n` traces. 0, or -1 with the message written. */
int outputs_check(const struct settings *settings, FILE *main_output, const char *const *traces, size_t n)
	__attribute__((warn_unused_result));

/* Writes every report that the settings name, the one of --format to `main_output`. 0, or -1 with the message written. */
int outputs_write(const struct settings *settings, const struct report *report, FILE *main_output)
	__attribute__((warn_unused_result));

#endif
