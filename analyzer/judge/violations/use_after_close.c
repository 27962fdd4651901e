/* use-after-close: a call on a descriptor whose socket is closed. The shim tags it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding);
	if (finding->elsewhere)
		return xasprintf("%s on a descriptor that is closed; its %s is open through %s%lld", op, kind,
				 finding->count == 1 ? "" : "others, such as ", (long long)finding->through);
	return xasprintf("%s on a descriptor whose %s is closed", op, kind);
}

const struct rule use_after_close_rule = {
	.message = message,
	.tagged = by_tag,
};
