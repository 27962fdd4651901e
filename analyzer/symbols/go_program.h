/* Programs that make system calls themselves, without a C library: those of Go.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_GO_PROGRAM_H
#define SOCKSAN_ANALYZER_GO_PROGRAM_H

#include <stdbool.h>

/* Whether the file is a program linked by Go's linker. */
bool is_go_program(const char *path);

#endif
