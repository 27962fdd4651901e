/* The history of a descriptor, as reports show it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HISTORY_H
#define SOCKSAN_ANALYZER_HISTORY_H

#include "analyzer/report/report_data.h"

/* Finds the places of the steps. For a socket that another process opened, the opening stack is replaced by that process's; the
 * fingerprint, made before, does not depend on it. */
void history_symbolize(struct report_item *item);

/* "socket server.c:137 -> connect :161 ECONNREFUSED -> nothing more", to be freed; NULL if there is only one call to show. Text from the
 * trace is escaped for terminals. */
char *history_text(const struct report_item *item);

#endif
