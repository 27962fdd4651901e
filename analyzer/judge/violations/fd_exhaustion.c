/* fd-exhaustion: descriptors run out. The shim tags it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	if (finding->error)
		return xasprintf("%s failed with %s: no descriptor is left", op_of(finding), finding->error);
	return xasprintf("%s: open %s passed 90 %% of the limit of descriptors", op_of(finding),
			 finding->kind == KIND_socket ? "sockets" : "descriptors");
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	(void)memory;
	if (moment->event->fd < 0) /* the failed call was to make one */
		occurrence.n_fds = 0;
	judge_fire(judge, &occurrence);
}

const struct rule fd_exhaustion_rule = {
	.entailed = ENTAILED_ALWAYS,
	.words = {[ROLE_AT] = "failed"},
	.message = message,
	.tagged = tagged,
};
