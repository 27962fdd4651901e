/* The symbols of a module by address. libdw looks through all of them for each address.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SYMTAB_H
#define SOCKSAN_ANALYZER_SYMTAB_H

#include <elfutils/libdwfl.h>

struct symtab;

/* Of a module, which must live as long. */
struct symtab *symtab_new(Dwfl_Module *module);
void symtab_free(struct symtab *symtab);

/* The name of the function that holds an address, as long as the module; NULL: none does. One whose symbol tells no size, as
 * assembly leaves it, reaches to the next symbol or the end of its section; past the end of all others nothing is guessed. */
const char *symtab_function(const struct symtab *symtab, GElf_Addr address);

/* The same for one that begins right there. */
const char *symtab_function_at(const struct symtab *symtab, GElf_Addr address);

#endif
