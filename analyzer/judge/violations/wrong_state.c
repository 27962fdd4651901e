/* wrong-state: a call that the state of the socket forbids. The shim's tag tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s on a %s that is %s", op_of(finding), socket_kind(finding), state_words(finding->state));
}

const struct rule wrong_state_rule = {
	.message = message,
	.tagged = by_tag,
};
