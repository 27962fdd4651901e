/* leak-suspect: a place that seems to leak, in a process that runs on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/util.h"
#include "analyzer/judge/rule.h"
#include "analyzer/judge/suspect.h"

static void fire(struct judge *judge, struct suspecting *suspecting, const struct traced_process *process,
		 const struct origin *origin)
{
	for (const struct socket_life *life = process->lives; life; life = life->hh.next) {
		if (life->origin != origin || !suspect_life(suspecting, life))
			continue;
		struct occurrence occurrence = occurrence_of_life(VIOLATION_leak_suspect, life);
		occurrence.lost = life;
		occurrence.amount = suspecting->window;
		judge_fire_open(judge, &occurrence, life);
	}
}

static void while_running(struct judge *judge, const struct traced_process *process)
{
	struct suspecting suspecting = {.window = judge_limit(judge, VIOLATION_leak_suspect)};
	if (process->end != END_RUNNING)
		return;
	suspecting.now = monotonic_now();
	for (const struct origin *origin = process->origins; origin; origin = origin->hh.next)
		if (suspect_place(&suspecting, process, origin))
			fire(judge, &suspecting, process, origin);
}

static char *message(const struct finding *finding)
{
	char *window = time_text(finding->amount);
	char *text = xasprintf(
		"%s old, idle and still open, at a place where the number of open ones grew in each of %d windows of %s",
		finding->kind == KIND_socket ? socket_kind(finding)
					     : kind_words(finding->kind, finding->ops[ROLE_OPENED]),
		SUSPECT_WINDOWS, window);
	free(window);
	return text;
}

static const char *ending(const struct finding *finding)
{
	(void)finding;
	return "still open";
}

const struct rule leak_suspect_rule = {
	.adds_up = true,
	.tells_listener = true,
	.limit = 60000000000,
	.message = message,
	.ending = ending,
	.process = while_running,
};
