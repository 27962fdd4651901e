/* The functions around an address, from DWARF: the real one and those inlined into it.
 *
 * libdw walks a unit's whole tree for each address, and finds no unit at all where the compiler left out .debug_aranges, as
 * clang does. Here each unit that is asked for is walked once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FUNCTIONS_H
#define SOCKSAN_ANALYZER_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <elfutils/libdw.h>

struct functions;

/* Of one file's DWARF, which must live as long; `folders` are those that the program and its debug file are in, each may be
 * NULL. Their parts in .dwo files, as -gsplit-dwarf leaves them, are looked for there and where they were built. */
struct functions *functions_new(Dwarf *dwarf, const char *const folders[2]);
void functions_free(struct functions *functions);

/* The unit that an address lies in. False: in none. */
bool functions_unit(struct functions *functions, Dwarf_Addr address, Dwarf_Die *unit);

/* Fills `chain` with the function that holds the address, outermost, and what is inlined around it, inwards. How many. */
size_t functions_chain(struct functions *functions, Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *chain, size_t room);

/* The namespaces and classes around a function without linkage name: "net::Pool<int>::" or "". */
const char *functions_scope(struct functions *functions, Dwarf_Die *function);

#endif
