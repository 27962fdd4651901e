/* The functions around an address, from DWARF: the real one and those inlined into it.
 *
 * libdw walks a unit's whole tree for each address, and finds no unit at all if the compiler left out .debug_aranges, as clang does. Here
 * each unit is walked once, when it is first needed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FUNCTIONS_H
#define SOCKSAN_ANALYZER_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <elfutils/libdw.h>

struct functions;

/* For one file's DWARF, which must live as long; `folders` are those of the program and of its debug file, each may be NULL. Their .dwo
 * files, made by -gsplit-dwarf, are looked for there and where they were built. */
struct functions *functions_new(Dwarf *dwarf, const char *const folders[2]);
void functions_free(struct functions *functions);

/* Finds the unit that contains an address. False: none does. */
bool functions_unit(struct functions *functions, Dwarf_Addr address, Dwarf_Die *unit);

/* Fills `chain` with the function that contains the address, outermost, and those inlined around it, inwards. Returns their number. */
size_t functions_chain(struct functions *functions, Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *chain, size_t room);

/* The namespaces and classes around a function without a linkage name: "net::Pool<int>::" or "". */
const char *functions_scope(struct functions *functions, Dwarf_Die *function);

#endif
