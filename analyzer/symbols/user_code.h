/* Whose code a frame is: the user's own, or the C library's, the interpreter's, the machine's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_USER_CODE_H
#define SOCKSAN_ANALYZER_USER_CODE_H

#include <stdbool.h>

#include "analyzer/symbols/symbol.h"

/* Whether a module is the C library, its loader or the vdso. */
bool is_part_of_c(const char *module);

/* Whether a module is the program or the library that CPython's interpreter is in. */
bool is_interpreter(const char *module);

/* Whether a name is that of a program, with a version or without: "ruby3.1" is of "ruby". */
bool is_version_of(const char *name, const char *program);

/* Whether code of this file is the user's own: not below /usr or /lib, nor in a package manager's folder, unless user_code_except() said
 * otherwise. */
bool is_own_path(const char *path);

/* What the rule cannot know: files and modules that match are the user's own, or are not. The last one that matches counts. The pattern is
 * borrowed for good. */
void user_code_except(const char *pattern, bool own);

/* Fills in `own`, `counts` and `counted`. The last two need the whole stack. */
void symbols_mark_user_code(struct symbols *symbols);

#endif
