/* address-in-use: bind fails with EADDRINUSE. The shim's tag tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	if (finding->count == 1 && finding->local)
		return xasprintf("%s to %s, which is in use", op_of(finding), finding->local);
	return xasprintf("%s to an address that is in use", op_of(finding));
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	if (moment->life)
		moment->life->told_in_use = true;
	by_tag(judge, memory, moment);
}

const struct rule address_in_use_rule = {
	.words = {[ROLE_AT] = "failed"},
	.message = message,
	.tagged = tagged,
};
