/* What page.py generates from analyzer/report/page: the style and the script of the HTML page, and the policy that allows only these.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HTML_ASSETS_H
#define SOCKSAN_ANALYZER_HTML_ASSETS_H

/* Each as it appears between its tags; page_policy has the hashes of the script and the style. */
extern const char page_style[], page_script[], page_policy[];

#endif
