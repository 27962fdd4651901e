/* gc-closed: Python's garbage collector closed it. The shim's tag tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s closed by the garbage collector", socket_kind(finding));
}

const struct rule gc_closed_rule = {
	.adds_up = true,
	.tells_listener = true,
	.message = message,
	.words = {[ROLE_AT] = "dropped"},
	.at_open = true,
	.tagged = by_tag,
};
