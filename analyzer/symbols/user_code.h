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

/* Fills in `own`, which needs the whole stack. fingerprint.c says what is the user's. */
void symbols_mark_user_code(struct symbols *symbols);

#endif
