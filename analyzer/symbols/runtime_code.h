/* Code that a language's runtime compiles into the user's program: its templates, generics and libraries.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_RUNTIME_CODE_H
#define SOCKSAN_ANALYZER_RUNTIME_CODE_H

#include <stdbool.h>

/* Whether a frame is the runtime's, by the name of its function and the path of its source; either may be NULL. If the source is not the
 * runtime's, it is the user's, whatever the function is called: users specialize templates of `std`. */
bool is_runtime_frame(const char *function, const char *file);

#endif
