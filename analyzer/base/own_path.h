/* Where this program is, and what was built or installed beside it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BASE_OWN_PATH_H
#define SOCKSAN_ANALYZER_BASE_OWN_PATH_H

/* The folder of this program, by proc(5). NULL: unknown, see errno. Free it. */
char *own_folder(void);

/* The real path of what is at `place`, relative to that folder. NULL: there is nothing. Free it. */
char *own_path(const char *place);

#endif
