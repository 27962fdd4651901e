/* `socksan explain`: what a violation means, an example, how to fix it; all from judge/violations/ID.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/base/util.h"
#include "analyzer/base/violation.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **code = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case ARGP_KEY_ARG:
		if (*code)
			argp_error(state, "one CODE at a time");
		*code = arg;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {ROW_HELP, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[CODE]",
	.doc = "Describe a violation, with an example and the fix. Without CODE, list all codes.",
};

static void list(void)
{
	int width = 0;
	for (int code = VIOLATION_none + 1; code < CODES; code++)
		if ((int)strlen(violations[code].slug) > width)
			width = (int)strlen(violations[code].slug);
	for (int code = VIOLATION_none + 1; code < CODES; code++)
		printf("%-*s %-8s %s\n", width + 2, violations[code].slug, severity_name(violations[code].severity),
		       violations[code].meaning);
	puts("\n`socksan explain CODE` describes one, with an example and the fix.");
}

/* Prints text with an indentation. */
static void print_indented(const char *title, const char *text)
{
	printf("\n%s:\n\n", title);
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		printf("%s%.*s\n", n ? "    " : "", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static void explain(const struct violation_info *info)
{
	printf("%s: %s\n", info->slug, info->meaning);
	printf("%s, CWE-%d\n\n", severity_name(info->severity), info->cwe);
	fputs(info->why, stdout);
	print_indented("Wrong", info->wrong);
	print_indented("Right", info->right);
	for (const struct example *example = info->examples; example->title; example++)
		print_indented(example->title, example->text);
	printf("\nTo fix it: %s.\n", info->help);
}

/* As constants are written, DOUBLE_CLOSE, a code is meant too; to be freed. */
static char *plain_code(const char *word)
{
	char *plain = xstrdup(word);
	for (char *c = plain; *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return plain;
}

int cmd_explain(int argc, char **argv)
{
	const char *word = NULL;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &word) != 0)
		return STATUS_UNUSABLE;
	char *plain = word ? plain_code(word) : NULL;
	enum violation code = plain ? violation_find(plain) : VIOLATION_none;
	if (word && !code) {
		char *near = did_you_mean(plain, violation_word, ".");
		complain("no code '%s'%s `socksan explain` lists them.", word, near);
		free(near);
		free(plain);
		return STATUS_UNUSABLE;
	}
	free(plain);
	if (word)
		explain(&violations[code]);
	else
		list();
	return 0;
}
