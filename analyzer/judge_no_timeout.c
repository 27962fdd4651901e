/* no-timeout: one blocking call waited past the limit on a socket with no timeout set. Once per socket.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge_rule.h"

void no_timeout_fact(struct judge *judge, const struct moment *moment)
{
	const struct event *event = moment->event;
	struct life *life = moment->life;
	if (event->waited <= judge_limit(judge, VIOLATION_no_timeout) || event->timeout > 0 || !life->made ||
	    life->told_no_timeout)
		return;
	struct occurrence occurrence = occurrence_of(VIOLATION_no_timeout, moment);
	occurrence.amount = event->waited;
	life->told_no_timeout = true;
	judge_fire(judge, &occurrence);
}
