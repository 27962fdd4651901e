/* The order of a stack in which Python calls C that calls Python.
 *
 * First the innermost lines of Python; then, outwards, what called each entry into the interpreter, and the lines of Python that led
 * there; last, the C lines below the innermost of Python, with which the interpreter carried out that line's call, and those
 * that the interpreter was started from. So a stack with one entry is all of Python, then all of C.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INTERLEAVE_H
#define SOCKSAN_ANALYZER_INTERLEAVE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/symbols/symbol.h"

/* Puts lines, of which those of Python come first, into that order. `runs`: see struct stack. The interpreter's own frames between lines of
 * Python are dropped: the lines of Python show that one function called another. If it is unknown what belongs where, because the
 * interpreter has no symbols, the order is unchanged. */
void interleave(struct symbols *symbols, const uint64_t *runs, size_t n_runs);

#endif
