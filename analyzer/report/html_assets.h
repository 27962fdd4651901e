/* What page.py makes of analyzer/report/page: the style and the script of the HTML page, and the policy that allows these alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HTML_ASSETS_H
#define SOCKSAN_ANALYZER_HTML_ASSETS_H

/* Each as it stands between its tags; of the script and the style page_policy has the hash. */
extern const char page_style[], page_script[], page_policy[];

#endif
