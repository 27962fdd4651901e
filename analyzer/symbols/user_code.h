/* Whose code a frame is: the user's own, or the C library's, the interpreter's, the system's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_USER_CODE_H
#define SOCKSAN_ANALYZER_USER_CODE_H

#include <stdbool.h>

#include "analyzer/symbols/symbol.h"

/* Whether a module is the C library, its loader or the vDSO. */
bool is_part_of_c(const char *module);

/* Whether a module is CPython's interpreter, as a program or a library. */
bool is_interpreter(const char *module);

/* Whether a program has this name, with or without a version: "ruby3.1" is "ruby". */
bool is_version_of(const char *name, const char *program);

/* Whether code of this file is the user's own: not below /usr or /lib, nor in a package manager's folder, unless user_code_except() says
 * otherwise. */
bool is_own_path(const char *path);

/* Exceptions from the rule: files and modules that match are the user's own, or are not. The last match counts. The pattern must stay
 * valid. */
void user_code_except(const char *pattern, bool own);

/* Fills in `own`, `counts` and `counted`. The last two depend on the whole stack. */
void symbols_mark_user_code(struct symbols *symbols);

#endif
