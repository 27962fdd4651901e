/* The environment of the command: this one, with the shim preloaded and told where to write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LAUNCH_ENV_H
#define SOCKSAN_ANALYZER_LAUNCH_ENV_H

/* A copy of env. shim NULL: nothing is preloaded; it may be a list, as LD_PRELOAD has it. runtime: a sanitizer's, which goes before the shim for this program alone, or
 * NULL. options ("key=value:...") go behind those of SOCKSAN_OPTIONS, and so
 * win. */
char **launch_env(char *const *env, const char *shim, const char *runtime, const char *options);

#endif
