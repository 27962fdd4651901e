/* The report as a plain list, which the HTML page shows if scripts do not run.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HTML_PLAIN_H
#define SOCKSAN_ANALYZER_HTML_PLAIN_H

#include "analyzer/report/report_data.h"

/* Writes it as a noscript element, well-formed as XML too. Returns -1 if writing failed. */
int html_plain(FILE *out, const struct report *report);

#endif
