/* Functions from DWARF: see functions.h; DWARF 5, sections 2.17, 3.1 and 3.3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/functions.h"

#include <stdlib.h>

#include <dwarf.h>

#include "analyzer/hash.h"
#include "analyzer/util.h"

enum { DEEPEST = 256 }; /* trees nested deeper are no compiler's */

struct range {
	Dwarf_Addr low, high;
	Dwarf_Off die;
};

struct ranges {
	struct range *list; /* by address, once sorted */
	size_t n, cap;
};

/* The namespaces and classes around a function that has no linkage name to tell them, as gcc leaves it for static ones. */
struct scope {
	const void *die; /* the key: where it lies in memory, for offsets repeat in the file that dwz(1) made */
	const char *name;
	UT_hash_handle hh;
};

struct unit {
	const void *die; /* the key, likewise */
	struct ranges functions;
	struct scope *scopes;
	UT_hash_handle hh;
};

struct functions {
	Dwarf *dwarf;
	struct ranges ranges; /* of all units */
	struct unit *units;   /* those asked for */
};

/* -- ranges --------------------------------------------------------------------------------------------------- */

static void add_ranges(struct ranges *ranges, Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	/* What the linker dropped is left behind at address 0. */
	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		if (!low || low >= high)
			continue;
		GROW(ranges->list, ranges->n, ranges->cap);
		ranges->list[ranges->n++] = (struct range){low, high, dwarf_dieoffset(die)};
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->die < y->die ? -1 : x->die > y->die;
}

static void sort_ranges(struct ranges *ranges)
{
	if (ranges->n)
		qsort(ranges->list, ranges->n, sizeof *ranges->list, compare_ranges);
}

static const struct range *find_range(const struct ranges *ranges, Dwarf_Addr address)
{
	size_t first = 0, last = ranges->n; /* the first that begins behind the address */
	while (first < last) {
		size_t middle = first + (last - first) / 2;
		if (ranges->list[middle].low <= address)
			first = middle + 1;
		else
			last = middle;
	}
	/* Ranges seldom overlap, and where they do, the nearest is meant. */
	for (size_t i = 0; i < 8 && i < first; i++)
		if (address < ranges->list[first - 1 - i].high)
			return &ranges->list[first - 1 - i];
	return NULL;
}

/* -- units ---------------------------------------------------------------------------------------------------- */

struct functions *functions_new(Dwarf *dwarf)
{
	struct functions *functions = xcalloc(1, sizeof *functions);
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;
	functions->dwarf = dwarf;
	while (dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, NULL) == 0)
		if (type == DW_UT_compile || type == DW_UT_skeleton)
			add_ranges(&functions->ranges, &die);
	sort_ranges(&functions->ranges);
	return functions;
}

void functions_free(struct functions *functions)
{
	struct unit *unit, *next;
	if (!functions)
		return;
	HASH_ITER (hh, functions->units, unit, next) {
		struct scope *scope, *next_scope;
		HASH_ITER (hh, unit->scopes, scope, next_scope) {
			HASH_DEL(unit->scopes, scope);
			free(scope);
		}
		HASH_DEL(functions->units, unit);
		free(unit->functions.list);
		free(unit);
	}
	free(functions->ranges.list);
	free(functions);
}

bool functions_unit(struct functions *functions, Dwarf_Addr address, Dwarf_Die *unit)
{
	const struct range *range = find_range(&functions->ranges, address);
	return range && dwarf_offdie(functions->dwarf, range->die, unit);
}

/* Where a walk down the tree is. */
struct place {
	const struct place *around; /* NULL: the unit is */
	Dwarf_Die *die;
};

static char *scope_name(const struct place *place)
{
	if (!place->around)
		return xstrdup("");
	const char *name = dwarf_diename(place->die);
	int tag = dwarf_tag(place->die);
	char *around = scope_name(place->around), *all;
	if (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block)
		return around;
	all = xasprintf("%s%s::", around, name ? name : tag == DW_TAG_namespace ? "(anonymous namespace)" : "");
	free(around);
	return all;
}

static void add_scope(struct unit *unit, const struct place *place, Dwarf_Die *function)
{
	struct scope *scope = xcalloc(1, sizeof *scope);
	char *name = scope_name(place);
	scope->die = function->addr;
	scope->name = intern(name);
	free(name);
	HASH_ADD_PTR(unit->scopes, die, scope);
}

static bool has_linkage_name(Dwarf_Die *die)
{
	return dwarf_hasattr(die, DW_AT_linkage_name) || dwarf_hasattr(die, DW_AT_MIPS_linkage_name);
}

/* Functions lie in namespaces and classes, and in other functions. */
static void collect(struct unit *unit, const struct place *place, int depth)
{
	Dwarf_Die die;
	const struct place here = {place, &die};
	if (depth == DEEPEST || dwarf_child(place->die, &die) != 0)
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram:
			add_ranges(&unit->functions, &die);
			if (place->around && !has_linkage_name(&die))
				add_scope(unit, place, &die);
			/* fall through */
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_class_type:
		case DW_TAG_structure_type:
		case DW_TAG_union_type:
		case DW_TAG_lexical_block: collect(unit, &here, depth + 1);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

static struct unit *unit_of(struct functions *functions, Dwarf_Die *die)
{
	struct unit *unit;
	HASH_FIND_PTR(functions->units, &die->addr, unit);
	if (!unit) {
		unit = xcalloc(1, sizeof *unit);
		unit->die = die->addr;
		collect(unit, &(struct place){NULL, die}, 0);
		sort_ranges(&unit->functions);
		HASH_ADD_PTR(functions->units, die, unit);
	}
	return unit;
}

/* -- chains --------------------------------------------------------------------------------------------------- */

/* The part of a function that the address is in: an inlined function, or a block around one. */
static bool find_part(Dwarf_Die *parent, Dwarf_Addr address, Dwarf_Die *part)
{
	if (dwarf_child(parent, part) != 0)
		return false;
	do {
		int tag = dwarf_tag(part);
		if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) && dwarf_haspc(part, address) > 0)
			return true;
	} while (dwarf_siblingof(part, part) == 0);
	return false;
}

size_t functions_chain(struct functions *functions, Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *chain, size_t room)
{
	const struct range *range = find_range(&unit_of(functions, unit)->functions, address);
	Dwarf_Die die, part;
	size_t n = 0;
	if (!range || !room || !dwarf_offdie(functions->dwarf, range->die, &die))
		return 0;
	chain[n++] = die;
	for (int depth = 0; depth < DEEPEST && n < room && find_part(&die, address, &part); depth++) {
		die = part;
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			chain[n++] = die;
	}
	return n;
}

/* The declaration of a function, of which its DIE may be an instance or the definition. */
static Dwarf_Die origin_of(Dwarf_Die *die)
{
	static const unsigned links[] = {DW_AT_abstract_origin, DW_AT_specification};
	Dwarf_Die origin = *die;
	Dwarf_Attribute attribute;
	for (int i = 0; i < 4; i++)
		if (dwarf_attr(&origin, links[i % 2], &attribute))
			dwarf_formref_die(&attribute, &origin);
	return origin;
}

const char *functions_scope(struct functions *functions, Dwarf_Die *function)
{
	Dwarf_Die origin = origin_of(function), unit;
	struct scope *scope = NULL;
	if (dwarf_diecu(&origin, &unit, NULL, NULL))
		HASH_FIND_PTR(unit_of(functions, &unit)->scopes, &origin.addr, scope);
	return scope ? scope->name : "";
}
