/* Which file a command's name refers to, as execvp() would find it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PATH_SEARCH_H
#define SOCKSAN_ANALYZER_PATH_SEARCH_H

/* Returns an allocated path, or NULL with errno: ENOENT not found, EACCES not executable, EISDIR a directory, ... */
char *path_search(const char *name);

/* Says on standard error why a command cannot be run, with an errno; `path`: what path_search() gave. Returns the exit status of `env` and
 * `timeout` for that. */
int path_refused(const char *name, const char *path, int why);

#endif
