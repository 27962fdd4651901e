/* gc-closed: a language's garbage collector closed it. The shim tags it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s closed by the garbage collector", socket_kind(finding));
}

static const char *help(const struct finding *finding)
{
	static const char *const by_lang[LANGS] = {
		[LANG_java] = "open it in a try-with-resources statement, or close it in finally",
		[LANG_ruby] = "open it with a block, which closes it, or close it in ensure",
		[LANG_php] = "fclose it on every path: objects that refer to each other keep it until the collector of "
			     "cycles runs",
		[LANG_lua] = "close it on every path, or in Lua 5.4 declare it <close>",
	};
	const struct stack_ref *opened = finding->stacks[ROLE_OPENED];
	return opened && opened->stack ? by_lang[opened->stack->lang] : NULL;
}

/* Python closes at once what nothing refers to any more, so the place of the close shows who dropped it. In other languages the collector
 * runs anywhere, so the socket is identified by where it was opened. */
static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	const struct stack_ref *at = occurrence.stacks[ROLE_AT];
	(void)memory;
	if (at && at->stack && at->stack->lang != LANG_c && at->stack->lang != LANG_python &&
	    occurrence.stacks[ROLE_OPENED]) {
		occurrence.stacks[ROLE_AT] = NULL;
		occurrence.ops[ROLE_AT] = NULL;
		occurrence.tids[ROLE_AT] = 0;
	}
	judge_fire(judge, &occurrence);
}

const struct rule gc_closed_rule = {
	.adds_up = true,
	.tells_listener = true,
	.message = message,
	.help = help,
	.words = {[ROLE_AT] = "dropped"},
	.at_open = true,
	.tagged = tagged,
};
