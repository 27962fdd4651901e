/* idle: a connection without a byte either way past the limit.
 *
 * Only if this process alone has the socket: bytes moved by another are not known here. Not for pairs that a program makes for itself,
 * where no peer could be gone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge/gone.h"
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

static char *message(const struct finding *finding)
{
	char *time = amount_of_time(finding);
	char *text = xasprintf("%s connected, without a byte for %s", socket_kind(finding), time);
	free(time);
	return text;
}

static bool is_connection(const struct socket_life *life)
{
	return life->made && life->t_connected && !life_shared(life) && life->type &&
	       (strcmp(life->type, "SOCK_STREAM") == 0 || strcmp(life->type, "SOCK_SEQPACKET") == 0) &&
	       !(life->opened_op && strcmp(life->opened_op, "socketpair") == 0);
}

static void fact(struct judge *judge, const struct moment *moment)
{
	const struct socket_life *life = moment->life;
	const struct trace_event *event = moment->event;
	if (!moment->ended || !is_connection(life) ||
	    gone_time(life, event->t) > judge_limit(judge, VIOLATION_close_wait))
		return;
	int64_t since = event->last > life->t_connected ? event->last : life->t_connected;
	int64_t silence = (life->t_gone ? life->t_gone : event->t) - since;
	if (life->gap > silence)
		silence = life->gap;
	if (silence <= judge_limit(judge, VIOLATION_idle))
		return;
	struct occurrence occurrence = occurrence_of_end(VIOLATION_idle, moment);
	occurrence.amount = silence;
	if (event->from > STATE_NONE)
		occurrence.state = event->from;
	judge_fire(judge, &occurrence);
}

/* Sockets that were never closed: silence until the end belongs to that violation, silence before other bytes does not. */
static void at_end_of(struct judge *judge, const struct traced_process *process)
{
	for (const struct socket_life *life = process->lives; life; life = life->hh.next) {
		if (!life->open || !life->leaked || !is_connection(life) ||
		    life->gap <= judge_limit(judge, VIOLATION_idle))
			continue;
		struct occurrence occurrence = occurrence_of_life(VIOLATION_idle, life);
		occurrence.amount = life->gap;
		judge_fire_open(judge, &occurrence, life);
	}
}

const struct rule idle_rule = {
	.entailed = ENTAILED_ALWAYS,
	.message = message,
	.limit = 60000000000,
	.fact = fact,
	.process = at_end_of,
};
