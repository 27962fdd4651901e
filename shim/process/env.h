/* The environment of the next program: the shim goes along, also where the host made an environment of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENV_H
#define SHIM_ENV_H

#include "shim/kernel/runtime.h"

#include <stdbool.h>
#include <stddef.h>

/* Remembers what this program was started with, and makes of it what libc may hand to children as it is: without a runtime that was
 * put first for this program, with a path of options that is absolute, without the shim where children are not followed. Later on the
 * host's environment is never written to. For the constructor. */
void env_init(char **envp);

/* The same in a process that ran already, with these options: nothing of it is changed. */
void env_attach(const char *text);

/* What the next program's environment is to be, and how much room that takes: some of the caller's stack, which may be small, or pages
 * of its own, as neither a vfork child nor a signal handler may call malloc. `slots` of 0: it can stay as it is. */
struct env_plan {
	size_t slots, bytes;
	void *pages; /* NULL: on the stack */
	bool preload, options, strip;
	bool ours; /* with the shim, and for the traces of this run */
	const char *preload_value, *shim;
	size_t shim_len, runtime_len;
	char runtime[RUNTIME_MAX];
};

/* `path`: the program, where it is known. */
struct env_plan env_plan(char *const *envp, bool follow, const char *path);

static inline size_t env_room(const struct env_plan *p) { return p->slots * sizeof(char *) + p->bytes; }
#define ENV_NEAR 2048 /* so much of it on a stack */

/* The environment to pass on: envp itself, or a copy in `room`, which must outlive its use. Safe in a vfork child and in signal
 * handlers. */
char *const *env_for(char *const *envp, struct env_plan *, void *room);

/* Gives back the pages of a plan; where a vfork child left by exec, its parent gives them back. */
void env_end(struct env_plan *);
void env_end_vfork(void);

/* Declares `out`: the environment for the next program made from envp, for as long as this function runs. */
#define ENV_FOR(out, envp, follow, path)                                                             \
	struct env_plan out##_next __attribute__((cleanup(env_end))) = env_plan(envp, follow, path); \
	size_t out##_size = env_room(&out##_next);                                                   \
	char *out##_room[(out##_size <= ENV_NEAR ? out##_size : 0) / sizeof(char *) + 1];            \
	char *const *out = env_for(envp, &out##_next, out##_room)

#endif
