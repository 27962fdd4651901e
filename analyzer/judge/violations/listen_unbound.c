/* listen-unbound: listen without bind. The shim tags it. If bind failed because the address is in use, the program meant to bind, and that
 * failure is reported already.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s on a %s that is not bound: the kernel chose its port", op_of(finding),
			 socket_kind(finding));
}

static bool excused(const struct moment *moment) { return moment->life && moment->life->told_in_use; }

const struct rule listen_unbound_rule = {
	.message = message,
	.tagged = by_tag,
	.excused = excused,
};
