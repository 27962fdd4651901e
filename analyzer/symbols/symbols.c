/* From addresses to functions, files and lines, on elfutils' libdw.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/symbols/interleave.h"
#include "analyzer/symbols/java_source.h"
#include "analyzer/symbols/languages.h"
#include "analyzer/symbols/opened_modules.h"
#include "analyzer/symbols/user_code.h"
#include "analyzer/symbols/source_map.h"
#include "analyzer/symbols/source_names.h"
#include "analyzer/base/util.h"

/* What is known about an address. */
struct spot {
	struct spot_key {
		const struct module *module;
		uint64_t offset;
	} key;
	size_t n;
	struct symbol *list;
	UT_hash_handle hh;
};

struct symbolized {
	const struct stack *stack; /* the key */
	struct symbols *symbols;
	UT_hash_handle hh;
};

static struct spot *spots;
static struct symbolized *knowns;

/* -- frames --------------------------------------------------------------------------------------------------- */

static void name_by_symbol(struct opened_module *opened, GElf_Addr address, struct symbol *symbol)
{
	if (!opened->symtab)
		opened->symtab = symtab_new(opened->dw);
	const char *name = symtab_function(opened->symtab, address);
	if (!name) /* where a signal handler returns to; there is no call before it */
		name = symtab_function_at(opened->symtab, address + 1);
	symbol->function = symbol_name(name);
}

enum { CHAIN = 64 };

/* From the innermost inlined function to the real one. */
static void find_spot(const struct frame *frame, struct spot *spot)
{
	struct opened_module *opened = module_opened(frame->module);
	Dwarf_Die unit, chain[CHAIN];
	const char *file = NULL, *folder = NULL;
	int line = 0;
	struct symbol base = {.module = frame->module->path, .offset = frame->offset, .built = opened->built};
	size_t n = 0;
	/* A frame's address is where the call returns to; the call itself is before that, maybe on another line. */
	GElf_Addr address = opened->add + (opened->fixed ? frame->module->base : 0) + frame->offset - 1;
	if (opened->open && address >= opened->start && address < opened->end) {
		GElf_Addr in_dwarf = address - opened->bias;
		if (opened->dwarf && functions_unit(opened->functions, in_dwarf, &unit)) {
			Dwarf_Line *at = dwarf_getsrc_die(&unit, in_dwarf);
			folder = compile_folder(&unit);
			file = at ? dwarf_linesrc(at, NULL, NULL) : NULL;
			file = file ? source_path(file, folder) : NULL;
			if (at)
				dwarf_lineno(at, &line);
			n = functions_chain(opened->functions, &unit, in_dwarf, chain, CHAIN);
		}
		name_by_symbol(opened, address, &base);
	}
	spot->n = n ? n : 1;
	spot->list = xcalloc(spot->n, sizeof *spot->list);
	for (size_t i = 0; i < spot->n; i++) {
		struct symbol *symbol = &spot->list[i];
		Dwarf_Die *die = n ? &chain[n - 1 - i] : NULL;
		*symbol = base;
		symbol->file = file;
		symbol->line = file ? line : 0;
		if (!die)
			continue;
		const char *name = function_name(opened->functions, die);
		if (name && !(i == spot->n - 1 && tells_more(base.function, name)))
			symbol->function = name;
		file = inlined_file(die, folder);
		line = inlined_line(die);
	}
}

static const struct spot *spot_of(const struct frame *frame)
{
	struct spot_key key;
	struct spot *spot;
	memset(&key, 0, sizeof key);
	key.module = frame->module;
	key.offset = frame->offset;
	HASH_FIND(hh, spots, &key, sizeof key, spot);
	if (!spot) {
		spot = xcalloc(1, sizeof *spot);
		spot->key = key;
		find_spot(frame, spot);
		HASH_ADD(hh, spots, key, sizeof key, spot);
	}
	return spot;
}

/* A stack as it grows. */
struct building {
	struct symbols *symbols;
	size_t cap;
};

static struct symbol *append(struct building *building)
{
	struct symbols *symbols = building->symbols;
	if (symbols->n == building->cap) {
		building->cap = building->cap ? 2 * building->cap : 16;
		symbols = xreallocarray(symbols, 1, sizeof *symbols + building->cap * sizeof *symbols->list);
		building->symbols = symbols;
	}
	struct symbol *symbol = &symbols->list[symbols->n++];
	*symbol = (struct symbol){0};
	return symbol;
}

static bool is_socksan(const char *module)
{
	return strcmp(base_name(module), "libsocksan.so") == 0 ||
	       strcmp(base_name(module), "libsocksan-inject.so") == 0;
}

static void append_frame(const struct frame *frame, struct building *building)
{
	if (!frame->module) {
		*append(building) = (struct symbol){.offset = frame->offset};
		return;
	}
	if (is_socksan(frame->module->path))
		return;
	const struct spot *spot = spot_of(frame);
	for (size_t i = 0; i < spot->n; i++)
		*append(building) = spot->list[i];
}

/* The last colon of ":12 ", or of ":12" at the end, since paths and functions may contain blanks and colons: "block in run". NULL: none. */
static char *last_line_number(char *text)
{
	for (char *end = text + strlen(text); end > text; end--) {
		char *at = end;
		if (*end && *end != ' ')
			continue;
		while (at > text && at[-1] >= '0' && at[-1] <= '9')
			at--;
		if (at < end && at > text && at[-1] == ':')
			return at - 1;
	}
	return NULL;
}

/* If the file's text ends in a number too, that is the line, and the number found first is the column, which is returned; else 0. */
static int take_column(char *file, struct symbol *symbol)
{
	char *colon = last_line_number(file);
	int column = symbol->line;
	if (!colon || strchr(colon, ' '))
		return 0;
	*colon = 0;
	symbol->line = atoi(colon + 1);
	return column;
}

static void map_to_source(struct symbol *symbol, int column)
{
	int line;
	const char *source = source_map_place(symbol->file, symbol->line, column, &line);
	if (!source)
		return;
	symbol->file = source;
	symbol->line = line;
}

/* "file:line function", "file:line:column function" */
static void append_script(const char *text, enum lang lang, struct building *building)
{
	struct symbol *symbol = append(building);
	symbol->lang = lang;
	char *file = xstrdup(text), *colon = last_line_number(file);
	if (colon) {
		char *end = colon + 1 + strspn(colon + 1, "0123456789");
		symbol->function = *end ? intern(end + 1) : NULL;
		*colon = *end = 0;
		symbol->line = atoi(colon + 1);
	}
	int column = colon && lang == LANG_javascript ? take_column(file, symbol) : 0;
	symbol->file = intern(file);
	if (lang == LANG_java && *file != '/' && !is_library_of(lang, file))
		symbol->file = java_source(symbol->file);
	if (column && is_source_of(lang, file))
		map_to_source(symbol, column);
	free(file);
}

/* Functions of the C library that the user called, and that made the recorded call. */
static void drop_wrappers(struct symbols *symbols)
{
	size_t n = 0;
	while (n < symbols->n && symbols->list[n].module && is_part_of_c(symbols->list[n].module))
		n++;
	if (n == symbols->n)
		return;
	symbols->n -= n;
	memmove(symbols->list, symbols->list + n, symbols->n * sizeof *symbols->list);
}

/* The result for a frame of a stack: the symbols from `first` on. */
static void mark_deep(struct symbols *symbols, size_t first, size_t frame)
{
	enum { OLD_DEPTH = 16 };
	for (size_t i = first; i < symbols->n; i++)
		symbols->list[i].deep = frame >= OLD_DEPTH;
}

static struct symbols *build(const struct stack *stack, bool whole)
{
	struct building building = {xcalloc(1, sizeof *building.symbols), 0};
	for (size_t i = 0; i < stack->n_script; i++) {
		size_t first = building.symbols->n;
		append_script(stack->script[i], stack->lang, &building);
		mark_deep(building.symbols, first, i);
	}
	for (size_t i = 0; i < stack->n_frames; i++) {
		size_t first = building.symbols->n;
		append_frame(&stack->frames[i], &building);
		mark_deep(building.symbols, first, i);
	}
	struct symbols *symbols = building.symbols;
	if (!whole)
		drop_wrappers(symbols);
	symbols_mark_user_code(symbols);
	interleave(symbols, stack->runs, stack->n_runs);
	return symbols;
}

const struct symbols *symbolize(const struct stack *stack)
{
	struct symbolized *known;
	HASH_FIND_PTR(knowns, &stack, known);
	if (known)
		return known->symbols;
	known = xcalloc(1, sizeof *known);
	known->stack = stack;
	known->symbols = build(stack, false);
	HASH_ADD_PTR(knowns, stack, known);
	return known->symbols;
}

struct symbols *symbolize_whole(const struct stack *stack) { return build(stack, true); }

void symbols_forget(void)
{
	struct spot *spot, *next_spot;
	struct symbolized *known, *next_known;
	HASH_ITER (hh, knowns, known, next_known) {
		HASH_DEL(knowns, known);
		free(known->symbols);
		free(known);
	}
	HASH_ITER (hh, spots, spot, next_spot) {
		HASH_DEL(spots, spot);
		free(spot->list);
		free(spot);
	}
	modules_forget();
	source_maps_forget();
}

/* Which of two places says more: user code before others, a name before an offset. */
static int place_rank(const struct symbol *symbol)
{
	if (!symbol->module && !symbol->file)
		return 0;
	return 1 + 2 * symbol->counts + (symbol->function || symbol->file);
}

static const struct symbol *location_from(const struct symbols *symbols, size_t first)
{
	const struct symbol *place = NULL;
	for (size_t i = first; i < symbols->n; i++)
		if (place_rank(&symbols->list[i]) > (place ? place_rank(place) : 0))
			place = &symbols->list[i];
	return place;
}

const struct symbol *symbols_location(const struct symbols *symbols) { return location_from(symbols, 0); }

/* Interned texts, each of which may be NULL. */
static bool is_same_function(const struct symbol *a, const struct symbol *b)
{
	return a->function && b->function && strcmp(a->function, b->function) == 0 &&
	       (a->file && b->file ? strcmp(a->file, b->file) == 0
				   : a->module && b->module && strcmp(a->module, b->module) == 0);
}

static bool is_same_call(const struct symbol *a, const struct symbol *b)
{
	if (a->file && b->file && a->line > 0)
		return a->line == b->line && is_same_function(a, b);
	return a->module && b->module && strcmp(a->module, b->module) == 0 && a->offset == b->offset;
}

static size_t next_own(const struct symbols *symbols, size_t i)
{
	while (i < symbols->n && !symbols->list[i].counts)
		i++;
	return i;
}

const struct symbol *symbols_diverging(const struct symbols *symbols, const struct symbols *other)
{
	size_t i = next_own(symbols, 0), j = next_own(other, 0), past = i;
	for (bool innermost = true; i < symbols->n && j < other->n; innermost = false) {
		const struct symbol *a = &symbols->list[i], *b = &other->list[j];
		bool closes = innermost && is_same_function(a, b) && strcasestr(a->function, "close");
		if (!closes && !is_same_call(a, b))
			break;
		i = next_own(symbols, i + 1);
		j = next_own(other, j + 1);
		if (closes)
			past = i;
	}
	/* All are the same, as in a loop: then it is the innermost or, if that is a function that closes, its caller. */
	if (i == symbols->n || j == other->n)
		i = past;
	const struct symbol *place = i < symbols->n ? location_from(symbols, i) : NULL;
	return place && place->counts ? place : symbols_location(symbols);
}

static size_t count_own(const struct symbols *symbols)
{
	size_t n = 0;
	for (size_t i = 0; i < symbols->n; i++)
		n += symbols->list[i].own && symbols->list[i].counts;
	return n;
}

bool symbols_are_outer(const struct symbols *symbols, const struct symbols *other)
{
	size_t n = count_own(symbols), m = count_own(other), i = next_own(symbols, 0), j = next_own(other, 0);
	if (n == 0 || m <= n)
		return false;
	for (; m > n; m--)
		j = next_own(other, j + 1);
	for (; n > 0; n--) {
		if (!is_same_call(&symbols->list[i], &other->list[j]))
			return false;
		i = next_own(symbols, i + 1);
		j = next_own(other, j + 1);
	}
	return true;
}

void print_location(FILE *out, const struct symbol *symbol)
{
	if (symbol->file) {
		print_safe(out, symbol->file);
		if (symbol->line > 0)
			fprintf(out, ":%d", symbol->line);
		return;
	}
	if (symbol->module)
		print_safe(out, base_name(symbol->module));
	else
		fputs("unmapped", out);
	fprintf(out, "+0x%llx", (unsigned long long)symbol->offset);
}
