/* What happened to a descriptor, as a report tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HISTORY_H
#define SOCKSAN_ANALYZER_HISTORY_H

#include "analyzer/report/report_data.h"

/* Finds the places of the steps. What another process opened was opened there: a stack that the fingerprint, made before, leaves out. */
void history_symbolize(struct report_item *item);

/* "socket server.c:137 -> connect :161 ECONNREFUSED -> nothing more", to be freed; NULL: there is not more to tell than one call.
 * Nothing from a trace in it steers a terminal. */
char *history_text(const struct report_item *item);

#endif
