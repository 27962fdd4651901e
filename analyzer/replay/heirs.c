/* Descriptors of other kinds through fork and exec: see heirs.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/heirs.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/replay/cookie.h"
#include "analyzer/replay/sockets.h"
#include "analyzer/base/util.h"

/* What a program had open when it was replaced. */
struct carried {
	int64_t fd;
	enum kind kind;
	struct cookie *cookie;
	UT_hash_handle hh;
};

void heirs_carry(struct cookies *cookies, const struct traced_process *before, struct traced_process *process)
{
	for (const struct descriptor *descriptor = before->descriptors; descriptor; descriptor = descriptor->hh.next) {
		struct socket_life *life = descriptor->now;
		if (!life || life->kind == KIND_socket)
			continue;
		struct carried *carried = xcalloc(1, sizeof *carried);
		*carried = (struct carried){descriptor->fd, life->kind, cookie_hold(cookies, life), {0}};
		HASH_ADD(hh, process->carried, fd, sizeof carried->fd, carried);
	}
}

/* A forked child continues its parent's ids of lives, which are unique. It may mention them late, when the parent has closed its own. */
static struct socket_life *life_of_parent(const struct socket_life *life)
{
	const struct traced_process *process = life->process, *parent = process->parent;
	bool forked = parent && process->how && strcmp(process->how, how_name(HOW_fork)) == 0;
	struct socket_life *above = forked ? life_find(parent, life->sock) : NULL;
	return above && above->kind == life->kind ? above : NULL;
}

void heirs_bind(struct cookies *cookies, struct socket_life *life, int64_t fd)
{
	struct carried *carried;
	struct socket_life *above = life_of_parent(life);
	HASH_FIND(hh, life->process->carried, &fd, sizeof fd, carried);
	if (above) {
		cookie_pass(cookie_hold(cookies, above), life);
	} else if (carried && carried->kind == life->kind) {
		cookie_pass(carried->cookie, life);
		HASH_DEL(life->process->carried, carried);
		free(carried);
	}
}

void heirs_forget(struct cookies *cookies, struct traced_process *process)
{
	struct carried *carried, *next;
	HASH_ITER (hh, process->carried, carried, next) {
		HASH_DEL(process->carried, carried);
		cookie_release(cookies, carried->cookie);
		free(carried);
	}
}
