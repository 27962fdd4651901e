/* concurrent-io: two threads at once in the same direction of one stream socket. The shim tags it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/inside.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s on a %s while another thread is inside a call in the same direction", op_of(finding),
			 socket_kind(finding));
}

const struct rule concurrent_io_rule = {
	.message = message,
	.tagged = inside_tagged,
	.moment = inside_moment,
	.finish = inside_finish,
};
