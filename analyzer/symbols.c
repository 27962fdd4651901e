/* From addresses to functions, files and lines, on elfutils' libdw.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <uthash.h>

#include "analyzer/util.h"

/* An opened module. */
struct image {
	const struct module *module; /* the key */
	Dwfl *dwfl;
	Dwfl_Module *dw; /* NULL when it cannot be used */
	GElf_Addr add;	 /* to an offset, for libdw's address */
	const char *problem;
	UT_hash_handle hh;
};

struct known {
	const struct stack *stack; /* the key */
	struct symbols *symbols;
	UT_hash_handle hh;
};

static struct image *images;

/* -- modules -------------------------------------------------------------------------------------------------- */

static const char *check_build_id(Dwfl_Module *dw, const char *wanted)
{
	const unsigned char *id;
	GElf_Addr address;
	char hex[2 * 64 + 1] = "";
	if (!wanted)
		return NULL;
	int n = dwfl_module_build_id(dw, &id, &address);
	for (int i = 0; i < n && i < 64; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	return strcmp(hex, wanted) == 0 ? NULL : "is another build than the traced one";
}

static const char *open_image(struct image *image)
{
	static char *debuginfo_path;
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &debuginfo_path,
	};
	struct stat st;
	const char *path = image->module->path;
	if (*path != '/')
		return "is no file";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? "is gone" : "cannot be read";
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return "is no file";
	}
	image->dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *dw = image->dwfl ? dwfl_report_offline(image->dwfl, base_name(path), path, fd) : NULL;
	if (!dw) {
		close(fd);
		return "is no program or library";
	}
	dwfl_report_end(image->dwfl, NULL, NULL);
	GElf_Addr bias;
	GElf_Ehdr header;
	Elf *elf = dwfl_module_getelf(dw, &bias);
	if (!elf || !gelf_getehdr(elf, &header))
		return "is no program or library";
	const char *problem = check_build_id(dw, image->module->build_id);
	if (problem)
		return problem;
	/* A program that is not position-independent has its addresses fixed, and its base counted in. */
	image->add = bias + (header.e_type == ET_EXEC ? image->module->base : 0);
	image->dw = dw;
	return NULL;
}

static struct image *image_of(const struct module *module)
{
	struct image *image;
	HASH_FIND_PTR(images, &module, image);
	if (!image) {
		image = xcalloc(1, sizeof *image);
		image->module = module;
		image->problem = open_image(image);
		HASH_ADD_PTR(images, module, image);
	}
	return image;
}

/* -- whose code it is ----------------------------------------------------------------------------------------- */

static bool is_part_of_c(const char *module)
{
	static const char *const prefixes[] = {"libc.so",    "libc-",	"ld-linux",  "ld.so",
					       "libpthread", "ld-musl", "linux-vdso"};
	const char *name = base_name(module);
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return strcmp(name, "[vdso]") == 0;
}

static bool is_socksan(const char *module) { return strcmp(base_name(module), "libsocksan.so") == 0; }

static bool is_python_library(const char *file)
{
	return (strstr(file, "/lib/python3") && !strstr(file, "-packages/")) || *file == '<';
}

void symbols_problems(void (*tell)(void *context, const char *module, const char *why), void *context)
{
	for (const struct image *image = images; image; image = image->hh.next)
		if (image->problem && *image->module->path == '/' && !is_part_of_c(image->module->path))
			tell(context, image->module->path, image->problem);
}

/* -- frames --------------------------------------------------------------------------------------------------- */

static struct symbol *append(struct symbols **symbols, size_t *cap)
{
	size_t n = *symbols ? (*symbols)->n : 0;
	if (n == *cap || !*symbols) {
		*cap = *cap ? 2 * *cap : 16;
		*symbols = xreallocarray(*symbols, 1, sizeof **symbols + *cap * sizeof *(*symbols)->list);
		(*symbols)->n = n;
	}
	struct symbol *symbol = &(*symbols)->list[(*symbols)->n++];
	*symbol = (struct symbol){0};
	return symbol;
}

/* Bazel and others build in /proc/self/cwd, so that no path of their own gets into the binary. */
static const char *clean_path(const char *path)
{
	static const char cwd[] = "/proc/self/cwd/";
	if (strncmp(path, cwd, sizeof cwd - 1) == 0)
		path += sizeof cwd - 1;
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return intern(path);
}

static const char *call_file(Dwarf_Die *cu, Dwarf_Die *inlined)
{
	Dwarf_Attribute attribute;
	Dwarf_Word index;
	Dwarf_Files *files;
	size_t n;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &index) != 0 ||
	    dwarf_getsrcfiles(cu, &files, &n) != 0 || index >= n)
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

/* The functions that hold an address, from the innermost inlined one to the real one: appended. False: not known. */
static bool append_scopes(Dwfl_Module *dw, GElf_Addr address, const struct symbol *base, struct symbols **symbols,
			  size_t *cap)
{
	Dwarf_Addr bias;
	Dwarf_Die *cu = dwfl_module_addrdie(dw, address, &bias);
	Dwarf_Die *found = NULL, *scopes = NULL;
	int n = cu ? dwarf_getscopes(cu, address - bias, &found) : 0;
	if (n <= 0)
		return false;
	/* The scopes around an inlined function's body are those of its definition; its callers are the DIE's parents. */
	n = dwarf_getscopes_die(&found[0], &scopes);
	free(found);
	const char *file = base->file;
	int line = base->line;
	bool any = false;
	for (int i = 0; i < n; i++) {
		int tag = dwarf_tag(&scopes[i]);
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		const char *name = dwarf_diename(&scopes[i]);
		struct symbol *symbol = append(symbols, cap);
		*symbol = *base;
		symbol->function = name ? intern(name) : base->function;
		symbol->file = file;
		symbol->line = line;
		any = true;
		if (tag == DW_TAG_subprogram)
			break;
		file = call_file(cu, &scopes[i]);
		line = call_line(&scopes[i]);
	}
	free(scopes);
	return any;
}

static void append_frame(const struct frame *frame, struct symbols **symbols, size_t *cap)
{
	struct symbol base = {.offset = frame->offset, .own = true};
	if (!frame->module) {
		*append(symbols, cap) = base;
		return;
	}
	if (is_socksan(frame->module->path))
		return;
	base.module = frame->module->path;
	base.own = !is_part_of_c(base.module);
	const struct image *image = image_of(frame->module);
	if (image->dw && frame->offset > 0) {
		/* The frame is where the call returns to; the call itself is before that, maybe on another line. */
		GElf_Addr address = image->add + frame->offset - 1;
		GElf_Off into;
		GElf_Sym sym;
		const char *name = dwfl_module_addrinfo(image->dw, address, &into, &sym, NULL, NULL, NULL);
		Dwfl_Line *line = dwfl_module_getsrc(image->dw, address);
		const char *file = line ? dwfl_lineinfo(line, NULL, &base.line, NULL, NULL, NULL) : NULL;
		base.function = name ? intern(name) : NULL;
		base.file = file ? clean_path(file) : NULL;
		if (name && strcmp(name, "_start") == 0)
			base.own = false;
		if (append_scopes(image->dw, address, &base, symbols, cap))
			return;
	}
	*append(symbols, cap) = base;
}

/* "file:line function" */
static void append_python(const char *text, struct symbols **symbols, size_t *cap)
{
	struct symbol *symbol = append(symbols, cap);
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
	symbol->own = !is_python_library(file);
	free(file);
}

const struct symbols *symbolize(const struct stack *stack)
{
	static struct known *all;
	struct known *known;
	HASH_FIND_PTR(all, &stack, known);
	if (known)
		return known->symbols;
	known = xcalloc(1, sizeof *known);
	known->stack = stack;
	known->symbols = xcalloc(1, sizeof *known->symbols);
	size_t cap = 0;
	for (size_t i = 0; i < stack->n_py; i++)
		append_python(stack->py[i], &known->symbols, &cap);
	for (size_t i = 0; i < stack->n_frames; i++)
		append_frame(&stack->frames[i], &known->symbols, &cap);
	/* `_start`, in a program that has lost its symbols: what called the C library's start code. */
	if (known->symbols->n > 1) {
		struct symbol *last = &known->symbols->list[known->symbols->n - 1];
		if (!last->function && last[-1].module && is_part_of_c(last[-1].module))
			last->own = false;
	}
	/* In a Python program the interpreter's C code is not the user's. */
	for (size_t i = 0; stack->n_py && i < known->symbols->n; i++)
		known->symbols->list[i].own &= known->symbols->list[i].python;
	HASH_ADD_PTR(all, stack, known);
	return known->symbols;
}

const struct symbol *symbols_place(const struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->n; i++)
		if (symbols->list[i].own)
			return &symbols->list[i];
	return symbols->n ? &symbols->list[0] : NULL;
}

void print_place(FILE *out, const struct symbol *symbol)
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
