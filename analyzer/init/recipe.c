/* Fills in the templates: see recipe.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/init/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

#define PLAIN_IMAGE "debian:12"

struct value {
	char **lines;
	size_t n, cap;
};

static void add(struct value *value, char *line)
{
	GROW(value->lines, value->n, value->cap);
	value->lines[value->n++] = line;
}

static void forget(struct value *value)
{
	while (value->n > 0)
		free(value->lines[--value->n]);
	free(value->lines);
}

/* Makes one line of all, which is empty if there are none. */
static char *join(struct value *value, const char *between)
{
	char *all = xstrdup("");
	for (size_t i = 0; i < value->n; i++) {
		char *longer = xasprintf("%s%s%s", all, i > 0 ? between : "", value->lines[i]);
		free(all);
		all = longer;
	}
	forget(value);
	*value = (struct value){0};
	return all;
}

/* -- what the tables say -------------------------------------------------------------------------------------- */

static void add_lines(struct value *value, const struct project *project, const struct recipe_line *lines)
{
	for (; lines && lines->text; lines++)
		if (project_has(project, lines->condition))
			add(value, xstrdup(lines->text));
}

/* Adds the lines of a member of each runner that counts. */
static void add_member(struct value *value, const struct ci_recipe *recipe, size_t member)
{
	const struct project *project = recipe->project;
	for (size_t i = 0; i < project->n_runners; i++)
		if (project->runners[i].counts)
			add_lines(value, project,
				  *(const struct recipe_line *const *)((const char *)project->runners[i].runner +
								       member));
}

#define ADD(value, recipe, member) add_member(value, recipe, offsetof(struct test_runner, member))

/* -- commands ------------------------------------------------------------------------------------------------- */

/* Whether a command is more than a program and its arguments. */
static bool needs_shell(const char *command)
{
	return strpbrk(command, ";&|<>()$`'\"\\*?~") || memchr(command, '=', strcspn(command, " "));
}

/* The commands that run the tests. */
static void add_tests(struct value *value, const struct ci_recipe *recipe)
{
	const struct project *project = recipe->project;
	if (recipe->test) {
		add(value, xstrdup(recipe->test));
		return;
	}
	for (size_t i = 0; i < project->n_runners; i++) {
		const struct seen_runner *seen = &project->runners[i];
		const struct recipe_line *line = seen->counts ? seen->runner->test : NULL;
		while (line && line->text && !project_has(project, line->condition))
			line++;
		if (line && line->text)
			add(value, xstrdup(line->text));
	}
}

/* For a script between single quotes. */
static char *quoted(const char *text)
{
	struct value parts = {0};
	char *copy = xstrdup(text), *rest = copy;
	for (char *part; (part = strsep(&rest, "'"));)
		add(&parts, xstrdup(part));
	free(copy);
	return join(&parts, "'\\''");
}

/* What comes after `socksan run OPTIONS`: the one command, or a shell for all of them. */
static void add_command(struct value *value, const struct ci_recipe *recipe)
{
	struct value tests = {0};
	add_tests(&tests, recipe);
	if (tests.n == 1 && !needs_shell(tests.lines[0])) {
		add(value, xasprintf("-- %s", tests.lines[0]));
	} else {
		add(value, xstrdup("-- sh -ec '"));
		for (size_t i = 0; i < tests.n; i++) {
			char *test = quoted(tests.lines[i]);
			add(value, xasprintf("  %s", test));
			free(test);
		}
		add(value, xstrdup("'"));
	}
	forget(&tests);
}

/* Options of a run or, if the runner calls socksan by a script, of `socksan merge`, which judges no traces. */
static void add_options(struct value *value, const struct ci_recipe *recipe, const char *option)
{
	if (recipe->service)
		add_lines(value, recipe->project, recipe->service->options);
	if (option)
		add(value, xstrdup(option));
	add(value, xstrdup("--suppressions=" SUPPRESSIONS_FILE));
}

static const struct test_runner *script_runner(const struct ci_recipe *recipe)
{
	const struct project *project = recipe->project;
	for (size_t i = 0; !recipe->test && i < project->n_runners; i++)
		if (project->runners[i].counts && project->runners[i].runner->script)
			return project->runners[i].runner;
	return NULL;
}

/* The runner's own script, with the options in the place of @options@. Where it is typed, it must not end the user's shell. */
static void add_script(struct value *value, const struct ci_recipe *recipe, const struct test_runner *runner,
		       const char *options)
{
	struct value lines = {0};
	if (!recipe->service)
		add(&lines, xstrdup("("));
	add_lines(&lines, recipe->project, runner->script);
	if (!recipe->service)
		add(&lines, xstrdup(")"));
	for (size_t i = 0; i < lines.n; i++) {
		char *blank = strstr(lines.lines[i], "@options@");
		add(value, blank ? xasprintf("%.*s%s%s", (int)(blank - lines.lines[i]), lines.lines[i], options,
					     blank + strlen("@options@"))
				 : xstrdup(lines.lines[i]));
	}
	forget(&lines);
}

static void add_run(struct value *value, const struct ci_recipe *recipe, const char *option)
{
	const struct test_runner *runner = script_runner(recipe);
	struct value options = {0};
	add_options(&options, recipe, option);
	if (!runner && !recipe->test)
		ADD(&options, recipe, options);
	if (recipe->service) {
		add(value, xstrdup("# Violations in " BASELINE_FILE " are known, and do not fail the job."));
		add(value, xstrdup("[ ! -e " BASELINE_FILE " ] || set -- --baseline=" BASELINE_FILE));
		add(&options, xstrdup("\"$@\""));
	}
	/* In a recipe an option has a line of its own, so that changes to it are easy to read. */
	char *all = join(&options, recipe->service && !runner ? " \\\n  " : " ");
	if (runner) {
		add_script(value, recipe, runner, all);
	} else {
		struct value command = {0};
		add_command(&command, recipe);
		char *words = join(&command, recipe->service ? "\n  " : "\n"), *text, *rest;
		rest = text = xasprintf("socksan run%s%s%s%s", recipe->service ? " \\\n  " : " ", all,
					recipe->service ? " \\\n  " : " ", words);
		for (char *line; (line = strsep(&rest, "\n"));)
			add(value, xstrdup(line));
		free(words);
		free(text);
	}
	free(all);
}

/* -- values by name ------------------------------------------------------------------------------------------- */

/* "CTest and pytest" */
static void add_names(struct value *value, const struct ci_recipe *recipe)
{
	struct value names = {0};
	if (recipe->test)
		add(&names, xstrdup(recipe->test));
	for (size_t i = 0; !recipe->test && i < recipe->project->n_runners; i++) {
		const struct seen_runner *seen = &recipe->project->runners[i];
		if (project_uses(seen))
			add(&names, xstrdup(seen->runner->name));
	}
	add(value, join(&names, " and "));
}

/* The image of the only runner, if it has one. */
static const char *own_image(const struct ci_recipe *recipe)
{
	const char *image = NULL;
	size_t n = 0;
	for (size_t i = 0; i < recipe->project->n_runners; i++) {
		if (project_uses(&recipe->project->runners[i])) {
			image = recipe->project->runners[i].runner->image;
			n++;
		}
	}
	return n == 1 ? image : NULL;
}

static void add_packages(struct value *value, const struct ci_recipe *recipe)
{
	struct value packages = {0};
	ADD(&packages, recipe, packages);
	if (packages.n > 0)
		add(value, join(&packages, " "));
}

static void add_image(struct value *value, const struct ci_recipe *recipe)
{
	add(value, xstrdup(own_image(recipe) ? own_image(recipe) : PLAIN_IMAGE));
}

/* What a plain image lacks; those made for a runner have it all. */
static void add_image_packages(struct value *value, const struct ci_recipe *recipe)
{
	struct value packages = {0};
	if (!own_image(recipe)) {
		ADD(&packages, recipe, packages);
		ADD(&packages, recipe, bare);
	}
	if (packages.n > 0)
		add(value, join(&packages, " "));
}

static void add_build(struct value *value, const struct ci_recipe *recipe) { ADD(value, recipe, build); }
static void add_examples(struct value *value, const struct ci_recipe *recipe) { ADD(value, recipe, examples); }
static void add_plain_run(struct value *value, const struct ci_recipe *recipe) { add_run(value, recipe, NULL); }

static const struct {
	const char *name;
	void (*add)(struct value *value, const struct ci_recipe *recipe);
} values[] = {
	{"tests", add_names},	    {"packages", add_packages},
	{"image", add_image},	    {"image_packages", add_image_packages},
	{"build", add_build},	    {"run", add_plain_run},
	{"examples", add_examples},
};

/* Whether there is a value of this name. */
static bool find_value(const struct ci_recipe *recipe, const char *name, size_t n, struct value *value)
{
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		if (strlen(values[i].name) == n && strncmp(values[i].name, name, n) == 0) {
			values[i].add(value, recipe);
			return true;
		}
	}
	return false;
}

/* -- templates ------------------------------------------------------------------------------------------------ */

/* The first "@name@" or "@?name@" of a line, and where it ends; NULL: there is none. */
static const char *find_blank(const char *line, const char **end)
{
	for (const char *at = strchr(line, '@'); at; at = strchr(at + 1, '@')) {
		const char *name = at + 1 + (at[1] == '?');
		size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
		*end = name + n + 1;
		if (n > 0 && name[n] == '@')
			return at;
	}
	return NULL;
}

static void write_line(FILE *out, const struct ci_recipe *recipe, const char *line)
{
	struct value value = {0};
	const char *end, *blank = find_blank(line, &end);
	bool only_if = blank && blank[1] == '?';
	const char *name = blank ? blank + 1 + only_if : NULL;
	if (!blank || !find_value(recipe, name, (size_t)(end - 1 - name), &value)) {
		fprintf(out, "%s\n", line);
		return;
	}
	int before = (int)(blank - line);
	if (only_if && value.n > 0)
		fprintf(out, "%.*s\n", before > 0 && line[before - 1] == ' ' ? before - 1 : before, line);
	for (size_t i = 0; !only_if && i < value.n; i++)
		fprintf(out, "%.*s%s%s\n", before, line, value.lines[i], end);
	forget(&value);
}

void recipe_write(FILE *out, const struct ci_recipe *recipe, const char *template)
{
	char *copy = xstrdup(template), *rest = copy;
	for (char *line; (line = strsep(&rest, "\n")) && rest;)
		write_line(out, recipe, line);
	free(copy);
}

static void write_value(FILE *out, struct value *value, const char *indent)
{
	for (size_t i = 0; i < value->n; i++)
		fprintf(out, "%s%s\n", indent, value->lines[i]);
	forget(value);
}

void recipe_write_build(FILE *out, const struct ci_recipe *recipe, const char *indent)
{
	struct value value = {0};
	add_build(&value, recipe);
	write_value(out, &value, indent);
}

void recipe_write_run(FILE *out, const struct ci_recipe *recipe, const char *indent, const char *option)
{
	struct value value = {0};
	add_run(&value, recipe, option);
	write_value(out, &value, indent);
}

void recipe_write_notes(FILE *out, const struct ci_recipe *recipe, const char *indent)
{
	struct value value = {0};
	ADD(&value, recipe, notes);
	write_value(out, &value, indent);
}
