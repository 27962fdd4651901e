/* Sockets that processes share: who inherited one, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/cookie.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util.h"

struct heir {
	const struct process *process;
	int64_t t;
};

struct cookie {
	unsigned lives;	    /* that have it */
	unsigned in_flight; /* sent by SCM_RIGHTS, not received yet */
	bool counted;	    /* in the total of sockets */
	struct heir *heirs; /* that inherited it */
	size_t n_heirs, cap_heirs;
	UT_hash_handle hh;
	char key[]; /* host, boot, cookie */
};

bool cookie_bind(struct cookie **cookies, struct life *life, const char *text)
{
	const struct process *process = life->process;
	struct cookie *cookie;
	/* Cookies are given out anew at each boot. */
	char *key = xasprintf("%s %s %s", process->host ? process->host : "", process->boot ? process->boot : "", text);
	HASH_FIND_STR(*cookies, key, cookie);
	if (!cookie) {
		cookie = xcalloc(1, sizeof *cookie + strlen(key) + 1);
		strcpy(cookie->key, key);
		HASH_ADD_STR(*cookies, key, cookie);
	}
	free(key);
	life->cookie = cookie;
	cookie->lives++;
	bool again = life->made && cookie->counted;
	cookie->counted |= life->made;
	if (!life->made) {
		GROW(cookie->heirs, cookie->n_heirs, cookie->cap_heirs);
		cookie->heirs[cookie->n_heirs++] = (struct heir){life->process, life->t};
	}
	return again;
}

static void cookie_free(struct cookie **cookies, struct cookie *cookie)
{
	HASH_DEL(*cookies, cookie);
	free(cookie->heirs);
	free(cookie);
}

void cookie_unbind(struct cookie **cookies, struct life *life)
{
	struct cookie *cookie = life->cookie;
	if (cookie && --cookie->lives == 0 && cookie->in_flight == 0)
		cookie_free(cookies, cookie);
	life->cookie = NULL;
}

void cookie_sent(struct cookie *cookie) { cookie->in_flight++; }

void cookie_received(struct cookie *cookie)
{
	if (cookie->in_flight)
		cookie->in_flight--;
}

static bool same_process(const struct process *a, const struct process *b)
{
	return a->pid == b->pid && a->file == b->file; /* images of one */
}

static bool is_heir(const struct cookie *cookie, const struct process *process)
{
	for (size_t i = 0; i < cookie->n_heirs; i++)
		if (same_process(cookie->heirs[i].process, process))
			return true;
	return false;
}

/* Whether the socket came down from this life, and not from another process that had it too. */
static bool is_heir_of(const struct heir *heir, const struct life *life)
{
	const struct process *above = heir->process->parent;
	size_t steps = life->cookie->n_heirs; /* no more, also when a trace contradicts itself */
	for (; above && !same_process(above, life->process); above = above->parent)
		if (steps-- == 0 || !is_heir(life->cookie, above))
			return false;
	return above || heir->t >= life->t; /* whose parent is not known: in doubt yes */
}

bool life_handed_over(const struct life *life)
{
	const struct process *maker = life->process;
	if (!life->cookie)
		return false;
	int64_t t_end = maker->exited ? maker->t_exit : maker->t_last;
	for (size_t i = 0; i < life->cookie->n_heirs; i++) {
		const struct process *heir = life->cookie->heirs[i].process;
		/* One whose end nobody saw may have gone on. */
		bool outlived = heir->t_last > t_end || (!heir->exited && !heir->replaced);
		if (outlived && !same_process(heir, maker) && is_heir_of(&life->cookie->heirs[i], life))
			return true;
	}
	return false;
}

void cookies_free(struct cookie **cookies)
{
	struct cookie *cookie, *next;
	HASH_ITER (hh, *cookies, cookie, next)
		cookie_free(cookies, cookie);
}
