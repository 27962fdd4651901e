/* The request to `socksan explore`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPLORATION_H
#define SOCKSAN_ANALYZER_EXPLORATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/model/fault.h"

struct exploration {
	char **command;
	char **options; /* for `socksan run`, NULL-terminated */
	const char *
		options_again; /* the same as they appear in the command line that repeats a violation, each followed by a blank */
	const char *setup, *reset, *resume; /* NULL: none */
	bool calls[FAULTIES];
	const char **errors; /* NULL: those that are tried by default */
	size_t n_errors;
	const char **skipped; /* patterns */
	size_t n_skipped;
	bool memory, everywhere, host_network;
	unsigned jobs;
	int64_t timeout, budget; /* ns; 0: ten times the undisturbed time, and no budget */
};

#endif
