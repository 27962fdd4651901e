/* The job summary of GitHub Actions: written whenever the format `github` is written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_GITHUB_H
#define SOCKSAN_ANALYZER_GITHUB_H

#include <stddef.h>
#include <stdio.h>

struct report;

/* The file that GITHUB_STEP_SUMMARY names, or NULL. */
const char *github_summary_path(void);

/* Appends the report, as markdown. -1 on failure, with errno. */
int github_summary_write(const struct report *report);

/* The report as markdown, with as many of its violations as fit into `room` bytes. -1: writing failed. */
int markdown_write(FILE *out, const struct report *report, size_t room);

#endif
