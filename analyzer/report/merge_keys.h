/* Which elements of reports are the same, and which of several is first, regardless of the order in which they are read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_MERGE_KEYS_H
#define SOCKSAN_ANALYZER_MERGE_KEYS_H

#include "analyzer/report/report_read.h"

/* Texts, to be freed, that are compared byte by byte. */

/* Equal for violations that are the same. */
char *item_key(const struct report_item *item);

/* Orders the details of an occurrence: the smallest are shown. */
char *item_rank(const struct report_item *item);

/* The same for what a running process has open. */
char *open_rank(const struct read_open *read);

#endif
