/* The ends of interpreters that are no tenants, known by the functions on the stack of a close: see lang.h. What is closed there, the program
 * never closed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/arch/arch.h"
#include "shim/libc/libc.h"
#include "shim/state/program.h"

#include <stddef.h>
#include <string.h>
#include <unwind.h>

/* A row an interpreter: what its program or library is called, the functions in which it ends, and those in which it runs the program's code,
 * also while it ends: END blocks, shutdown functions, at_exit. The innermost decides. Ruby's whole life is in ruby_run_node. Lua's loop has no
 * name that is exported: it is the one function of such a size. LuaJIT's calls finalizers of whatever language. */
static const struct ending {
	const char *name, *ends[2], *runs[2];
	bool has_large_loop;
} endings[] = {
	{"ruby", {"ruby_run_node", "ruby_cleanup"}, {"rb_vm_exec", "rb_io_close"}, false},
	{"perl", {"perl_destruct"}, {"Perl_runops_standard", "Perl_runops_debug"}, false},
	{"php", {"php_request_shutdown", "php_module_shutdown"}, {"execute_ex", "zend_call_function"}, false},
	{"node",
	 {"_ZN4node15FreeEnvironmentEPNS_11EnvironmentE", "_ZN4node11Environment10RunCleanupEv"},
	 {NULL},
	 false},
	{"luajit", {"lua_close"}, {NULL}, false},
	{"lua", {"lua_close"}, {NULL}, true},
};

/* Those of the interpreters that are here. */
static struct {
	uintptr_t start;
	bool ends;
} functions[16];
static unsigned n_functions;

/* The object of an interpreter that has a large loop, or nothing. */
static struct dl_find_object looping;

enum { LARGE = 4096 }; /* bytes: far from what Lua's loop has, and more than its other functions have */

static uintptr_t function_around(uintptr_t pc) { return (uintptr_t)_Unwind_FindEnclosingFunction((void *)pc); }

/* Where a function that only hands on to another jumps to, which leaves no frame of it. */
static uintptr_t jumps_to(uintptr_t start)
{
	enum { SHORT = 32 };
	for (uintptr_t at = start; at < start + SHORT && function_around(at + 1) == start; at++) {
		uintptr_t target = arch_jump((const void *)at);
		if (target && target != start && function_around(target + 1) == target)
			return target;
	}
	return start;
}

static bool is_large_loop(uintptr_t pc, uintptr_t start)
{
	return pc >= (uintptr_t)looping.dlfo_map_start && pc < (uintptr_t)looping.dlfo_map_end &&
	       function_around(start + LARGE) == start;
}

static void learn(const char *name, bool ends, bool has_large_loop)
{
	uintptr_t start = name ? (uintptr_t)dlsym(RTLD_DEFAULT, name) : 0;
	if (name && !start)
		dlerror(); /* the host has not asked for anything yet */
	if (!start || n_functions == sizeof functions / sizeof *functions)
		return;
	functions[n_functions].start = ends ? jumps_to(start) : start;
	functions[n_functions++].ends = ends;
	if (has_large_loop && !program_find((void *)start, &looping))
		looping = (struct dl_find_object){0};
}

/* "lua5.4" is lua, "luajit" is not. */
static bool is_version_of(const char *called, const char *name)
{
	size_t n = strlen(name);
	return !strncmp(called, name, n) && !(called[n] >= 'a' && called[n] <= 'z');
}

static bool is_called(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	base = base ? base + 1 : path;
	return is_version_of(base, name) || (!strncmp(base, "lib", 3) && is_version_of(base + 3, name));
}

void lang_find_ending(void)
{
	struct dl_find_object self;
	const struct link_map *first = NULL, *object;
	if (program_find(lang_find_ending, &self))
		first = self.dlfo_link_map;
	while (first && first->l_prev)
		first = first->l_prev;
	for (const struct ending *i = endings; i < endings + sizeof endings / sizeof *i; i++) {
		bool found = is_called(program_exe, i->name);
		for (object = first; object && !found; object = object->l_next)
			found = is_called(object->l_name, i->name);
		for (int n = 0; found && n < 2; n++) { /* asking dlsym for what is not there allocates */
			learn(i->ends[n], true, i->has_large_loop);
			learn(i->runs[n], false, i->has_large_loop);
		}
	}
}

bool lang_ending(const uintptr_t *pc, unsigned n)
{
	for (unsigned i = 0; n_functions && i < n; i++) {
		uintptr_t start = function_around(pc[i]);
		for (unsigned known = 0; start && known < n_functions; known++)
			if (functions[known].start == start)
				return functions[known].ends;
		if (start && is_large_loop(pc[i], start))
			return false;
	}
	return false;
}
