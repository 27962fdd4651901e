/* The environment of the next program: the shim goes along, also where the host made an environment of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENV_H
#define SHIM_ENV_H

#include <stdbool.h>
#include <stddef.h>

/* Remembers what this program was started with. For the constructor. */
void env_init(char *const *envp);

/* Room for the copy that env_for needs, on the caller's stack: a vfork child must not allocate. `room` of 0 slots: the
 * environment can stay as it is. */
struct env_room {
	size_t slots, bytes;
};
struct env_room env_need(char *const *envp, bool follow);

/* The environment to pass on: envp itself, or a copy made of `slots` and `text`, which must outlive its use. Safe in a vfork child
 * and in signal handlers. */
char *const *env_for(char *const *envp, bool follow, char **slots, char *text);

/* Declares `out`: the environment for the next program made from envp, in this function's frame. */
#define ENV_FOR(out, envp, follow)                                                 \
	struct env_room out##_room = env_need(envp, follow);                       \
	char *out##_slots[out##_room.slots + 1], out##_text[out##_room.bytes + 1]; \
	char *const *out = env_for(envp, follow, out##_slots, out##_text)

#endif
