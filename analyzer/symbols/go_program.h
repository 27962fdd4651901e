/* Programs that make system calls themselves, and need no C library for it: those of Go.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_GO_PROGRAM_H
#define SOCKSAN_ANALYZER_GO_PROGRAM_H

#include <stdbool.h>

/* Whether the file is a program that Go's linker has signed. */
bool is_go_program(const char *path);

#endif
