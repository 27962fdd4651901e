/* The arguments of a command, with a word of help for an option that is mistyped.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ARGUMENTS_H
#define SOCKSAN_ANALYZER_ARGUMENTS_H

#include <argp.h>

/* As argp_parse() without an index. A long option that there is none of ends the program with the one that is nearest. */
error_t arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

#endif
