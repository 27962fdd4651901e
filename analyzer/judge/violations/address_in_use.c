/* address-in-use: bind fails with EADDRINUSE. The shim tags it; the owner of the address is named if the traces show it.
 *
 * Only at the end is it known whether that owner was still alive then, and which children had the socket too.
 *
 * It is a note if the program looked for a free address and found one (see hunt.h), and no forked child has it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/judge/hunt.h"
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

/* A finding, and the possible owner of the address. */
struct sought {
	struct finding *finding;
	char *local;
	const char *type;
	int64_t t;
	const struct traced_process *process, *candidate; /* NULL: none that has it on its own */
	struct exec_site opened;
	unsigned left; /* look for at most so many more */
	struct sought *next;
};

enum { MOST_SOUGHT = 1000 }; /* each is compared with all sockets */

struct memory {
	struct sought *sought;
	struct hunt *hunts; /* see hunt.h */
};

/* Whether the owner got it by a fork. */
static bool is_child(const struct finding *finding) { return finding->giver != NULL; }

static char *message(const struct finding *finding)
{
	if (finding->count > 1 || !finding->local)
		return xasprintf("%s to an address that is in use", op_of(finding));
	if (!finding->taker)
		return xasprintf("%s to %s, which is in use", op_of(finding), finding->local);
	char *holder = process_words(finding->taker), *text;
	if (is_child(finding))
		text = xasprintf("%s to %s, which forked child %s still holds", op_of(finding), finding->local, holder);
	else if (same_process(finding->taker, finding->process))
		text = xasprintf("%s to %s, which another socket of this process has", op_of(finding), finding->local);
	else
		text = xasprintf("%s to %s, which %s has", op_of(finding), finding->local, holder);
	free(holder);
	return text;
}

static const char *help(const struct finding *finding)
{
	bool path = finding->local && strncmp(finding->local, "unix:", 5) == 0;
	if (is_child(finding))
		return "close the listener in the child right after the fork; SO_REUSEADDR is no help while it has it";
	if (finding->taker)
		return "close the other socket first, or choose another address";
	if (path)
		return "unlink the path before bind, once you are sure that nobody listens on it";
	if (finding->reuse)
		return "stop the other owner of the address: SO_REUSEADDR is set, so a socket still has it";
	return NULL;
}

static bool is_any(const char *address, const char *port)
{
	static const char *const any[] = {"0.0.0.0", "[::]"};
	for (size_t i = 0; i < sizeof any / sizeof *any; i++)
		if ((size_t)(port - address) == strlen(any[i]) && strncmp(address, any[i], strlen(any[i])) == 0)
			return true;
	return false;
}

/* Whether two sockets cannot have these at once: they are equal, or one is for all addresses. */
static bool clash(const char *a, const char *b)
{
	const char *port_a = address_port(a), *port_b = address_port(b);
	if (strcmp(a, b) == 0)
		return true;
	return strncmp(a, "unix:", 5) != 0 && strncmp(b, "unix:", 5) != 0 && (*a == '[') == (*b == '[') &&
	       strcmp(port_a, port_b) == 0 && (is_any(a, port_a) || is_any(b, port_b));
}

static bool has(const struct socket_life *life, const char *local, const char *type)
{
	return life->open && life->local && life->type == type && clash(life->local, local) &&
	       (life->state == STATE_BOUND || life->state == STATE_LISTENING);
}

static bool is_near(const struct traced_process *a, const struct traced_process *b)
{
	return a->boot == b->boot && a->host == b->host && a->pidns == b->pidns;
}

/* The current owner, according to the lines so far. */
static const struct socket_life *find_holder(const struct moment *moment, const char *local, const char *type)
{
	for (const struct traced_process *process = moment->first; process; process = process->next) {
		if (process->exited || process->replaced || !is_near(process, moment->process))
			continue;
		for (const struct socket_life *life = process->lives; life; life = life->hh.next)
			if (life != moment->life && has(life, local, type))
				return life;
	}
	return NULL;
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	struct memory *m = *memory;
	(void)judge;
	if (m && m->hunts)
		hunts_moment(&m->hunts, moment);
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct memory *m = *memory;
	struct occurrence occurrence = occurrence_of_tag(moment);
	bool may_seek = moment->life && moment->event->local && strcmp(moment->event->op, "bind") == 0;
	if (may_seek)
		occurrence.severity = SEVERITY_NOTE;
	struct finding *finding = judge_fire(judge, &occurrence);
	if (!finding)
		return;
	if (!m)
		*memory = m = xcalloc(1, sizeof *m);
	struct sought *first = m->sought, *sought;
	if (may_seek)
		hunts_seek(&m->hunts, moment, finding);
	finding->reuse |= moment->event->reuse;
	if (moment->life)
		moment->life->told_in_use = true;
	if (finding->count > 1 || !occurrence.local || !occurrence.type || (first && first->left == 0))
		return;
	sought = xcalloc(1, sizeof *sought);
	*sought = (struct sought){
		.finding = finding,
		.local = xstrdup(occurrence.local),
		.type = occurrence.type,
		.t = occurrence.t,
		.process = moment->process,
		.left = first ? first->left - 1 : MOST_SOUGHT,
		.next = first,
	};
	const struct socket_life *life = find_holder(moment, occurrence.local, occurrence.type);
	if (life) {
		sought->candidate = life->process;
		sought->opened = (struct exec_site){life->opened, life->opened_op, life->tid};
	}
	m->sought = sought;
}

static void tell(struct finding *finding, const struct traced_process *giver, const struct traced_process *taker,
		 const struct exec_site *by)
{
	finding->giver = giver;
	if (giver) /* a child was not meant to have it, whatever was found instead */
		finding->severity = violations[VIOLATION_address_in_use].severity;
	finding->taker = taker;
	finding->stacks[ROLE_OTHER] = by->stack;
	finding->ops[ROLE_OTHER] = by->op;
	finding->tids[ROLE_OTHER] = by->tid;
	int_set_add(&finding->pids, taker->pid);
}

/* Whether the process is known to have been alive after `t`. */
static bool lived(const struct traced_process *process, int64_t t)
{
	return process->end == END_RUNNING || process->t_last > t || process->t_died > t ||
	       (process->exited && process->t_exit > t);
}

/* Whether it had the socket at `t`. A child's lines begin later than the fork, possibly after its parent's close. */
static bool had(const struct holder *holder, const struct holder *above, int64_t t)
{
	return (holder->t <= t || (above && above->t_end && above->t_end <= t)) &&
	       (holder->t_end ? holder->t_end > t : lived(holder->process, t));
}

static void shared(struct judge *judge, void **memory, struct cookie *cookie)
{
	const struct maker *maker = cookie_maker(cookie);
	size_t n;
	const struct holder *holders = cookie_holders(cookie, &n);
	(void)judge;
	if (!maker || !maker->local)
		return;
	const struct memory *m = *memory;
	for (struct sought *sought = m ? m->sought : NULL; sought; sought = sought->next) {
		if (sought->finding->taker || (sought->candidate && lived(sought->candidate, sought->t)) ||
		    !is_near(maker->process, sought->process) || maker->type != sought->type ||
		    !clash(maker->local, sought->local))
			continue;
		for (const struct holder *holder = holders; holder < holders + n; holder++) {
			const struct holder *above = holder->forked ? holder_above(cookie, holder) : NULL;
			if (holder->made || (holder->forked && !above) || !had(holder, above, sought->t))
				continue;
			tell(sought->finding, above ? above->process : NULL, holder->process,
			     &holder->process->entered);
			break;
		}
	}
}

static void finish(struct judge *judge, void **memory)
{
	struct memory *m = *memory;
	struct sought *sought = m ? m->sought : NULL, *next;
	(void)judge;
	if (m)
		hunts_end(&m->hunts);
	for (; sought; sought = next) {
		next = sought->next;
		if (sought->candidate && lived(sought->candidate, sought->t))
			tell(sought->finding, NULL, sought->candidate, &sought->opened);
		free(sought->local);
		free(sought);
	}
	free(m);
	*memory = NULL;
}

const struct rule address_in_use_rule = {
	.entailed = ENTAILED_ALWAYS,
	.words = {[ROLE_AT] = "failed", [ROLE_OTHER] = "taken"},
	.message = message,
	.help = help,
	.tagged = tagged,
	.moment = any,
	.shared = shared,
	.finish = finish,
};
