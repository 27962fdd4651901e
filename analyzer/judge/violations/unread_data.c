/* unread-data: closed with received bytes unread. The shim's tag tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding);
	long long bytes = finding->amount;
	if (finding->count == 1 && bytes)
		return xasprintf("%s of a %s with %lld received byte%s unread: its peer sees a reset", op, kind, bytes,
				 bytes == 1 ? "" : "s");
	return xasprintf("%s of a %s with received bytes unread: its peer sees a reset", op, kind);
}

const struct rule unread_data_rule = {
	.message = message,
	.words = {[ROLE_AT] = "closed"},
	.tagged = by_tag,
};
