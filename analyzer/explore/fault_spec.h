/* A call to be made to fail, as given to `socksan run --inject`: CALL:ERROR@SITE, or CALL:ERROR@SITE#N for the N-th time that the run
 * reaches that place. The calls and errors are those of shim/model/fault.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FAULT_SPEC_H
#define SOCKSAN_ANALYZER_FAULT_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/model/fault.h"

enum { SITE_SIZE = 17 }; /* 16 hex digits */

struct fault_spec {
	enum faulty call;
	const char *error; /* of the table */
	char site[SITE_SIZE];
	unsigned occurrence; /* from 1 on */
};

/* Returns NULL, or what is wrong with the text, to be freed. */
char *fault_spec_read(struct fault_spec *spec, const char *text) __attribute__((warn_unused_result));

/* The spec as text, and as the value of the shim's option `inject`; to be freed. */
char *fault_spec_text(const struct fault_spec *spec);
char *fault_spec_option(const struct fault_spec *spec);

/* Look up the table: FAULTIES if there is no such call; NULL if the call cannot fail like this. */
const char *faulty_name(enum faulty call);
enum faulty faulty_find(const char *name);
enum fault_group faulty_group(enum faulty call);
const char *fault_error(enum faulty call, const char *error);

/* Whether the failure breaks the connection that the call is on, or that it would have taken off the queue. */
bool fault_breaks_connection(enum faulty call, const char *error);

/* Whether any call can fail like this. */
bool fault_error_known(const char *error);

#endif
