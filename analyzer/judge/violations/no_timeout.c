/* no-timeout: one blocking call waited past the limit on a socket with no timeout set. Once per socket.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	char *time = amount_of_time(finding);
	char *text =
		xasprintf("%s waited for %s on a %s that has no timeout", op_of(finding), time, socket_kind(finding));
	free(time);
	return text;
}

static void fact(struct judge *judge, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct socket_life *life = moment->life;
	if (event->waited <= judge_limit(judge, VIOLATION_no_timeout) || event->timeout > 0 || !life->made ||
	    life->told_no_timeout)
		return;
	struct occurrence occurrence = occurrence_of(VIOLATION_no_timeout, moment);
	occurrence.amount = event->waited;
	life->told_no_timeout = true;
	judge_fire(judge, &occurrence);
}

const struct rule no_timeout_rule = {
	.entailed = ENTAILED_ALWAYS,
	.message = message,
	.limit = 10000000000,
	.fact = fact,
};
