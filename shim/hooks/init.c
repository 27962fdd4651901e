/* Where the shim starts and ends: before any other constructor (-z initfirst) and after the last exit handler.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/attach.h"
#include "shim/hooks/ends.h"
#include "shim/fault/fault.h"
#include "shim/hooks/hook.h"
#include "shim/hooks/kept.h"
#include "shim/hooks/redirect.h"
#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/lang/lang.h"
#include "shim/libc/libc.h"
#include "shim/process/env.h"
#include "shim/process/process.h"
#include "shim/process/rerun.h"
#include "shim/process/sandbox.h"
#include "shim/stack/stack.h"
#include "shim/state/options.h"
#include "shim/state/program.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>

/* Makes a row of hooks.def without a body a link error. Never called. */
__attribute__((used)) static int every_row_has_a_body(void)
{
	return 0
#define HOOK(name, ...) +hook_##name
#include "shim/model/hooks.def"
		;
}

/* Puts the quarantine between the hooks and libc. A row that needs a kept_NAME does not link without it. */
static void quarantine_enter(void)
{
	behind = real;
#define ENTER_MAKES(name) real.name = kept_##name;
#define ENTER_RECEIVES(name) real.name = kept_##name;
#define ENTER_DUPS(name) real.name = kept_##name;
#define ENTER_CLOSES(name) real.name = kept_##name;
#define ENTER_CONNECTS(name)
#define ENTER_PASSES(name)
#define ENTER_INHERITS(name)
#define ENTER_KEEPS(name)
#define HOOK(name, family, effect, ...) ENTER_##effect(name)
#include "shim/model/hooks.def"
	real.syscall = kept_syscall; /* KEEPS, but it passes on every number */
}

static void init(int argc, char **argv, char **envp);

/* Whether the program ran already when the shim was loaded: what is there from the start stands before libc, since it is to be found first. */
static bool is_late(void)
{
	struct link_map *own = libc_link_map((void *)init), *libc = libc_link_map(dlsym(RTLD_NEXT, "on_exit"));
	while (own && libc && own != libc)
		own = own->l_next;
	return libc && !own;
}

/* The first handlers registered run last at exit and first in a child. libc's environ is not set yet. */
__attribute__((constructor)) static void init(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	const char *text = NULL;
	if (is_late())
		return;
	socksan_attached_1 = ATTACHED_AT_START;
	for (char **e = envp; e && *e; e++)
		if (!strncmp(*e, "SOCKSAN_OPTIONS=", 16))
			text = *e + 16;
	/* In a program with more privileges, options, working directory and descriptors are the caller's. */
	errand_init(envp);
	bool aside = getauxval(AT_SECURE) || sandbox_refuses(text);
	if (!aside)
		rerun_behind_runtime(envp);
	real_bind();
	if (aside)
		return;
	sys_bind();
	options_parse(text);
	program_init();
	stack_init();
	lang_init();
	env_init(envp);
	process_start();
	process_dumps();
	if (lang_binds_deep())
		redirect_all(&(unsigned){0});
	if (options.quarantine)
		quarantine_enter();
	if (fault_arm())
		real_inject();
	ends_register(false);
}

/* For the unwinder inside the shim; hidden, like the unwinder. It is used only by the first walk, which the constructor makes while no
 * other thread runs. Libc's could be a sanitizer's, and hold a lock that a signal handler would wait for. */
int pthread_once(pthread_once_t *once, void (*f)(void))
{
	if (!*once) {
		f();
		*once = 1;
	}
	return 0;
}
