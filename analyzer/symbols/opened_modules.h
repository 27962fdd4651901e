/* The modules of frames, opened for their debug information and symbols.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OPENED_MODULES_H
#define SOCKSAN_ANALYZER_OPENED_MODULES_H

#include <stdbool.h>

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "analyzer/base/hash.h"
#include "analyzer/replay/stacks.h"
#include "analyzer/symbols/functions.h"
#include "analyzer/symbols/symtab.h"

/* An open module, wherever it was mapped. */
struct opened_module {
	struct module_key {
		const char *path, *build_id; /* interned */
	} key;
	bool open; /* the rest is valid */
	Dwfl *dwfl;
	Dwfl_Module *dw;
	GElf_Addr add;		     /* to be added to an offset, for libdw's address */
	bool fixed;		     /* not position-independent: the base is to be added too */
	GElf_Addr start, end;	     /* the range of libdw's addresses */
	Dwarf *dwarf, *shared;	     /* NULL: none */
	struct functions *functions; /* of dwarf */
	Dwarf_Addr bias;	     /* from dwarf's addresses to dw's */
	struct symtab *symtab;	     /* NULL: not loaded yet */
	const char *folders[2];	     /* of the program, and of its debug file */
	const char *problem;	     /* why it cannot be used, or NULL */
	int64_t built; /* when the file at `path`, verified by its build-id, was last changed, in ns; 0: it is another file */
	UT_hash_handle hh;
};

/* Opens it unless it is open: it stays so until many others have been opened. If it cannot be used, `open` is false. */
struct opened_module *module_opened(const struct module *module);

/* Calls back for each module whose symbols could not be used, with the reason. Only for the first few; returns how many more there are. */
size_t modules_problems(void (*tell)(void *context, const char *module, const char *why), void *context);

/* Closes them all. */
void modules_forget(void);

#endif
