/* What the commands share in parsing their arguments.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/cli/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/option_values.h"

void need(struct argp_state *state, char *why)
{
	if (why)
		argp_error(state, "%s", why);
	free(why);
}

size_t pick_name(struct argp_state *state, const char *what, const char *word, const char *(*name)(size_t))
{
	char *all = xstrdup("");
	size_t i = 0;
	for (; name(i) && strcmp(word, name(i)) != 0; i++) {
		char *longer = xasprintf("%s %s", all, name(i));
		free(all);
		all = longer;
	}
	if (!name(i))
		argp_error(state, "no %s '%s'; there are%s", what, word, all);
	free(all);
	return i;
}

size_t pick_number(struct argp_state *state, const char *option, const char *text, size_t least, size_t most)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < least || n > most)
		argp_error(state, "--%s wants a number from %zu on, not '%s'", option, least, text);
	return n;
}

error_t look_parse(int key, char *arg, struct argp_state *state, struct look_arguments *look)
{
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case KEY_LOOK_MAX: need(state, read_max(&look->max, arg)); return 0;
	case KEY_LOOK_FULL_STACKS: look->full_stacks = true; return 0;
	case ARGP_KEY_ARG:
		if (look->what)
			argp_error(state, "one PID, DIR or TRACE at a time");
		look->what = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no PID, DIR or TRACE to look at; \"-\" is standard input"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}
