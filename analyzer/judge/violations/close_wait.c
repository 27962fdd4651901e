/* close-wait: the peer has closed, and the descriptor stayed open past the limit.
 *
 * A peer that ends its side may wait for an answer: it is left from the last byte that it got on. A socket that is still open when its process
 * ends is only never-closed. An inherited one is judged only in a process that itself saw the end, by a read of 0 or an error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/judge/gone.h"
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	char *time = amount_of_time(finding);
	char *text = xasprintf("%s kept open for %s after its peer had closed", socket_kind(finding), time);
	free(time);
	return text;
}

/* After the end of the stream, the last byte was one that the program wrote. */
static int64_t left_for(const struct moment *moment)
{
	int64_t time = gone_time(moment->life, moment->event->t), last = moment->event->last;
	bool answered = moment->life->t_gone && last > moment->life->t_gone;
	return answered && moment->event->t - last < time ? moment->event->t - last : time;
}

static void fact(struct judge *judge, const struct moment *moment)
{
	int64_t time = left_for(moment);
	if (!moment->ended || time <= judge_limit(judge, VIOLATION_close_wait))
		return;
	struct occurrence occurrence = occurrence_of_end(VIOLATION_close_wait, moment);
	occurrence.amount = time;
	occurrence.lost = moment->life;
	occurrence.lost_closed = moment->event->t;
	if (moment->event->from > STATE_NONE)
		occurrence.state = moment->event->from;
	judge_fire(judge, &occurrence);
}

static void at_end_of(struct judge *judge, const struct traced_process *process)
{
	if (!process_end_is_known(process))
		return;
	int64_t now = process->end == END_RUNNING ? monotonic_now()
		      : process->exited		  ? process->t_exit
						  : process->t_last;
	for (const struct socket_life *life = process->lives; life; life = life->hh.next) {
		int64_t time = life->t_gone ? now - life->t_gone : 0;
		if (!life->open || (life->made && !process_goes_on(process)) ||
		    time <= judge_limit(judge, VIOLATION_close_wait))
			continue;
		struct occurrence occurrence = occurrence_of_life(VIOLATION_close_wait, life);
		occurrence.amount = time;
		occurrence.lost = life;
		judge_fire_open(judge, &occurrence, life);
	}
}

const struct rule close_wait_rule = {
	.adds_up = true,
	.message = message,
	.limit = 5000000000,
	.fact = fact,
	.process = at_end_of,
};
