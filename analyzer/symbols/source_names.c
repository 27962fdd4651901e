/* Names of functions and files as in the source: see source_names.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols/source_names.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dwarf.h>
#include <libiberty/demangle.h>

#include "analyzer/base/util.h"

const char *compile_folder(Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;
	const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	return folder && *folder == '/' && access(folder, F_OK) == 0 ? folder : NULL;
}

/* Bazel and others build in /proc/self/cwd, so that no path of theirs gets into the binary; clang's paths of the C++ library go through its
 * own folder. */
const char *source_path(const char *path, const char *folder)
{
	static const char cwd[] = "/proc/self/cwd/";
	char *joined = *path != '/' && folder ? xasprintf("%s/%s", folder, path) : NULL;
	path = joined ? joined : path;
	if (strncmp(path, cwd, sizeof cwd - 1) == 0)
		path += sizeof cwd - 1;
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	char *plain = *path == '/' && strstr(path, "/.") ? normal_path(path) : NULL;
	char *whole = plain ? xasprintf("/%s", plain) : NULL;
	/* Behind a symbolic link, ".." may lead elsewhere. */
	const char *kept = whole && (access(whole, F_OK) == 0 || access(path, F_OK) != 0) ? whole : path;
	kept = intern(kept);
	free(joined);
	free(plain);
	free(whole);
	return kept;
}

const char *inlined_file(Dwarf_Die *inlined, const char *folder)
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
	return file ? source_path(file, folder) : NULL;
}

int inlined_line(Dwarf_Die *inlined)
{
	Dwarf_Attribute attribute;
	Dwarf_Word line;
	return dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 ? (int)line : 0;
}

/* The name of a function as in the source, without its parameters, which compilers do not always include; NULL if the name is not mangled. */
static const char *demangle(const char *name)
{
	if (!name || name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return NULL;
	char *whole = strndup(name, strcspn(name, ".")); /* the rest says which of gcc's clones it is */
	/* Rust's older mangled names look like those of C++, and contain dots. */
	char *text = rust_demangle(name, DMGL_NO_OPTS);
	if (!text)
		text = rust_demangle(whole, DMGL_NO_OPTS);
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

const char *function_name(struct functions *functions, Dwarf_Die *die)
{
	const char *plain = dwarf_diename(die), *source = demangle(linkage_name(die));
	if (source || !plain)
		return source;
	char *full = xasprintf("%s%s", functions_scope(functions, die), plain);
	source = intern(full);
	free(full);
	return source;
}

const char *symbol_name(const char *name)
{
	const char *plain = name ? demangle(name) : NULL;
	if (plain || !name)
		return plain;
	/* A debug file's symbols have their version: "connect@@GLIBC_2.2.5". */
	const char *end = strchr(name, '@');
	if (!end || end == name)
		return intern(name);
	char *bare = xasprintf("%.*s", (int)(end - name), name);
	plain = intern(bare);
	free(bare);
	return plain;
}

bool tells_more(const char *symbol, const char *function)
{
	size_t n = symbol ? strlen(symbol) : 0, tail = strlen(function);
	return n > tail + 2 && strcmp(symbol + n - tail, function) == 0 && strncmp(symbol + n - tail - 2, "::", 2) == 0;
}
