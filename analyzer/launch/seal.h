/* Gives the trace of a process that has ended its final form.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SEAL_H
#define SOCKSAN_ANALYZER_SEAL_H

/* Cuts what lies past the last line's newline. 0, or -1 with errno: EBUSY when a process has the file open for writing,
 * or mapped: then nothing is touched. */
int seal_end(const char *path);

/* Turns lines that the process's death cut short into spaces, so that every line is JSON or blank. The number of them,
 * or -1 like seal_end. */
long seal_torn(const char *path);

#endif
