/* The environment of the command: this one, with the shim preloaded and told where to write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LAUNCH_ENV_H
#define SOCKSAN_ANALYZER_LAUNCH_ENV_H

/* A copy of env. shim NULL: nothing is preloaded. options ("key=value:...") go behind those of SOCKSAN_OPTIONS, and so
 * win. */
char **launch_env(char *const *env, const char *shim, const char *options);

#endif
