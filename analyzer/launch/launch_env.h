/* The environment of the command: this one, with the shim preloaded and its options set.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LAUNCH_ENV_H
#define SOCKSAN_ANALYZER_LAUNCH_ENV_H

/* Returns a copy of env. shim: NULL to preload nothing; it may be a list, as in LD_PRELOAD. runtime: a sanitizer's, put before the shim for this program only, or NULL. options
 * ("key=value:...") are appended to those in SOCKSAN_OPTIONS, and so override them. */
char **launch_env(char *const *env, const char *shim, const char *runtime, const char *options);

#endif
