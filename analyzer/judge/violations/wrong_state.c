/* wrong-state: a call that the state of the socket forbids. The shim tags it; the socket's next line shows how bad it is: a program that
 * tries and then handles the failure has lost nothing. These are notes:
 *   - a read, a write or a shutdown of a socket without a peer, if the program's next call on it is a connect: loggers and retry loops;
 *   - clean-up, once, right before the close: a read or a shutdown after an attempt to connect, any of the three on a Unix datagram socket,
 *     and a read of a listener. A shutdown may also be followed by the end of the process, which makes the socket never-closed;
 *   - a write that another thread's shutdown ended, once in each thread, if the socket's close is next: so are writers told to leave;
 *   - a shutdown of a datagram socket without a peer, if its close is next: Linux refuses it, but wakes whoever waits in a receive.
 * A failure that is ignored is an error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

enum { AT_ONCE = 1000000000 }; /* ns: a later close is no reaction */

/* Misuse of a socket whose next line is awaited. Until then it counts as a note. */
struct probe {
	struct finding *finding;
	bool heeded; /* the program reacts with a connect, and will do so again */
	struct probe *next;
};

struct probing {
	struct {
		const struct traced_process *process;
		int64_t sock;
	} key;
	struct probe *probes;
	bool awaits;	   /* one without a reaction yet */
	int64_t t, tid;	   /* of the last */
	bool may_be_close; /* closing it at once is a reaction */
	bool may_be_end;   /* so is the end of the process */
	bool woken;	   /* a thread is, by a shutdown, so that a close by anyone is a reaction, whenever */
	bool again;	   /* it is not the only one */
	UT_hash_handle hh;
};

static char *message(const struct finding *finding)
{
	return xasprintf("%s on a %s that is %s", op_of(finding), socket_kind(finding), state_words(finding->state));
}

static bool is_op(const struct trace_event *event, const char *op) { return strcmp(event->op, op) == 0; }

static bool is_read(const struct trace_event *event) { return strstr(event->op, "read") || strstr(event->op, "recv"); }

static bool is_write(const struct trace_event *event)
{
	return strstr(event->op, "write") || strstr(event->op, "send");
}

/* A call that needs a peer, on a socket that has none. */
static bool lacks_peer(const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	bool fresh = event->from == STATE_CLOSED || event->from == STATE_BOUND;
	if (event->from == STATE_LISTENING)
		return is_read(event);
	return fresh && !is_op(event, "accept") && !is_op(event, "accept4") && !is_op(event, "listen") &&
	       !is_op(event, "bind") && !is_op(event, "connect");
}

/* Whether the program may not have known that there is no peer: it tried to connect, or sends to a log, or drains a socket of any kind
 * before it closes it. */
static bool may_clean_up(const struct moment *moment)
{
	const struct socket_life *life = moment->life;
	bool logger = life->family && life->type && strcmp(life->family, "AF_UNIX") == 0 &&
		      strcmp(life->type, "SOCK_DGRAM") == 0;
	if (is_write(moment->event)) /* a program that wants to send did not check connect's result */
		return logger;
	return life->connect_failed || life->connected || logger || moment->event->from == STATE_LISTENING;
}

/* A write that failed because another thread shut the socket down. */
static bool is_woken(const struct moment *moment, const struct story *story)
{
	for (size_t i = story->n; i-- > 0;)
		if (story->steps[i].op && strcmp(story->steps[i].op, "shutdown") == 0 && !story->steps[i].error)
			return is_write(moment->event) && story->steps[i].tid != moment->event->tid;
	return false;
}

/* A shutdown that fails, and wakes the threads that receive. */
static bool wakes(const struct moment *moment)
{
	const char *type = moment->life->type;
	return is_op(moment->event, "shutdown") && type &&
	       (strcmp(type, "SOCK_DGRAM") == 0 || strcmp(type, "SOCK_RAW") == 0);
}

static struct probing *probing_find(struct probing *all, const struct socket_life *life, struct probing *key)
{
	struct probing *probing;
	memset(key, 0, sizeof *key);
	key->key.process = life->process;
	key->key.sock = life->sock;
	HASH_FIND(hh, all, &key->key, sizeof key->key, probing);
	return probing;
}

static void settle(struct probing *probing, enum severity severity, bool heeded)
{
	struct probe *probe, *next;
	LL_FOREACH_SAFE (probing->probes, probe, next) {
		if (probe->heeded)
			continue;
		if (severity < probe->finding->severity)
			probe->finding->severity = severity;
		probe->heeded = heeded;
		if (heeded)
			continue;
		LL_DELETE(probing->probes, probe);
		free(probe);
	}
	probing->awaits = probing->again = false;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	const struct socket_life *life = moment->life;
	struct probing *all = *memory, key, *probing = life ? probing_find(all, life, &key) : NULL;
	bool again = probing && probing->awaits && probing->tid == moment->event->tid;
	bool woken = life && !again && (is_woken(moment, &occurrence.story) || wakes(moment));
	if (!life || !(woken || lacks_peer(moment))) {
		judge_fire(judge, &occurrence);
		if (probing)
			settle(probing, occurrence.severity, false);
		return;
	}
	occurrence.severity = SEVERITY_NOTE;
	struct finding *finding = judge_fire(judge, &occurrence);
	struct probe *probe = NULL;
	if (probing)
		LL_SEARCH_SCALAR(probing->probes, probe, finding, finding);
	if (!finding || (probe && probe->heeded))
		return;
	if (!probing) {
		probing = xcalloc(1, sizeof *probing);
		probing->key = key.key;
		HASH_ADD(hh, all, key, sizeof probing->key, probing);
		*memory = all;
	}
	probing->again = probing->awaits;
	probing->awaits = true;
	if (!probe) {
		probe = xcalloc(1, sizeof *probe);
		probe->finding = finding;
		LL_PREPEND(probing->probes, probe);
	}
	probing->t = moment->event->t;
	probing->tid = moment->event->tid;
	probing->woken = woken;
	probing->may_be_close = may_clean_up(moment);
	probing->may_be_end = probing->may_be_close && is_op(moment->event, "shutdown");
}

static void drop(void **memory, struct probing *probing)
{
	struct probing *all = *memory;
	struct probe *probe, *next;
	LL_FOREACH_SAFE (probing->probes, probe, next)
		free(probe);
	HASH_DEL(all, probing);
	free(probing);
	*memory = all;
}

/* The outcome for a socket that was misused. */
static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct probing key, *probing = *memory && moment->life ? probing_find(*memory, moment->life, &key) : NULL;
	(void)judge;
	bool leaks = event->kind == EVENT_LEAK;
	if (!probing || event->note || (probing->woken && !moment->ended && !leaks))
		return;
	bool soon = event->t - probing->t <= AT_ONCE && !probing->again;
	bool cleans_up =
		leaks ? probing->may_be_end && soon : probing->may_be_close && soon && event->tid == probing->tid;
	cleans_up |= probing->woken && !leaks;
	bool connects = !leaks && (is_op(event, "connect") || event->to == STATE_ESTABLISHED);
	bool heeded = leaks || moment->ended ? cleans_up : connects;
	if (probing->awaits)
		settle(probing, heeded ? SEVERITY_NOTE : violations[VIOLATION_wrong_state].severity, connects);
	if (moment->ended || !probing->probes)
		drop(memory, probing);
}

/* Without an outcome it was ignored. */
static void finish(struct judge *judge, void **memory)
{
	(void)judge;
	while (*memory) {
		settle(*memory, violations[VIOLATION_wrong_state].severity, false);
		drop(memory, *memory);
	}
}

const struct rule wrong_state_rule = {
	.entailed = ENTAILED_AT_THE_CALL,
	.message = message,
	.tagged = tagged,
	.moment = any,
	.finish = finish,
};
