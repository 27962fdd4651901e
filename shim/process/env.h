/* The environment of the next program: it gets the shim, even if the host built an environment of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENV_H
#define SHIM_ENV_H

#include "shim/kernel/runtime.h"

#include <stdbool.h>
#include <stddef.h>

/* Remembers what this program was started with, and edits the environment that libc may pass to children unchanged: removes a runtime that
 * was put first for this program only, makes the path among the options absolute, and removes the shim if children are not followed. The
 * host's environment is never written to after that. Call in the constructor. */
void env_init(char **envp);

/* The same in a process that ran already, with these options: nothing of it is changed. */
void env_attach(const char *text);

/* The plan for the next program's environment, and the room it takes: on the caller's stack, which may be small, or in mapped pages, since
 * neither a vfork child nor a signal handler may call malloc. `slots` of 0: it stays as it is. */
struct env_plan {
	size_t slots, bytes;
	void *pages; /* NULL: on the stack */
	bool preload, options, strip;
	bool ours; /* with the shim, and with this run's log_path */
	const char *preload_value, *shim;
	size_t shim_len, runtime_len;
	char runtime[RUNTIME_MAX];
};

/* `path`: the program, if known. */
struct env_plan env_plan(char *const *envp, bool follow, const char *path);

static inline size_t env_room(const struct env_plan *p) { return p->slots * sizeof(char *) + p->bytes; }
#define ENV_NEAR 2048 /* at most this much goes on the stack */

/* Returns the environment to pass on: envp itself, or a copy in `room`, which must outlive its use. Safe in a vfork child and in signal
 * handlers. */
char *const *env_for(char *const *envp, struct env_plan *, void *room);

/* Frees the pages of a plan. If a vfork child left by exec, its parent frees them. */
void env_end(struct env_plan *);
void env_end_vfork(void);

/* Declares `out`: the environment for the next program, made from envp. Valid until this function returns. */
#define ENV_FOR(out, envp, follow, path)                                                             \
	struct env_plan out##_next __attribute__((cleanup(env_end))) = env_plan(envp, follow, path); \
	size_t out##_size = env_room(&out##_next);                                                   \
	char *out##_room[(out##_size <= ENV_NEAR ? out##_size : 0) / sizeof(char *) + 1];            \
	char *const *out = env_for(envp, &out##_next, out##_room)

#endif
