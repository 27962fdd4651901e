/* What an interpreter closes by itself, recognized by the functions on the stack of a close: see lang.h. What its end closes, the program
 * never closed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/arch/arch.h"
#include "shim/lang/function_around.h"
#include "shim/libc/libc.h"
#include "shim/state/program.h"

#include <stddef.h>
#include <string.h>

/* A row an interpreter: what its program or library is called, the functions in which it ends, those in which it runs the program's code,
 * also while it ends: END blocks, shutdown functions, at_exit, and that of its collector, if that has a name. The innermost decides, and of a
 * collector's the one around it. Ruby's whole life is in ruby_run_node. The end of a request of PHP's also closes what its server accepted,
 * elsewhere than what the script left; what PHP still has after its last request is persistent, as the program asked. Lua's loop has no name that is exported: it is the one function of such a size. LuaJIT's calls finalizers of whatever language. */
static const struct ending {
	const char *name, *ends[2], *runs[2], *collects[2];
	bool has_large_loop;
} endings[] = {
	{"ruby", {"ruby_run_node", "ruby_cleanup"}, {"rb_vm_exec", "rb_io_close"}, {NULL}, false},
	{"perl", {"perl_destruct"}, {"Perl_runops_standard", "Perl_runops_debug"}, {NULL}, false},
	{"php",
	 {"zend_call_destructors", "zend_deactivate"},
	 {"execute_ex", "zend_call_function"},
	 {"zend_gc_collect_cycles"},
	 false},
	{"node",
	 {"_ZN4node15FreeEnvironmentEPNS_11EnvironmentE", "_ZN4node11Environment10RunCleanupEv"},
	 {NULL},
	 {"_ZN2v88internal13GlobalHandles28InvokeFirstPassWeakCallbacksEv",
	  "_ZN2v88internal13GlobalHandles32InvokeSecondPassPhantomCallbacksEv"},
	 false},
	{"luajit", {"lua_close"}, {NULL}, {NULL}, false},
	{"lua", {"lua_close"}, {NULL}, {NULL}, true},
};

/* The rows of the interpreters in this program. */
static struct {
	uintptr_t start;
	enum lang_closer closer;
} functions[32];
static unsigned n_functions;

/* Ruby's collector closes in functions without an exported name, but they are located among these: a linker keeps a source file's functions
 * together, here gc.c's. */
static const char *const around_collector[] = {
	"rb_gc_mark",	"rb_gc_start",	       "rb_gc_register_address",   "rb_gc_adjust_memory_usage",
	"rb_gc_enable", "rb_define_finalizer", "rb_objspace_each_objects",
};
static uintptr_t collector_start, collector_end;

/* The object of an interpreter that has a large loop, or nothing. */
static struct dl_find_object looping;

enum { LARGE = 4096 }; /* bytes: far less than Lua's loop has, and more than its other functions have */

/* The target of a function that only jumps to another one, which leaves no frame of the first. */
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

static void learn(const char *name, enum lang_closer closer, bool has_large_loop)
{
	uintptr_t start = name ? (uintptr_t)dlsym(RTLD_DEFAULT, name) : 0;
	if (name && !start)
		dlerror(); /* the host has not called dlsym yet */
	if (!start || n_functions == sizeof functions / sizeof *functions)
		return;
	functions[n_functions].start = closer == LANG_ENDS ? jumps_to(start) : start;
	functions[n_functions++].closer = closer;
	if (has_large_loop && !program_find((void *)start, &looping))
		looping = (struct dl_find_object){0};
}

/* Functions that are not adjacent belong to a program whose linker mixed them. */
static void learn_collector(void)
{
	enum { LARGEST = 0x30000 }; /* three times the size of that file */
	uintptr_t start = UINTPTR_MAX, end = 0;
	for (size_t i = 0; i < sizeof around_collector / sizeof *around_collector; i++) {
		uintptr_t at = (uintptr_t)dlsym(RTLD_DEFAULT, around_collector[i]);
		if (!at)
			dlerror();
		start = at && at < start ? at : start;
		end = at > end ? at : end;
	}
	bool mixed = end < start || end - start > LARGEST;
	for (unsigned i = 0; i < n_functions; i++)
		mixed |= functions[i].start >= start && functions[i].start < end;
	if (!mixed) {
		collector_start = start;
		collector_end = end;
	}
}

static bool is_around_collector(uintptr_t pc) { return pc >= collector_start && pc < collector_end; }

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

bool lang_is_here(const char *name)
{
	struct dl_find_object self;
	const struct link_map *object = NULL;
	bool found = is_called(program_exe, name);
	if (!found && program_find(lang_is_here, &self))
		object = self.dlfo_link_map;
	while (object && object->l_prev)
		object = object->l_prev;
	for (; object && !found; object = object->l_next)
		found = is_called(object->l_name, name);
	return found;
}

void lang_find_ending(void)
{
	for (const struct ending *i = endings; i < endings + sizeof endings / sizeof *i; i++) {
		if (!lang_is_here(i->name)) /* dlsym allocates when it does not find a symbol */
			continue;
		for (int n = 0; n < 2; n++) {
			learn(i->ends[n], LANG_ENDS, i->has_large_loop);
			learn(i->runs[n], LANG_RUNS, i->has_large_loop);
			learn(i->collects[n], LANG_COLLECTS, false);
		}
	}
	if (lang_is_here("ruby"))
		learn_collector();
}

enum lang_closer lang_closer(const uintptr_t *pc, unsigned n)
{
	enum lang_closer closer = LANG_RUNS;
	for (unsigned i = 0; n_functions && i < n; i++) {
		uintptr_t start = function_around(pc[i]);
		for (unsigned known = 0; start && known < n_functions; known++) {
			if (functions[known].start != start)
				continue;
			if (functions[known].closer != LANG_COLLECTS)
				return functions[known].closer == LANG_ENDS ? LANG_ENDS : closer;
			closer = LANG_COLLECTS;
		}
		if (start && is_large_loop(pc[i], start))
			return closer;
		if (is_around_collector(pc[i]))
			closer = LANG_COLLECTS;
	}
	return closer;
}
