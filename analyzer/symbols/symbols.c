/* From addresses to functions, files and lines, on elfutils' libdw.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <libiberty/demangle.h>

#include "analyzer/symbols/debug_files.h"
#include "analyzer/symbols/functions.h"
#include "analyzer/base/hash.h"
#include "analyzer/symbols/interleave.h"
#include "analyzer/symbols/own.h"
#include "analyzer/symbols/symtab.h"
#include "analyzer/base/util.h"

/* An opened module, wherever it was mapped. */
struct opened_module {
	struct module_key {
		const char *path, *build_id; /* interned */
	} key;
	bool open; /* what follows is usable */
	Dwfl *dwfl;
	Dwfl_Module *dw;
	GElf_Addr add;		     /* to an offset, for libdw's address */
	bool fixed;		     /* not position-independent: the base is to be added too */
	GElf_Addr start, end;	     /* what libdw's addresses are within */
	Dwarf *dwarf, *shared;	     /* NULL: none */
	struct functions *functions; /* of dwarf */
	Dwarf_Addr bias;	     /* from dwarf's addresses to dw's */
	struct symtab *symtab;	     /* NULL: not asked yet */
	const char *folders[2];	     /* of the program, and of its debug file */
	const char *problem;	     /* why it cannot be used, or NULL */
	UT_hash_handle hh;
};

/* What there is to say of an address. */
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

static struct opened_module *images;
static struct spot *spots;
static struct symbolized *knowns;

/* -- modules -------------------------------------------------------------------------------------------------- */

enum { PROBLEMS_TOLD = 8, IMAGES_OPEN = 64 }; /* images: each may hold descriptors and much memory */

/* A file that starts like a program, whichever it is; `problem` says what else it is. */
static int open_module(const struct module_key *module, const char **problem)
{
	char id[BUILD_ID_SIZE];
	struct stat st;
	int fd = *module->path == '/' && strncmp(module->path, "/proc/", 6) != 0 ? open_regular(module->path, &st) : -1;
	Elf *elf = NULL;
	if (*module->path != '/' || strncmp(module->path, "/proc/", 6) == 0)
		*problem = "is no file";
	else if (fd < 0)
		*problem = errno == ENOENT ? "is gone" : errno == EINVAL ? "is no file" : "cannot be read";
	else if (elf_kind(elf = elf_begin(fd, ELF_C_READ_MMAP, NULL)) != ELF_K_ELF)
		*problem = "is no program or library";
	else if (module->build_id && (build_id_text(elf, id), strcmp(id, module->build_id) != 0))
		*problem = "is another build than the traced one";
	else if (!debug_file_fits(fd))
		*problem = "has compressed sections out of all proportion to its size";
	elf_end(elf);
	if (fd >= 0 && *problem) {
		close(fd);
		fd = -1;
	}
	return fd < 0 && module->build_id ? debug_file_of_module(module->build_id, module->path) : fd;
}

/* The path of an open file, to be freed; NULL: it has none. */
static char *path_of(int fd)
{
	char *link = xasprintf("/proc/self/fd/%d", fd), *path = realpath(link, NULL);
	free(link);
	return path;
}

static const char *folder_of(const char *path)
{
	char *folder = path ? strndup(path, (size_t)(base_name(path) - path)) : NULL;
	const char *kept = folder ? intern(folder) : NULL;
	free(folder);
	return kept;
}

static int find_debuginfo(Dwfl_Module *dw, void **user, const char *name, Dwarf_Addr base, const char *file,
			  const char *link, GElf_Word checksum, char **found)
{
	struct opened_module *image = *user;
	char id[BUILD_ID_SIZE] = "";
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(dw, &bias);
	(void)name, (void)base;
	if (link && !checksum) /* the link of a debug file to a shared one: see open_dwarf */
		return -1;
	if (elf)
		build_id_text(elf, id);
	int fd = debug_file_find(id, file, link, checksum);
	if (fd < 0 && !is_part_of_c(image->key.path))
		fd = debug_file_fetch(id);
	if (fd >= 0) {
		*found = path_of(fd);
		image->folders[1] = folder_of(*found);
	}
	return fd;
}

/* A debug file made by dwz(1) is of no use without the one that it shares. libdw would open whatever it names. */
static void open_dwarf(struct opened_module *image)
{
	const char *link;
	const void *id;
	char text[BUILD_ID_SIZE];
	const char *program, *debug;
	image->dwarf = dwfl_module_getdwarf(image->dw, &image->bias);
	ssize_t n = image->dwarf ? dwelf_dwarf_gnu_debugaltlink(image->dwarf, &link, &id) : 0;
	if (n > 0) {
		dwfl_module_info(image->dw, NULL, NULL, NULL, NULL, NULL, &program, &debug);
		hex_text(id, n, text);
		int fd = debug_file_shared(text, debug ? debug : program, link);
		image->shared = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
		if (!image->shared && fd >= 0)
			close(fd);
		if (image->shared)
			dwarf_setalt(image->dwarf, image->shared);
	}
	if (n < 0 || (n > 0 && !image->shared))
		image->dwarf = NULL;
	if (image->dwarf)
		image->functions = functions_new(image->dwarf, image->folders);
}

/* Those open, in a ring: the next one to be opened takes the place of the oldest. */
static struct opened_module *opened[IMAGES_OPEN];
static unsigned turn;

static void close_image(struct opened_module *image)
{
	functions_free(image->functions);
	symtab_free(image->symtab);
	image->functions = NULL;
	image->symtab = NULL;
	dwfl_end(image->dwfl);
	dwarf_end(image->shared);
	image->dwfl = NULL;
	image->shared = image->dwarf = NULL;
	image->open = false;
}

static void open_image(struct opened_module *image)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	const char *path = image->key.path, *problem = NULL;
	void **user;
	GElf_Addr bias;
	GElf_Ehdr header;
	elf_version(EV_CURRENT);
	int fd = open_module(&image->key, &problem);
	if (fd < 0 && image->key.build_id && problem && *path == '/' && !is_part_of_c(path))
		fd = debug_file_fetch(image->key.build_id);
	if (fd < 0) {
		image->problem = problem ? problem : "cannot be read";
		return;
	}
	char *real = path_of(fd);
	image->folders[0] = folder_of(real);
	free(real);
	image->dwfl = dwfl_begin(&callbacks);
	image->dw = image->dwfl ? dwfl_report_offline(image->dwfl, base_name(path), path, fd) : NULL;
	Elf *elf = image->dw ? dwfl_module_getelf(image->dw, &bias) : NULL;
	if (!elf || !gelf_getehdr(elf, &header)) {
		if (!image->dw)
			close(fd);
		image->problem = "is no program or library";
		close_image(image);
		return;
	}
	dwfl_report_end(image->dwfl, NULL, NULL);
	dwfl_module_info(image->dw, &user, &image->start, &image->end, NULL, NULL, NULL, NULL);
	*user = image;
	/* A program that is not position-independent has its addresses fixed, and its base counted in. */
	image->add = bias;
	image->fixed = header.e_type == ET_EXEC;
	image->open = true;
	open_dwarf(image);
	if (opened[turn])
		close_image(opened[turn]);
	opened[turn] = image;
	turn = (turn + 1) % IMAGES_OPEN;
}

static struct opened_module *image_of(const struct module *module)
{
	struct opened_module *image;
	struct module_key key;
	memset(&key, 0, sizeof key);
	key.path = module->path;
	key.build_id = module->build_id;
	HASH_FIND(hh, images, &key, sizeof key, image);
	if (!image) {
		image = xcalloc(1, sizeof *image);
		image->key = key;
		HASH_ADD(hh, images, key, sizeof key, image);
	}
	if (!image->open && !image->problem)
		open_image(image);
	return image;
}

size_t symbols_problems(void (*tell)(void *context, const char *module, const char *why), void *context)
{
	size_t n = 0;
	for (const struct opened_module *image = images; image; image = image->hh.next)
		if (image->problem && *image->key.path == '/' && !is_part_of_c(image->key.path) && n++ < PROBLEMS_TOLD)
			tell(context, image->key.path, image->problem);
	return n > PROBLEMS_TOLD ? n - PROBLEMS_TOLD : 0;
}

/* -- frames --------------------------------------------------------------------------------------------------- */

/* Bazel and others build in /proc/self/cwd, so that no path of their own gets into the binary; clang tells of the C++ library
 * by way of its own folder. */
static const char *clean_path(const char *path)
{
	static const char cwd[] = "/proc/self/cwd/";
	if (strncmp(path, cwd, sizeof cwd - 1) == 0)
		path += sizeof cwd - 1;
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	char *plain = *path == '/' && strstr(path, "/.") ? normal_path(path) : NULL;
	char *whole = plain ? xasprintf("/%s", plain) : NULL;
	/* Behind a symbolic link, ".." may lead elsewhere. */
	const char *kept = whole && (access(whole, F_OK) == 0 || access(path, F_OK) != 0) ? whole : path;
	kept = intern(kept);
	free(plain);
	free(whole);
	return kept;
}

static const char *call_file(Dwarf_Die *inlined)
{
	Dwarf_Die unit;
	Dwarf_Attribute attribute;
	Dwarf_Word index;
	Dwarf_Files *files;
	size_t n;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &index) != 0 ||
	    !dwarf_diecu(inlined, &unit, NULL, NULL) || dwarf_getsrcfiles(&unit, &files, &n) != 0 || index >= n)
		return NULL;
	const char *file = dwarf_filesrc(files, index, NULL, NULL);
	return file ? clean_path(file) : NULL;
}

static int call_line(Dwarf_Die *inlined)
{
	Dwarf_Attribute attribute;
	Dwarf_Word line;
	return dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 ? (int)line : 0;
}

/* What a function is called in the source, without its parameters, for compilers do not always tell them; NULL when the
 * name is not mangled. */
static const char *demangle(const char *name)
{
	if (!name || name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return NULL;
	char *whole = strndup(name, strcspn(name, ".")); /* what follows tells which of gcc's clones it is */
	char *text = rust_demangle(whole, DMGL_NO_OPTS); /* older names of Rust look like those of C++ */
	if (!text)
		text = cplus_demangle_v3(whole, DMGL_NO_OPTS);
	const char *result = text ? intern(text) : NULL;
	free(whole);
	free(text);
	return result;
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) &&
	    !dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		return NULL;
	return dwarf_formstring(&attribute);
}

static const char *function_name(const struct opened_module *image, Dwarf_Die *die)
{
	const char *plain = dwarf_diename(die), *source = demangle(linkage_name(die));
	if (source || !plain)
		return source;
	char *full = xasprintf("%s%s", functions_scope(image->functions, die), plain);
	source = intern(full);
	free(full);
	return source;
}

static const char *as_in_source(const char *name)
{
	const char *plain = name ? demangle(name) : NULL;
	return plain || !name ? plain : intern(name);
}

/* The symbol around an address, or, when none reaches so far, the nearest before it: `near` and its distance. */
static void name_by_symbol(struct opened_module *image, GElf_Addr address, struct symbol *symbol)
{
	GElf_Addr start;
	if (!image->symtab)
		image->symtab = symtab_new(image->dw);
	const char *name = symtab_function(image->symtab, address);
	if (!name) /* where a signal handler returns to, no call is before it */
		name = symtab_function_at(image->symtab, address + 1);
	symbol->function = as_in_source(name);
	if (!name && (name = symtab_nearest(image->symtab, address, &start))) {
		symbol->near = as_in_source(name);
		symbol->distance = address + 1 - start;
	}
}

/* Whether a symbol's name is that of the function with its namespaces and classes, which -g1 leaves out. */
static bool tells_more(const char *symbol, const char *function)
{
	size_t n = symbol ? strlen(symbol) : 0, tail = strlen(function);
	return n > tail + 2 && strcmp(symbol + n - tail, function) == 0 && strncmp(symbol + n - tail - 2, "::", 2) == 0;
}

enum { CHAIN = 64 };

/* From the innermost inlined function to the real one. */
static void find_spot(const struct frame *frame, struct spot *spot)
{
	struct opened_module *image = image_of(frame->module);
	Dwarf_Die unit, chain[CHAIN];
	const char *file = NULL;
	int line = 0;
	struct symbol base = {.module = frame->module->path, .offset = frame->offset};
	size_t n = 0;
	/* The frame is where the call returns to; the call itself is before that, maybe on another line. */
	GElf_Addr address = image->add + (image->fixed ? frame->module->base : 0) + frame->offset - 1;
	if (image->open && address >= image->start && address < image->end) {
		GElf_Addr in_dwarf = address - image->bias;
		if (image->dwarf && functions_unit(image->functions, in_dwarf, &unit)) {
			Dwarf_Line *at = dwarf_getsrc_die(&unit, in_dwarf);
			file = at ? dwarf_linesrc(at, NULL, NULL) : NULL;
			if (at)
				dwarf_lineno(at, &line);
			n = functions_chain(image->functions, &unit, in_dwarf, chain, CHAIN);
		}
		name_by_symbol(image, address, &base);
	}
	spot->n = n ? n : 1;
	spot->list = xcalloc(spot->n, sizeof *spot->list);
	for (size_t i = 0; i < spot->n; i++) {
		struct symbol *symbol = &spot->list[i];
		Dwarf_Die *die = n ? &chain[n - 1 - i] : NULL;
		*symbol = base;
		symbol->file = file ? clean_path(file) : NULL;
		symbol->line = file ? line : 0;
		if (!die)
			continue;
		symbol->near = NULL;
		const char *name = function_name(image, die);
		if (name && !(i == spot->n - 1 && tells_more(base.function, name)))
			symbol->function = name;
		file = call_file(die);
		line = call_line(die);
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

static bool is_socksan(const char *module) { return strcmp(base_name(module), "libsocksan.so") == 0; }

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

/* "file:line function" */
static void append_python(const char *text, struct building *building)
{
	struct symbol *symbol = append(building);
	symbol->python = true;
	char *file = xstrdup(text), *space = strrchr(file, ' ');
	/* A function may be called "<listcomp>", and a path may hold blanks: the last one is the divider. */
	if (space) {
		*space = 0;
		symbol->function = intern(space + 1);
	}
	char *colon = strrchr(file, ':');
	if (colon) {
		*colon = 0;
		symbol->line = atoi(colon + 1);
	}
	symbol->file = intern(file);
	free(file);
}

/* The C library's functions that the user called, and that made the recorded call. */
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

const struct symbols *symbolize(const struct stack *stack)
{
	struct symbolized *known;
	HASH_FIND_PTR(knowns, &stack, known);
	if (known)
		return known->symbols;
	struct building building = {xcalloc(1, sizeof *building.symbols), 0};
	for (size_t i = 0; i < stack->n_py; i++)
		append_python(stack->py[i], &building);
	for (size_t i = 0; i < stack->n_frames; i++)
		append_frame(&stack->frames[i], &building);
	struct symbols *symbols = building.symbols;
	drop_wrappers(symbols);
	symbols_mark_own(symbols);
	interleave(symbols, stack->runs, stack->n_runs);
	known = xcalloc(1, sizeof *known);
	known->stack = stack;
	known->symbols = symbols;
	HASH_ADD_PTR(knowns, stack, known);
	return symbols;
}

void symbols_forget(void)
{
	struct opened_module *image, *next_image;
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
	HASH_ITER (hh, images, image, next_image) {
		HASH_DEL(images, image);
		close_image(image);
		free(image);
	}
	memset(opened, 0, sizeof opened);
}

const struct symbol *symbols_location(const struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->n; i++)
		if (symbols->list[i].own)
			return &symbols->list[i];
	return symbols->n ? &symbols->list[0] : NULL;
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
