/* Sockets that processes share: who made one, who inherited it, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/cookie.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "analyzer/base/util.h"

/* A program's first lines may refer to what its parent closed a moment ago, and a sender's line may come after the receiver is done, so
 * this many unreferenced cookies are remembered. */
enum { RETIRED_MAX = 4096, LOOKS_PER_HOLDER = 1000 };

/* A process, with all its images, that is among the heirs. */
struct member {
	struct {
		int64_t pid;
		int64_t file;
	} key;
	bool used; /* by it, or by one that inherited it from it */
	UT_hash_handle hh;
};

struct cookie {
	unsigned lives;	  /* that have it */
	int in_flight;	  /* sent by SCM_RIGHTS, minus those received */
	bool counted;	  /* in the total of sockets */
	bool used;	  /* bytes were moved, or there was a peer */
	bool inheritable; /* some descriptor of it was without close-on-exec at some time */
	bool retired;
	struct maker maker; /* process is NULL if unknown */
	struct cut cut;	    /* process is NULL if nobody did */
	struct holder *holders;
	size_t n_holders, cap_holders, n_heirs; /* heirs: that inherited it */
	struct member *members;			/* who the heirs are */
	size_t patience;			/* so many more of the holders may be examined */
	struct cookie *prev, *next;		/* of those retired */
	UT_hash_handle hh;
	char key[]; /* host, boot, cookie; or an invented number */
};

struct cookies {
	struct cookie *all, *retired; /* the first retired first */
	size_t n_retired;
	uint64_t made_up; /* for what has no kernel cookie */
	bool ended;
};

struct cookies *cookies_new(void) { return xcalloc(1, sizeof(struct cookies)); }

static void cookie_free(struct cookies *cookies, struct cookie *cookie)
{
	struct member *member, *next;
	HASH_ITER (hh, cookie->members, member, next) {
		HASH_DEL(cookie->members, member);
		free(member);
	}
	HASH_DEL(cookies->all, cookie);
	free(cookie->maker.local);
	free(cookie->maker.peer);
	free(cookie->holders);
	free(cookie);
}

static bool is_left(struct cookie *cookie);

static void retire(struct cookies *cookies, struct cookie *cookie)
{
	if (!cookies->ended && is_left(cookie)) /* to be judged at the end */
		return;
	cookie->retired = true;
	DL_APPEND(cookies->retired, cookie);
	if (cookies->n_retired++ < RETIRED_MAX)
		return;
	struct cookie *oldest = cookies->retired;
	DL_DELETE(cookies->retired, oldest);
	cookies->n_retired--;
	cookie_free(cookies, oldest);
}

/* The first to have it made it; a receiver has it later. */
static void set_maker(struct cookie *cookie, const struct socket_life *life)
{
	struct maker *maker = &cookie->maker;
	if (maker->process && maker->t <= life->t)
		return;
	free(maker->local);
	free(maker->peer);
	*maker = (struct maker){
		.process = life->process,
		.opened = life->opened,
		.op = life->opened_op,
		.t = life->t,
		.tid = life->tid,
		.inheritable = life->inheritable,
		.family = life->family,
		.type = life->type,
		.local = life->local ? xstrdup(life->local) : NULL,
		.peer = life->peer ? xstrdup(life->peer) : NULL,
	};
}

static struct member *find_member(const struct cookie *cookie, const struct traced_process *process, struct member *key)
{
	struct member *member;
	memset(key, 0, sizeof *key);
	key->key.pid = process->pid;
	key->key.file = process->file;
	HASH_FIND(hh, cookie->members, &key->key, sizeof key->key, member);
	return member;
}

static bool is_used(const struct cookie *cookie, const struct traced_process *process)
{
	struct member key, *member = find_member(cookie, process, &key);
	return !member || member->used;
}

static void add_holder(struct cookie *cookie, struct socket_life *life)
{
	struct member key;
	GROW(cookie->holders, cookie->n_holders, cookie->cap_holders);
	cookie->holders[cookie->n_holders++] = (struct holder){
		.process = life->process,
		.t = life->t,
		.t_end = life->open ? 0 : life->ended_t,
		.made = life->made,
		.forked = !life->made && life->opened_op && strcmp(life->opened_op, "fork") == 0,
		.fd = life->descriptors ? life->descriptors->fd : -1,
	};
	life->holder = cookie->n_holders;
	cookie->patience += LOOKS_PER_HOLDER;
	cookie->n_heirs += !life->made;
	if (life->made || find_member(cookie, life->process, &key))
		return;
	struct member *member = xcalloc(1, sizeof *member);
	member->key = key.key;
	HASH_ADD(hh, cookie->members, key, sizeof member->key, member);
}

static struct cookie *find_or_make(struct cookies *cookies, const char *key)
{
	struct cookie *cookie;
	HASH_FIND_STR(cookies->all, key, cookie);
	if (!cookie) {
		cookie = xcalloc(1, sizeof *cookie + strlen(key) + 1);
		strcpy(cookie->key, key);
		HASH_ADD_STR(cookies->all, key, cookie);
	} else if (cookie->retired) {
		cookie->retired = false;
		DL_DELETE(cookies->retired, cookie);
		cookies->n_retired--;
	}
	return cookie;
}

/* True when another life with this cookie was counted as a socket before. */
static bool attach(struct cookie *cookie, struct socket_life *life)
{
	life->cookie = cookie;
	cookie->lives++;
	bool again = life->made && cookie->counted;
	cookie->counted |= life->made;
	cookie->inheritable |= life->inheritable;
	if (life->made)
		set_maker(cookie, life);
	add_holder(cookie, life);
	return again;
}

bool cookie_bind(struct cookies *cookies, struct socket_life *life, const char *text)
{
	const struct traced_process *process = life->process;
	/* Cookies start anew at each boot. */
	char *key = xasprintf("%s %s %s", process->host ? process->host : "", process->boot ? process->boot : "", text);
	struct cookie *cookie = find_or_make(cookies, key);
	free(key);
	return attach(cookie, life);
}

struct cookie *cookie_hold(struct cookies *cookies, struct socket_life *life)
{
	if (!life->cookie) {
		char *key = xasprintf("%llu", (unsigned long long)++cookies->made_up);
		attach(find_or_make(cookies, key), life);
		free(key);
	}
	life->cookie->lives++;
	return life->cookie;
}

void cookie_pass(struct cookie *cookie, struct socket_life *life)
{
	attach(cookie, life);
	cookie->lives--;
}

void cookie_release(struct cookies *cookies, struct cookie *cookie)
{
	if (--cookie->lives == 0)
		retire(cookies, cookie);
}

void cookie_let_go(struct socket_life *life, int64_t t, const struct descriptor *closed)
{
	if (!life->cookie)
		return;
	struct holder *holder = &life->cookie->holders[life->holder - 1];
	holder->t_end = t;
	holder->state = life->state;
	holder->closed = closed ? closed->closed : NULL;
	holder->closed_op = closed ? closed->closed_op : NULL;
	holder->closed_tid = closed ? closed->closed_tid : 0;
}

void cookie_used(const struct socket_life *life)
{
	struct cookie *cookie = life->cookie;
	const struct traced_process *process = life->process;
	struct member key, *member;
	for (; cookie && process && (member = find_member(cookie, process, &key)); process = process->parent) {
		if (member->used)
			return;
		member->used = true;
	}
}

void cookie_cut(const struct socket_life *life, const struct moment *moment)
{
	struct cookie *cookie = life->cookie;
	if (!cookie || cookie->cut.process || !holder_idle(cookie, &cookie->holders[life->holder - 1]))
		return;
	cookie->cut = (struct cut){
		.process = life->process,
		.stack = moment->stack,
		.op = intern(moment->event->op),
		.t = moment->event->t,
		.tid = moment->event->tid,
		.fd = moment->event->fd,
	};
}

void cookie_update(const struct socket_life *life)
{
	if (life->cookie) {
		life->cookie->used |= life->connected || life->listened || life->rx > 0 || life->tx > 0;
		life->cookie->inheritable |= life->inheritable;
	}
	if (life->made && life->cookie && life->cookie->maker.process == life->process)
		life->cookie->maker.inheritable |= life->inheritable;
}

void cookie_unbind(struct cookies *cookies, struct socket_life *life)
{
	if (life->cookie)
		cookie_release(cookies, life->cookie);
	life->cookie = NULL;
}

void cookie_sent(struct cookie *cookie) { cookie->in_flight++; }

void cookie_received(struct cookie *cookie) { cookie->in_flight--; }

bool same_process(const struct traced_process *a, const struct traced_process *b)
{
	return a->pid == b->pid && a->file == b->file; /* images of one */
}

/* A trace may claim that a thousand processes made one socket and that a thousand forks passed each on: examining all of them for each of
 * them would take forever. */
static bool is_patient(struct cookie *cookie)
{
	if (cookie->patience == 0)
		return false;
	cookie->patience--;
	return true;
}

/* Whether the socket came from this life, and not from another process that had it too. If in doubt, yes. */
static bool is_heir_of(const struct holder *heir, const struct socket_life *life)
{
	struct cookie *cookie = life->cookie;
	const struct traced_process *above = heir->process->parent;
	struct member key;
	for (; above && !same_process(above, life->process); above = above->parent) {
		if (!is_patient(cookie))
			return true;
		if (!find_member(cookie, above, &key))
			return false;
	}
	return above || heir->t >= life->t; /* the parent is unknown: in doubt, yes */
}

/* Whether a process may have had the socket after `t`. If in doubt, yes: one whose end nobody saw may have continued, though not across an
 * exec if the socket was always close-on-exec. */
static bool held_after(const struct cookie *cookie, const struct holder *holder, int64_t t)
{
	const struct traced_process *process = holder->process;
	if (holder->t_end && holder->t_end <= t)
		return false;
	if (process->t_last > t)
		return true;
	if (process->exec_pending && !cookie->inheritable)
		return false;
	return !process->exited && !process->replaced && !(process->t_died && process->t_died <= t);
}

bool life_handed_over(const struct socket_life *life)
{
	const struct traced_process *maker = life->process;
	if (!life->cookie)
		return false;
	int64_t t_end = maker->exited ? maker->t_exit : maker->t_last;
	for (size_t i = 0; i < life->cookie->n_holders; i++) {
		const struct holder *holder = &life->cookie->holders[i];
		const struct traced_process *heir = holder->process;
		if (!is_patient(life->cookie))
			return true;
		if (held_after(life->cookie, holder, t_end) && !holder->made && !same_process(heir, maker) &&
		    is_heir_of(holder, life))
			return true;
	}
	return false;
}

const struct maker *cookie_maker(const struct cookie *cookie)
{
	return cookie && cookie->maker.process ? &cookie->maker : NULL;
}

const struct maker *life_maker(const struct socket_life *life) { return cookie_maker(life->cookie); }

const struct cut *life_cut(const struct socket_life *life)
{
	const struct cookie *cookie = life->cookie;
	if (!cookie || !cookie->cut.process || same_process(cookie->cut.process, life->process) ||
	    is_used(cookie, cookie->cut.process))
		return NULL;
	return &cookie->cut;
}

bool holder_idle(const struct cookie *cookie, const struct holder *holder)
{
	const struct traced_process *process = holder->process;
	return holder->forked && holder->fd > STDERR_FILENO && !process->t_lost && !process->own_table &&
	       !is_used(cookie, process);
}

const struct holder *holder_above(struct cookie *cookie, const struct holder *holder)
{
	const struct traced_process *parent = holder->process->parent;
	for (size_t i = parent && holder->forked ? cookie->n_holders : 0; i-- > 0 && is_patient(cookie);) {
		const struct holder *above = &cookie->holders[i];
		if (same_process(above->process, parent) && above->t <= holder->t)
			return above;
	}
	return NULL;
}

/* Whether a child still has it when its parent closed it. Not all lines about that child may have come yet. */
static bool is_left(struct cookie *cookie)
{
	for (size_t i = 0; i < cookie->n_holders; i++) {
		const struct holder *holder = &cookie->holders[i], *above;
		if (holder_idle(cookie, holder) && (above = holder_above(cookie, holder)) && above->closed_op &&
		    holder->t_end > above->t_end)
			return true;
	}
	return false;
}

struct cookie *cookies_next(const struct cookies *cookies, const struct cookie *cookie)
{
	return cookie ? cookie->hh.next : cookies->all;
}

bool cookie_in_flight(const struct cookie *cookie) { return cookie->in_flight > 0; }

const struct holder *cookie_holders(const struct cookie *cookie, size_t *n)
{
	*n = cookie->n_holders;
	return cookie->holders;
}

const struct traced_process *life_taker(const struct socket_life *life)
{
	struct cookie *cookie = life->cookie;
	const struct traced_process *taker = NULL;
	for (size_t i = cookie ? cookie->n_holders : 0; i-- > 0 && is_patient(cookie);) {
		const struct holder *holder = &cookie->holders[i];
		const struct traced_process *process = holder->process;
		if (process->replaced || same_process(process, life->process) || (holder->made && holder->t <= life->t))
			continue;
		if (process->parent && same_process(process->parent, life->process))
			return process;
		if (!taker)
			taker = process;
	}
	return taker;
}

/* A stream is not used before it is connected or listens, which has a line at once; bytes of other sockets are only known at their end. */
static bool tells_use_late(const struct socket_life *life)
{
	return life->type && strcmp(life->type, "SOCK_STREAM") != 0 && strcmp(life->type, "SOCK_SEQPACKET") != 0;
}

bool life_used_elsewhere(const struct socket_life *life)
{
	struct cookie *cookie = life->cookie;
	if (!cookie || cookie->used)
		return cookie != NULL;
	for (size_t i = 0; tells_use_late(life) && i < cookie->n_holders; i++) {
		const struct holder *holder = &cookie->holders[i];
		if (!is_patient(cookie))
			return true;
		if (!same_process(holder->process, life->process) && !holder->t_end && !holder->process->exited)
			return true;
	}
	return false;
}

const struct holder *life_holders(const struct socket_life *life, size_t *n)
{
	*n = 0;
	return life->cookie ? cookie_holders(life->cookie, n) : NULL;
}

bool life_shared(const struct socket_life *life)
{
	const struct cookie *cookie = life->cookie;
	return cookie && (cookie->n_heirs > 0 || cookie->lives > 1 || cookie->in_flight ||
			  cookie->maker.process != life->process);
}

void cookies_end(struct cookies *cookies) { cookies->ended = true; }

void cookies_free(struct cookies *cookies)
{
	struct cookie *cookie, *next;
	HASH_ITER (hh, cookies->all, cookie, next)
		cookie_free(cookies, cookie);
	free(cookies);
}
