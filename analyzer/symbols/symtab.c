/* The symbols of a module by address: see symtab.h; elf(5).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/symtab.h"

#include <stdbool.h>
#include <stdlib.h>

#include "analyzer/base/util.h"

struct symtab_entry {
	GElf_Addr start, end;
	GElf_Addr limit; /* for a symbol without a size: the end of its section */
	const char *name;
	unsigned char rank; /* which of several names is shown: the most visible one */
	bool function;	    /* else a label, as in assembly */
};

struct symtab {
	struct symtab_entry *list;
	size_t n, cap;
};

/* The end of a symbol's section, in the same addresses as `start`; 0: unknown. */
static GElf_Addr section_end(const GElf_Sym *symbol, GElf_Word index, Elf *elf, GElf_Addr start)
{
	GElf_Shdr header;
	Elf_Scn *section = elf ? elf_getscn(elf, index) : NULL;
	if (!section || !gelf_getshdr(section, &header) || symbol->st_value < header.sh_addr ||
	    symbol->st_value - header.sh_addr >= header.sh_size)
		return 0;
	return start + (header.sh_size - (symbol->st_value - header.sh_addr));
}

static void add(struct symtab *symtab, const GElf_Sym *symbol, GElf_Addr start, GElf_Addr limit, const char *name)
{
	int type = GELF_ST_TYPE(symbol->st_info), binding = GELF_ST_BIND(symbol->st_info);
	bool function = type == STT_FUNC || type == STT_GNU_IFUNC;
	if (!*name || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS || !(function || type == STT_NOTYPE))
		return;
	/* On ARM, "$x" marks the start of code; on others, assemblers leave ".L" symbols behind. */
	if (!function && (*name == '$' || *name == '.'))
		return;
	GROW(symtab->list, symtab->n, symtab->cap);
	symtab->list[symtab->n++] = (struct symtab_entry){
		.start = start,
		.end = start + symbol->st_size,
		.limit = limit,
		.name = name,
		.rank = (unsigned char)(4 * function + (binding == STB_GLOBAL ? 2
							: binding == STB_WEAK ? 1
									      : 0)),
		.function = function,
	};
}

/* By address; the best one of an address last. */
static int compare(const void *a, const void *b)
{
	const struct symtab_entry *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->rank - y->rank;
}

struct symtab *symtab_new(Dwfl_Module *module)
{
	struct symtab *symtab = xcalloc(1, sizeof *symtab);
	int n = dwfl_module_getsymtab(module);
	for (int i = 1; i < n; i++) {
		GElf_Sym symbol;
		GElf_Addr start;
		GElf_Word section;
		Elf *elf = NULL;
		const char *name = dwfl_module_getsym_info(module, i, &symbol, &start, &section, &elf, NULL);
		if (name)
			add(symtab, &symbol, start, symbol.st_size ? 0 : section_end(&symbol, section, elf, start),
			    name);
	}
	if (symtab->n)
		qsort(symtab->list, symtab->n, sizeof *symtab->list, compare);
	/* A symbol without a size extends to the next one, but not beyond its section: in a stripped library the next may be far away. */
	GElf_Addr next = UINT64_MAX;
	for (size_t i = symtab->n; i-- > 0;) {
		struct symtab_entry *entry = &symtab->list[i];
		if (i + 1 < symtab->n && symtab->list[i + 1].start > entry->start)
			next = symtab->list[i + 1].start;
		if (entry->end == entry->start)
			entry->end = next < entry->limit ? next : entry->limit;
	}
	return symtab;
}

void symtab_free(struct symtab *symtab)
{
	if (symtab)
		free(symtab->list);
	free(symtab);
}

/* How many begin at or before an address. */
static size_t count_before(const struct symtab *symtab, GElf_Addr address)
{
	size_t first = 0, last = symtab->n;
	while (first < last) {
		size_t middle = first + (last - first) / 2;
		if (symtab->list[middle].start <= address)
			first = middle + 1;
		else
			last = middle;
	}
	return first;
}

const char *symtab_function(const struct symtab *symtab, GElf_Addr address)
{
	/* They seldom overlap; labels within a function do. */
	size_t n = count_before(symtab, address);
	const char *label = NULL;
	for (size_t i = 0; i < 16 && i < n; i++) {
		const struct symtab_entry *entry = &symtab->list[n - 1 - i];
		if (address >= entry->end)
			continue;
		if (entry->function)
			return entry->name;
		if (!label)
			label = entry->name;
	}
	return label;
}

const char *symtab_function_at(const struct symtab *symtab, GElf_Addr address)
{
	size_t n = count_before(symtab, address);
	return n && symtab->list[n - 1].start == address ? symtab->list[n - 1].name : NULL;
}
