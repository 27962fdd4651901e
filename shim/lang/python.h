/* The Python stack of the calling thread, read in place: no GIL, no Python object made, no lock. CPython 3.9 to 3.13; elsewhere there
 * is none. Safe in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PYTHON_H
#define SHIM_PYTHON_H

#include "shim/trace/jsonl.h"

#include <stdbool.h>
#include <stdint.h>

/* Looks for the interpreter among the objects that the program started with; for the constructor. */
void python_init(void);

/* Tells Python stacks apart; 0 when the thread runs no Python. */
uint64_t python_key(void);

/* Adds the key `py`, innermost frame first, and `py_runs` where the interpreter was entered more than once. `room` is scratch memory
 * for the text of a frame. */
void python_write(struct jsonl *, char *room, size_t size);

/* Whether pc lies in the finalizer of a type of Python's, which runs when nobody refers to an object any more. */
bool python_finalizes(uintptr_t pc);

#endif
