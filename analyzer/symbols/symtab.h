/* The symbols of a module by address. libdw looks through all of them for each address.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SYMTAB_H
#define SOCKSAN_ANALYZER_SYMTAB_H

#include <elfutils/libdwfl.h>

struct symtab;

/* For a module, which must live as long. */
struct symtab *symtab_new(Dwfl_Module *module);
void symtab_free(struct symtab *symtab);

/* The name of the function that contains an address, valid as long as the module; NULL: none does. A symbol without a size, as from
 * assembly, extends to the next symbol or the end of its section; beyond all symbols nothing is guessed. */
const char *symtab_function(const struct symtab *symtab, GElf_Addr address);

/* The same for a function that begins right at the address. */
const char *symtab_function_at(const struct symtab *symtab, GElf_Addr address);

#endif
