/* Parsing of arguments that commands share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/cli/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
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
	if (!name(i)) {
		char *near = did_you_mean(word, name, ";");
		argp_error(state, "no %s '%s'%s there are%s", what, word, near, all);
		free(near);
	}
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

pid_t pick_pid(struct argp_state *state, const char *word)
{
	char *end;
	errno = 0;
	long pid = strtol(word, &end, 10);
	if (!isdigit((unsigned char)*word) || *end || errno || pid <= 0 || pid > INT32_MAX)
		argp_error(state, "'%s' is not a PID", word);
	return (pid_t)pid;
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

enum { MOST = 64 };

/* The options of a command, including those that every command has. */
static const struct argp_option *known[MOST];
static size_t n_known;

static void gather(const struct argp *argp)
{
	for (const struct argp_option *option = argp->options; option && (option->name || option->key); option++)
		if (n_known < MOST)
			known[n_known++] = option;
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		gather(child->argp);
}

static const char *name_at(size_t i)
{
	for (size_t n = 0; n < n_known; n++)
		if (known[n]->name && i-- == 0)
			return known[n]->name;
	return NULL;
}

/* The option that a long name refers to, which may be abbreviated; NULL: there is none. */
static const struct argp_option *find_long(const char *name, size_t n)
{
	const struct argp_option *found = NULL;
	for (size_t i = 0; i < n_known; i++) {
		if (!known[i]->name || strncmp(known[i]->name, name, n) != 0)
			continue;
		if (strlen(known[i]->name) == n)
			return known[i];
		found = known[i];
	}
	return found;
}

/* Whether the last letter in a word of short options takes the next word as its argument. */
static bool takes_next(const char *letters)
{
	for (; *letters; letters++)
		for (size_t i = 0; i < n_known; i++)
			if (known[i]->key == *letters && known[i]->arg && !(known[i]->flags & OPTION_ARG_OPTIONAL))
				return !letters[1];
	return false;
}

static void check(int argc, char **argv, bool in_order)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *word = argv[i];
		if (*word != '-' || !word[1]) {
			if (in_order)
				return;
			continue;
		}
		if (word[1] != '-') {
			i += takes_next(word + 1);
			continue;
		}
		size_t n = strcspn(word + 2, "=");
		const struct argp_option *option = find_long(word + 2, n);
		if (option) {
			i += option->arg && !(option->flags & OPTION_ARG_OPTIONAL) && !word[2 + n];
			continue;
		}
		char *name = strndup(word + 2, n);
		const char *near = name ? nearest(name, name_at) : NULL;
		free(name);
		if (!near)
			return; /* argp reports what is wrong */
		complain("no option '%.*s'; did you mean '--%s'? See `%s --help`.", (int)n + 2, word, near, argv[0]);
		exit(argp_err_exit_status);
	}
}

error_t arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	static const struct argp_option all[] = {{.name = "help"}, {.name = "usage"}};
	n_known = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		known[n_known++] = &all[i];
	gather(argp);
	check(argc, argv, flags & ARGP_IN_ORDER);
	return argp_parse(argp, argc, argv, flags, NULL, input);
}
