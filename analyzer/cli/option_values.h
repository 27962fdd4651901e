/* Parses the values of the options that `run`, `report` and `merge` share.
 *
 * Each function parses one value. Returns NULL, or what is wrong with it, to be freed; then the result is meaningless.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OPTION_VALUES_H
#define SOCKSAN_ANALYZER_OPTION_VALUES_H

#include "analyzer/judge/limits.h"
#include "analyzer/report/criteria.h"
#include "analyzer/report/outputs.h"

char *read_format(enum report_format *format, const char *text) __attribute__((warn_unused_result));

/* FMT=FILE; the path points into the text. */
char *read_output(struct output *output, const char *text) __attribute__((warn_unused_result));

/* error, warning, never, or codes with commas: `fail_severity` and `fail_code`. */
char *read_fail_on(struct criteria *criteria, const char *text) __attribute__((warn_unused_result));

char *read_exitcode(int *exitcode, const char *text) __attribute__((warn_unused_result));

/* How many violations or places a text shows. */
char *read_max(size_t *max, const char *text);

/* Each default, in the syntax of read_limit(): "close-wait=5s, idle=1min"; to be freed. */
char *limits_text(void);

/* "socket, file, ..."; and the kinds in a mask, in the shim's syntax. Both to be freed. */
char *kinds_text(void);
char *kinds_list(int64_t kinds);

/* "socket,file", or "all" */
char *read_kinds(struct limits *limits, const char *text) __attribute__((warn_unused_result));

/* "500ms"; `option` is named in the message */
char *read_time(int64_t *ns, const char *option, const char *text) __attribute__((warn_unused_result));

/* "close-wait=5s" */
char *read_limit(struct limits *limits, const char *text) __attribute__((warn_unused_result));

#endif
