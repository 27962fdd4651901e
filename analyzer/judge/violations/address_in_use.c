/* address-in-use: bind fails with EADDRINUSE. The shim tags it; the owner of the address is named if the traces show it.
 *
 * Only at the end is it known whether that owner was still alive then, and which children had the socket too.
 *
 * It is a note if the program looked for a free address and found one: it binds the same socket to another, or closes it and binds the next
 * to the next port, and no forked child has it; or if its own socket for all addresses of IPv6 takes what it wanted of IPv4, and it closes
 * the one left over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

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
enum { MOST_HUNTS = 32 };    /* each close is compared with them */

/* A thread that may be looking for a free address. Until it has found one, its findings are notes. */
struct hunt {
	const struct traced_process *process;
	int64_t tid, sock;
	char *tried;  /* the last */
	bool closed;  /* its socket is */
	bool covered; /* the program has a socket that serves the address */
	size_t n;
	struct finding *findings[4];
	struct hunt *next;
};

struct memory {
	struct sought *sought;
	struct hunt *hunts;
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

/* Splits "127.0.0.1:80" into the address and the port: "127.0.0.1", ":80". */
static const char *port_of(const char *address)
{
	const char *port = strrchr(address, ':');
	return port ? port : address + strlen(address);
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
	const char *port_a = port_of(a), *port_b = port_of(b);
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

/* Whether a socket of the process for all addresses of IPv6 has the port of an address that is for all of IPv4. */
static bool is_covered(const struct moment *moment)
{
	static const char all[] = "0.0.0.0:";
	const char *wanted = moment->event->local;
	if (!wanted || strncmp(wanted, all, sizeof all - 1) != 0)
		return false;
	for (const struct socket_life *life = moment->process->lives; life; life = life->hh.next)
		if (life->open && life->local && life->type == moment->life->type &&
		    strncmp(life->local, "[::]:", 5) == 0 && strcmp(port_of(life->local), port_of(wanted)) == 0)
			return true;
	return false;
}

/* Whether a hunt that fails at `tried` goes on at `local`: at the next port. */
static bool goes_on(const char *tried, const char *local)
{
	size_t host = (size_t)(port_of(tried) - tried);
	return *port_of(tried) && host == (size_t)(port_of(local) - local) && strncmp(tried, local, host) == 0 &&
	       strtol(tried + host + 1, NULL, 10) + 1 == strtol(local + host + 1, NULL, 10);
}

static void end_hunt(struct memory *memory, struct hunt *hunt, enum severity severity)
{
	for (size_t i = 0; i < hunt->n; i++)
		if (severity < hunt->findings[i]->severity)
			hunt->findings[i]->severity = severity;
	LL_DELETE(memory->hunts, hunt);
	free(hunt->tried);
	free(hunt);
}

/* A thread that has gone on to something else does not look any more. */
static void end_oldest(struct memory *memory)
{
	struct hunt *hunt = memory->hunts;
	for (int i = 0; hunt && i < MOST_HUNTS; i++)
		hunt = hunt->next;
	if (hunt)
		end_hunt(memory, hunt, violations[VIOLATION_address_in_use].severity);
}

/* The hunt of this thread, unless the bind belongs to none. */
static struct hunt *hunt_of(struct memory *memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct hunt *hunt, *next;
	LL_FOREACH_SAFE (memory->hunts, hunt, next) {
		if (hunt->process != moment->process || hunt->tid != event->tid)
			continue;
		if (event->local && (hunt->sock == event->sock ? strcmp(hunt->tried, event->local) != 0
							       : hunt->closed && goes_on(hunt->tried, event->local)))
			return hunt;
		end_hunt(memory, hunt, violations[VIOLATION_address_in_use].severity);
	}
	return NULL;
}

static void seek(struct memory *memory, const struct moment *moment, struct finding *finding)
{
	struct hunt *hunt = hunt_of(memory, moment);
	bool is_known = hunt && hunt->n > 0 && hunt->findings[hunt->n - 1] == finding;
	if (hunt && !is_known && hunt->n == sizeof hunt->findings / sizeof *hunt->findings) {
		end_hunt(memory, hunt, violations[VIOLATION_address_in_use].severity);
		hunt = NULL;
	}
	if (!hunt) {
		hunt = xcalloc(1, sizeof *hunt);
		hunt->process = moment->process;
		hunt->tid = moment->event->tid;
		LL_PREPEND(memory->hunts, hunt);
		end_oldest(memory);
	}
	if (!is_known)
		hunt->findings[hunt->n++] = finding;
	free(hunt->tried);
	hunt->tried = xstrdup(moment->event->local);
	hunt->sock = moment->event->sock;
	hunt->closed = false;
	hunt->covered = is_covered(moment);
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct memory *m = *memory;
	struct hunt *hunt;
	(void)judge;
	if (!m || !m->hunts)
		return;
	if (event->ret == 0 && event->to == STATE_BOUND && strcmp(event->op, "bind") == 0) {
		hunt = hunt_of(m, moment);
		if (hunt)
			end_hunt(m, hunt, SEVERITY_NOTE);
	}
	if (!moment->ended || !moment->life)
		return;
	LL_FOREACH (m->hunts, hunt)
		if (hunt->process == moment->process && hunt->sock == moment->life->sock)
			break;
	if (!hunt)
		return;
	hunt->closed = true;
	if (hunt->covered && event->from == STATE_CLOSED)
		end_hunt(m, hunt, SEVERITY_NOTE);
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
		seek(m, moment, finding);
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
	while (m && m->hunts)
		end_hunt(m, m->hunts, violations[VIOLATION_address_in_use].severity);
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
