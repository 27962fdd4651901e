/* The options of the shim, as `socksan run --option` takes them: checked before COMMAND runs, by the rows of shim/model/options.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SHIM_OPTIONS_H
#define SOCKSAN_ANALYZER_SHIM_OPTIONS_H

/* Checks KEY=VALUE. Its plain form, a size as a number of bytes, to be freed; or NULL with why not in `why`, likewise. */
char *shim_option(const char *pair, char **why) __attribute__((warn_unused_result));

#endif
