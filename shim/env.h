/* The environment of the next program: the shim goes along, also where the host made an environment of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENV_H
#define SHIM_ENV_H

#include "shim/runtime.h"

#include <stdbool.h>
#include <stddef.h>

/* Remembers what this program was started with, and makes of it what libc may hand to children as it is: without a runtime that was
 * put first for this program, with a path of options that is absolute, without the shim where children are not followed. Later on the
 * host's environment is never written to. For the constructor. */
void env_init(char **envp);

/* What the next program's environment is to be, and how much room it takes on the caller's stack: a vfork child must not allocate.
 * `slots` of 0: it can stay as it is. */
struct env_plan {
	size_t slots, bytes;
	bool preload, options, strip;
	const char *preload_value, *shim;
	size_t shim_len, runtime_len;
	char runtime[RUNTIME_MAX];
};

/* `path`: the program, where it is known. */
struct env_plan env_plan(char *const *envp, bool follow, const char *path);

/* The environment to pass on: envp itself, or a copy made of `slots` and `text`, which must outlive its use. Safe in a vfork child
 * and in signal handlers. */
char *const *env_for(char *const *envp, const struct env_plan *, char **slots, char *text);

/* Declares `out`: the environment for the next program made from envp, in this function's frame. */
#define ENV_FOR(out, envp, follow, path)                                           \
	struct env_plan out##_next = env_plan(envp, follow, path);                 \
	char *out##_slots[out##_next.slots + 1], out##_text[out##_next.bytes + 1]; \
	char *const *out = env_for(envp, &out##_next, out##_slots, out##_text)

#endif
