/* bad-fd: a socket call on a number that was never a descriptor. The shim's tag tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	if (finding->fds.n == 1)
		return xasprintf("%s on %lld, which was never a descriptor", op_of(finding),
				 (long long)finding->fds.values[0]);
	return xasprintf("%s on numbers that were never descriptors", op_of(finding));
}

const struct rule bad_fd_rule = {
	.message = message,
	.tagged = by_tag,
};
