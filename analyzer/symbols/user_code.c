/* Whose code a frame is: see user_code.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/user_code.h"

#include <string.h>

#include "analyzer/base/util.h"

/* Whether a text begins with one of a list that ends with NULL. */
static bool begins_with_one(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (strncmp(text, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

bool is_part_of_c(const char *module)
{
	static const char *const names[] = {"libc.so",	  "libc-",   "ld-linux",   "ld.so",
					    "libpthread", "ld-musl", "linux-vdso", NULL};
	return begins_with_one(base_name(module), names) || strcmp(base_name(module), "[vdso]") == 0;
}

/* "libpython3.11.so.1.0", "python3.11"; those built for debugging or without the GIL: "python3.11-dbg", "python3.13t" */
bool is_interpreter(const char *module)
{
	const char *name = base_name(module);
	if (strncmp(name, "libpython", 9) == 0)
		return true;
	if (strncmp(name, "python", 6) != 0)
		return false;
	name += 6 + strspn(name + 6, "0123456789.");
	name += strspn(name, "dmtu");
	return *name == 0 || strcmp(name, "-dbg") == 0;
}

/* The interpreter, and the part of its standard library that is in C. */
static bool is_part_of_python(const char *module) { return is_interpreter(module) || strstr(module, "/lib-dynload/"); }

/* "/usr/lib/python3.11/socket.py", ".../lib/python311.zip/socket.py", "<frozen runpy>" */
static bool is_python_library(const char *file)
{
	static const char lib[] = "/python3", frozen[] = "<frozen ";
	const char *at = file;
	if (strncmp(file, frozen, sizeof frozen - 1) == 0)
		return true;
	while ((at = strstr(at, lib))) {
		const char *before = at;
		at += sizeof lib - 1;
		at += strspn(at, "0123456789.");
		bool in_lib = (before - file >= 4 && strncmp(before - 4, "/lib", 4) == 0) ||
			      (before - file >= 6 && strncmp(before - 6, "/lib64", 6) == 0);
		if (in_lib && (*at == '/' || strncmp(at, "zip/", 4) == 0))
			return !strstr(at, "-packages/");
	}
	return false;
}

/* What came with the machine. */
static bool is_system_library(const char *module)
{
	static const char *const folders[] = {"/lib/",	     "/lib32/",	    "/lib64/", "/usr/lib/",
					      "/usr/lib32/", "/usr/lib64/", NULL};
	return begins_with_one(module, folders);
}

/* Templates and inline functions of the C++ library are compiled into the user's program, but are not the user's. */
static bool is_system_header(const char *file)
{
	static const char *const folders[] = {"/usr/include/", "/usr/lib/gcc/", "/usr/lib/llvm-", NULL};
	return begins_with_one(file, folders);
}

/* What a frame tells of itself. */
static bool is_own(const struct symbol *symbol)
{
	if (symbol->python)
		return !symbol->file || !is_python_library(symbol->file);
	if (symbol->module && (is_part_of_c(symbol->module) || is_part_of_python(symbol->module)))
		return false;
	if (symbol->file && is_system_header(symbol->file))
		return false;
	/* What the C library's own start files call; on some machines they have debug information. */
	return !symbol->function || strcmp(symbol->function, "_start") != 0;
}

void symbols_mark_user_code(struct symbols *symbols)
{
	bool python = false, others = false;
	for (size_t i = 0; i < symbols->n; i++)
		symbols->list[i].own = is_own(&symbols->list[i]);
	/* `_start`, in a program that has lost its symbols: what called the C library's start code. */
	if (symbols->n > 1) {
		struct symbol *last = &symbols->list[symbols->n - 1];
		if (!last->function && last[-1].module && is_part_of_c(last[-1].module))
			last->own = false;
	}
	/* In a Python program C code is not the user's, and libraries of the machine are where there is nothing else. */
	for (size_t i = 0; i < symbols->n; i++) {
		const struct symbol *symbol = &symbols->list[i];
		python |= symbol->python;
		others |= symbol->own && !(symbol->module && is_system_library(symbol->module));
	}
	for (size_t i = 0; i < symbols->n; i++) {
		struct symbol *symbol = &symbols->list[i];
		if ((python && !symbol->python) || (others && symbol->module && is_system_library(symbol->module)))
			symbol->own = false;
	}
}
