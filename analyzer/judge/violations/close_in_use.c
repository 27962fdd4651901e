/* close-in-use: closed while another thread is inside a call on it. The shim's tag tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/inside.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s of a %s while another thread is inside a call on it", op_of(finding),
			 socket_kind(finding));
}

/* The thread that was inside finds its number gone: that follows from the close. */
static bool claims(struct judge *judge, const struct moment *moment)
{
	const struct descriptor *descriptor = moment->descriptor;
	(void)judge;
	return descriptor && !descriptor->now && descriptor->last == moment->life &&
	       descriptor->closed_as == VIOLATION_close_in_use && descriptor->closed_tid != moment->event->tid;
}

const struct rule close_in_use_rule = {
	.message = message,
	.words = {[ROLE_AT] = "closed"},
	.tagged = inside_tagged,
	.claims = claims,
	.moment = inside_moment,
	.finish = inside_finish,
};
