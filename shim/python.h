/* The Python stack of the calling thread, by the path that faulthandler takes in signal handlers: no GIL, no Python object made.
 * CPython 3.9 to 3.13; elsewhere there is none.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PYTHON_H
#define SHIM_PYTHON_H

#include "shim/jsonl.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Looks for the interpreter among the objects that the program started with; for the constructor. */
void python_init(void);

/* Tells Python stacks apart; 0 when the thread runs no Python. */
uint64_t python_key(void);

/* Adds the key `py`, innermost frame first. `room` is scratch memory for the text of the stack. */
void python_write(struct jsonl *, char *room, size_t size);

/* Whether pc lies in the function through which CPython runs the finalizer of an object that nobody refers to any more. */
bool python_finalizes(uintptr_t pc);

/* CPython prints a stack by write(2). On this number, which is no descriptor, the hook hands it over instead. */
#define PYTHON_FD (-0x5079)
bool python_take(const void *text, size_t len);

#endif
