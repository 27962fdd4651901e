/* unread-data: closed with received bytes unread. The shim tags it.
 *
 * It is a warning if the reset may cost somebody an answer: for a connection that was accepted and answered, the answer sent; for one that
 * was made here, an answer of which nothing was read. A program that has read enough of an answer, or refuses without one, means to end: a
 * note.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

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

static bool costs_an_answer(const struct socket_life *life)
{
	bool dialled = life->opened_op && strcmp(life->opened_op, "socket") == 0;
	return dialled ? life->rx <= 0 : life->tx > 0;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	(void)memory;
	if (moment->life && !costs_an_answer(moment->life))
		occurrence.severity = SEVERITY_NOTE;
	judge_fire(judge, &occurrence);
}

const struct rule unread_data_rule = {
	.entailed = ENTAILED_ALWAYS,
	.adds_up = true,
	.message = message,
	.words = {[ROLE_AT] = "closed"},
	.tagged = tagged,
};
