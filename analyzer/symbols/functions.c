/* Functions from DWARF: see functions.h; DWARF 5, sections 2.17, 3.1 and 3.3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/functions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dwarf.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

enum { DEEPEST = 256 }; /* compilers do not nest trees deeper */

struct range {
	Dwarf_Addr low, high;
	Dwarf_Off die;
};

struct ranges {
	struct range *list; /* by address, once sorted */
	size_t n, cap;
};

/* The namespaces and classes around a function that has no linkage name with them, as gcc leaves static ones. */
struct scope {
	const void *die; /* the key: its address in memory, since offsets repeat in the file that dwz(1) made */
	const char *name;
	UT_hash_handle hh;
};

struct unit {
	const void *die; /* the key, likewise */
	Dwarf *dwarf;	 /* that the unit is in: the file's, or that of a .dwo file */
	struct ranges functions;
	struct scope *scopes;
	UT_hash_handle hh;
};

struct functions {
	Dwarf *dwarf;
	const char *folders[2];
	struct ranges ranges; /* of all units */
	struct unit *units;   /* those looked up so far */
};

/* -- ranges --------------------------------------------------------------------------------------------------- */

static void add_ranges(struct ranges *ranges, Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	/* Code that the linker dropped stays at address 0. */
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
	size_t first = 0, last = ranges->n; /* the first that begins after the address */
	while (first < last) {
		size_t middle = first + (last - first) / 2;
		if (ranges->list[middle].low <= address)
			first = middle + 1;
		else
			last = middle;
	}
	/* Ranges seldom overlap; if they do, the nearest is the right one. */
	for (size_t i = 0; i < 8 && i < first; i++)
		if (address < ranges->list[first - 1 - i].high)
			return &ranges->list[first - 1 - i];
	return NULL;
}

/* -- units ---------------------------------------------------------------------------------------------------- */

struct functions *functions_new(Dwarf *dwarf, const char *const folders[2])
{
	struct functions *functions = xcalloc(1, sizeof *functions);
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;
	functions->dwarf = dwarf;
	for (int i = 0; i < 2; i++)
		functions->folders[i] = folders[i];
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

/* The position of a walk down the tree. */
struct tree_path {
	const struct tree_path *around; /* NULL: the unit is */
	Dwarf_Die *die;
};

/* "net::Pool<int>::"; for a class in a function, "main::<lambda>::". */
static char *scope_name(const struct tree_path *place, const char *member)
{
	if (!place->around)
		return xstrdup("");
	const char *name = dwarf_diename(place->die);
	int tag = dwarf_tag(place->die);
	char *around, *all;
	if (tag == DW_TAG_lexical_block || (tag == DW_TAG_subprogram && member))
		return scope_name(place->around, member);
	if (!name && tag == DW_TAG_namespace)
		name = "(anonymous namespace)";
	if (!name)
		name = member && strcmp(member, "operator()") == 0 ? "<lambda>" : "(anonymous class)";
	around = scope_name(place->around, tag == DW_TAG_subprogram ? "" : NULL);
	all = xasprintf("%s%s::", around, name);
	free(around);
	return all;
}

static void add_scope(struct unit *unit, const struct tree_path *place, Dwarf_Die *function)
{
	struct scope *scope = xcalloc(1, sizeof *scope);
	const char *member = dwarf_diename(function);
	char *name = scope_name(place, member ? member : "");
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
static void collect(struct unit *unit, const struct tree_path *place, int depth)
{
	Dwarf_Die die;
	const struct tree_path here = {place, &die};
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

static const char *string_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	return dwarf_attr(die, name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

/* A path that libdw may open; frees `s`. */
static bool is_no_trap(char *path)
{
	struct stat st;
	bool fine = stat(path, &st) < 0 || S_ISREG(st.st_mode);
	free(path);
	return fine;
}

/* With -gsplit-dwarf, a unit is only a skeleton, and the rest is in a .dwo file. libdw opens what the skeleton names, whatever it is, so
 * check the places it will look in first. */
static bool find_split(const struct functions *functions, Dwarf_Die *skeleton, Dwarf_Die *split)
{
	const char *name = string_of(skeleton, DW_AT_dwo_name), *folder = string_of(skeleton, DW_AT_comp_dir);
	uint8_t type;
	if (dwarf_cu_info(skeleton->cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) != 0 || type != DW_UT_skeleton)
		return false;
	if (!name)
		name = string_of(skeleton, DW_AT_GNU_dwo_name);
	if (!name || !is_no_trap(xstrdup(name)) || !is_no_trap(xasprintf("%s/%s", folder ? folder : ".", name)))
		return false;
	for (int i = 0; i < 2; i++)
		if (functions->folders[i] &&
		    (!is_no_trap(xasprintf("%s/%s", functions->folders[i], name)) ||
		     !is_no_trap(xasprintf("%s/%s/%s", functions->folders[i], folder ? folder : ".", name))))
			return false;
	return dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, split, NULL, NULL, NULL) == 0 &&
	       dwarf_tag(split) == DW_TAG_compile_unit;
}

static struct unit *unit_of(struct functions *functions, Dwarf_Die *die)
{
	struct unit *unit;
	HASH_FIND_PTR(functions->units, &die->addr, unit);
	if (!unit) {
		Dwarf_Die split, *whole = find_split(functions, die, &split) ? &split : die;
		unit = xcalloc(1, sizeof *unit);
		unit->die = die->addr;
		unit->dwarf = dwarf_cu_getdwarf(whole->cu);
		collect(unit, &(struct tree_path){NULL, whole}, 0);
		sort_ranges(&unit->functions);
		HASH_ADD_PTR(functions->units, die, unit);
	}
	return unit;
}

/* -- chains --------------------------------------------------------------------------------------------------- */

/* The part of a function that contains the address: an inlined function, or a block around one. */
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
	const struct unit *whole = unit_of(functions, unit);
	const struct range *range = find_range(&whole->functions, address);
	Dwarf_Die die, part;
	size_t n = 0;
	if (!range || !room || !dwarf_offdie(whole->dwarf, range->die, &die))
		return 0;
	chain[n++] = die;
	for (int depth = 0; depth < DEEPEST && n < room && find_part(&die, address, &part); depth++) {
		die = part;
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			chain[n++] = die;
	}
	return n;
}

/* The declaration of a function, given its DIE, which may be an instance or the definition. */
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
