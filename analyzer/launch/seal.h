/* Gives the trace of a process that has ended its final form.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SEAL_H
#define SOCKSAN_ANALYZER_SEAL_H

/* Truncates the file after the last line's newline. Returns 0, or -1 with errno: EBUSY if a process has the file open for writing, or
 * mapped; then it is left alone. */
int seal_end(const char *path);

/* Overwrites lines that the process's death cut short with spaces, so that every line is JSON or blank. Returns their number, or -1 like
 * seal_end. */
long seal_torn(const char *path);

#endif
