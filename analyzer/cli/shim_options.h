/* The shim's options, given to `socksan run --option`: checked before COMMAND runs, by the rows of shim/model/options.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SHIM_OPTIONS_H
#define SOCKSAN_ANALYZER_SHIM_OPTIONS_H

/* Checks KEY=VALUE. Returns its canonical form, with sizes in bytes, to be freed; or NULL with the reason in `why`, to be freed too. */
char *shim_option(const char *pair, char **why) __attribute__((warn_unused_result));

#endif
