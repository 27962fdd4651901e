/* Whose code a frame is: see user_code.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/user_code.h"

#include <string.h>

#include "analyzer/base/pattern.h"
#include "analyzer/base/util.h"
#include "analyzer/symbols/languages.h"
#include "analyzer/symbols/runtime_code.h"
#include "shim/model/system.h"

/* Whether a text begins with one of the prefixes in a list that ends with NULL. */
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

bool is_version_of(const char *name, const char *program)
{
	size_t n = strlen(program);
	return strncmp(name, program, n) == 0 && !name[n + strspn(name + n, "0123456789.dmt-")];
}

/* Other interpreters, wherever a version manager or a CI installs them: "~/.nvm/versions/node/v20.1.0/bin/node", "libruby.so.3.1". */
static bool is_part_of_interpreter(const char *module)
{
	static const char *const programs[] = {
#define INTERPRETER(name, ...) name,
#include "analyzer/symbols/interpreter.def"
#undef INTERPRETER
		NULL};
	static const char *const libraries[] = {"libruby",    "libperl.so", "libphp",	     "liblua",
						"libnode.so", "libtcl",	    "libjvm.so",     "libjli.so",
						"libjava.so", "libmono",    "libcoreclr.so", NULL};
	const char *name = base_name(module);
	if (begins_with_one(name, libraries))
		return true;
	for (size_t i = 0; programs[i] && name - module >= 5 && strncmp(name - 5, "/bin/", 5) == 0; i++)
		if (is_version_of(name, programs[i]))
			return true;
	return false;
}

/* What came with the system. */
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

/* What the C library's own start files call; on some machines they have debug information. In a program without symbols: what called the C
 * library's start code. */
static bool is_start(const struct symbols *symbols, size_t i)
{
	const struct symbol *symbol = &symbols->list[i];
	if (symbol->function || symbol->lang)
		return symbol->function && strcmp(symbol->function, "_start") == 0;
	return i > 0 && i + 1 == symbols->n && symbol[-1].module && is_part_of_c(symbol[-1].module);
}

/* Judges a frame on its own, by the former recipe. */
static bool is_counted(const struct symbol *symbol)
{
	if (symbol->lang)
		return !symbol->file || !is_library_of(symbol->lang, symbol->file);
	if (symbol->module && (is_part_of_c(symbol->module) || is_part_of_python(symbol->module)))
		return false;
	return !symbol->file || !is_system_header(symbol->file);
}

static void mark_counted(struct symbols *symbols)
{
	bool scripts = false, others = false;
	for (size_t i = 0; i < symbols->n; i++)
		symbols->list[i].counted =
			is_counted(&symbols->list[i]) && !symbols->list[i].deep && !is_start(symbols, i);
	/* In a script's stack, C code is not the user's, and the system's libraries count only if there is nothing else. */
	for (size_t i = 0; i < symbols->n; i++) {
		const struct symbol *symbol = &symbols->list[i];
		scripts |= symbol->lang != LANG_c;
		others |= symbol->counted && !(symbol->module && is_system_library(symbol->module));
	}
	for (size_t i = 0; i < symbols->n; i++) {
		struct symbol *symbol = &symbols->list[i];
		if ((scripts && !symbol->lang) || (others && symbol->module && is_system_library(symbol->module)))
			symbol->counted = false;
	}
}

/* -- the rule ------------------------------------------------------------------------------------------------- */

static struct {
	const char *pattern;
	bool own;
} * exceptions;
static size_t n_exceptions;

void user_code_except(const char *pattern, bool own)
{
	exceptions = xreallocarray(exceptions, n_exceptions + 1, sizeof *exceptions);
	exceptions[n_exceptions].pattern = pattern;
	exceptions[n_exceptions++].own = own;
}

/* The user's own rule for a path, the last one first; `otherwise` if there is none. */
static bool unless_excepted(const char *path, const char *other_path, bool otherwise)
{
	for (size_t i = n_exceptions; i-- > 0;)
		if ((path && pattern_matches(exceptions[i].pattern, path)) ||
		    (other_path && pattern_matches(exceptions[i].pattern, other_path)))
			return exceptions[i].own;
	return otherwise;
}

bool is_own_path(const char *path)
{
	return unless_excepted(path, NULL, *path != '[' && !is_system_path(path) && !is_part_of_c(path));
}

/* A frame without a module is code made at run time: it is nobody's. */
static bool is_own(const struct symbol *symbol)
{
	const char *file = symbol->file, *module = symbol->module;
	if (symbol->lang)
		return !file ||
		       unless_excepted(file, NULL, !is_library_of(symbol->lang, file) && !is_system_path(file));
	if (!module || is_part_of_c(module) || is_part_of_python(module) || !is_counted(symbol) ||
	    is_runtime_frame(symbol->function, file))
		return false;
	return unless_excepted(module, file,
			       is_own_path(module) && !is_part_of_interpreter(module) &&
				       !(file && is_system_path(file)));
}

void symbols_mark_user_code(struct symbols *symbols)
{
	bool own = false, scripts = false;
	mark_counted(symbols);
	for (size_t i = 0; i < symbols->n; i++) {
		struct symbol *symbol = &symbols->list[i];
		symbol->own = is_own(symbol) && !is_start(symbols, i);
		own |= symbol->own;
		scripts |= symbol->own && symbol->lang;
	}
	for (size_t i = 0; i < symbols->n; i++) {
		struct symbol *symbol = &symbols->list[i];
		symbol->counts = own ? symbol->own && (symbol->lang || !scripts) : symbol->counted;
	}
}
