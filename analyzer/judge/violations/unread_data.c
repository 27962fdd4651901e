/* unread-data: closed with received bytes unread. The shim tags it.
 *
 * It is a warning if the reset may cost somebody an answer: for a connection that was accepted and answered, the answer sent; for one that
 * was made here, an answer of which nothing was read. A program that has read enough of an answer, or refuses without one, means to end: a
 * note. So does one that shuts down writing, reads on for a while, and gives up a peer that goes on sending.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

enum { A_WHILE = 100000000 }; /* ns */

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding);
	long long bytes = finding->amount;
	if (finding->count == 1 && bytes)
		return xasprintf("%s of a %s with %lld received byte%s unread: its peer sees a reset", op, kind, bytes,
				 bytes == 1 ? "" : "s");
	return xasprintf("%s of a %s with received bytes unread: its peer sees a reset", op, kind);
}

static bool costs_an_answer(const struct socket_life *life)
{
	bool dialled = life->opened_op && strcmp(life->opened_op, "socket") == 0;
	return dialled ? life->rx <= 0 : life->tx > 0;
}

/* How much was received is known from the lines: that of the close has it all. */
static bool has_lingered(const struct socket_life *life, int64_t now)
{
	return life->shut_t && now - life->shut_t >= A_WHILE && life->rx > life->shut_rx;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	const struct socket_life *life = moment->life;
	(void)memory;
	if (life && (!costs_an_answer(life) || has_lingered(life, moment->event->t)))
		occurrence.severity = SEVERITY_NOTE;
	judge_fire(judge, &occurrence);
}

static void fact(struct judge *judge, const struct moment *moment)
{
	struct socket_life *life = moment->life;
	const struct trace_event *event = moment->event;
	(void)judge;
	if (life->shut_t || event->to == event->from ||
	    (event->to != STATE_FIN_WAIT && !(event->to == STATE_CLOSING && event->from == STATE_CLOSE_WAIT)))
		return;
	life->shut_t = event->t;
	life->shut_rx = life->rx;
}

const struct rule unread_data_rule = {
	.entailed = ENTAILED_ALWAYS,
	.adds_up = true,
	.message = message,
	.words = {[ROLE_AT] = "closed"},
	.tagged = tagged,
	.fact = fact,
};
