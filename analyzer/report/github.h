/* The summary of a job of GitHub Actions: written beside whatever is written as `github`.
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

/* Adds the report to it, as markdown. -1: errno says why. */
int github_summary_write(const struct report *report);

/* The report as markdown, with as many of its violations as `room` bytes hold. -1: writing failed. */
int markdown_write(FILE *out, const struct report *report, size_t room);

#endif
