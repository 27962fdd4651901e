/* `socksan init`: a suppressions file and a CI recipe for the project in a folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/init/recipe.h"

struct init_arguments {
	const char *folder; /* NULL: this one */
	const char *test;
	const struct ci_service *service; /* NULL: what the files show */
	bool dry_run;
};

/* -- arguments ------------------------------------------------------------------------------------------------ */

enum { KEY_CI = 0x300, KEY_TEST };

static const struct argp_option options[] = {
	ROW_HELP,
	{"ci", KEY_CI, "github|gitlab", 0, "Write a recipe for this service (default: those that DIR has files of)", 0},
	{"test", KEY_TEST, "COMMAND", 0, "How the tests are run (default: as the files of DIR show)", 0},
	{"dry-run", 'n', NULL, 0, "Print the files instead of writing them", 0},
	{0},
};

static const char *service_word(size_t i) { return ci_services[i].word; }

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct init_arguments *arguments = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case 'n': arguments->dry_run = true; return 0;
	case KEY_CI: arguments->service = &ci_services[pick_name(state, "service", arg, service_word)]; return 0;
	case KEY_TEST:
		if (!arg[strspn(arg, " ")] || strpbrk(arg, "\r\n"))
			argp_error(state, "--test wants a command in one line");
		arguments->test = arg + strspn(arg, " ");
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->folder)
			argp_error(state, "one DIR at a time");
		arguments->folder = arg;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[DIR]",
	.doc = "Write a suppressions file and a CI recipe for the project in DIR, or in the current folder. Its files show how the "
	       "tests are run and where. Existing files are not changed; what would have been written is printed."
	       "\vExit status: 0, or 2 for unusable arguments, or if nothing shows how the tests are run.",
};

/* -- files ---------------------------------------------------------------------------------------------------- */

/* Makes the folders above a file. Returns 0, or -1 with errno. */
static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		int result = mkdir(path, 0777);
		*slash = '/';
		if (result != 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

/* Writes a new file. Returns 0, or -1 with errno; EEXIST: it is there already. */
static int write_new(char *path, const char *text)
{
	int fd = make_folders(path) == 0 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
	if (fd < 0)
		return -1;
	FILE *out = fdopen(fd, "w");
	bool failed = !out || fputs(text, out) == EOF;
	failed |= out ? fclose(out) != 0 : close(fd) != 0;
	if (!failed)
		return 0;
	int saved = errno;
	unlink(path);
	errno = saved;
	return -1;
}

static void say(const char *before, const char *path, const char *after)
{
	fputs(before, stdout);
	print_safe(stdout, path);
	puts(after);
}

/* Whether a file that is there has this text. */
static bool has_text(const char *path, const struct stat *st, const char *text)
{
	size_t n;
	char *there = S_ISREG(st->st_mode) ? read_file(path, &n) : NULL;
	bool has = there && strstr(there, text);
	free(there);
	return has;
}

/* Writes the template to its place in the project. Returns 0, or -1 with the message written. */
static int put(const struct init_arguments *arguments, const struct ci_recipe *recipe, const char *file,
	       const char *template)
{
	const char *folder = recipe->project->folder;
	char *path = strcmp(folder, ".") == 0 ? xstrdup(file) : xasprintf("%s/%s", folder, file), *text;
	struct stat st;
	size_t n;
	int result = 0;
	FILE *out = memstream(&text, &n);
	recipe_write(out, recipe, template);
	fclose(out);
	if (lstat(path, &st) == 0) {
		bool has = has_text(path, &st, text);
		say("kept ", path, has ? "" : ", which exists; a new one would be:\n");
		if (!has)
			puts(text);
	} else if (arguments->dry_run) {
		say("would write ", path, ":\n");
		puts(text);
	} else if (write_new(path, text) == 0) {
		say("wrote ", path, "");
	} else {
		complain("%s: %s", path, strerror(errno));
		result = -1;
	}
	free(text);
	free(path);
	return result;
}

/* -- messages ------------------------------------------------------------------------------------------------- */

static void print_found(const struct project *project)
{
	const char *before = "found ";
	for (size_t i = 0; i < project->n_runners; i++, before = ", ")
		printf("%s%s (%s%s)", before, project->runners[i].runner->name, project->runners[i].file,
		       project_uses(&project->runners[i]) ? "" : ", not used");
	for (size_t i = 0; i < project->n_services; i++) {
		if (project->services[i].file) {
			printf("%s%s (%s)", before, project->services[i].service->name, project->services[i].file);
			before = ", ";
		}
	}
	if (*before == ',')
		putchar('\n');
}

/* How to try what was written. */
static void print_try(const struct ci_recipe *typed)
{
	bool here = strcmp(typed->project->folder, ".") == 0;
	say("\nTry it in ", here ? "this folder" : typed->project->folder, ":\n");
	recipe_write_build(stdout, typed, "    ");
	recipe_write_run(stdout, typed, "    ", NULL);
	puts("\nExit status 23 means that violations were found. `socksan explain CODE` describes each, with an example and the fix.\n"
	     "To start with what is there today, and fail only for what is new, commit a baseline:\n");
	recipe_write_run(stdout, typed, "    ", "--fail-on=never --write-baseline=" BASELINE_FILE);
	putchar('\n');
}

/* What is left to do, and to know. */
static void print_remarks(const struct ci_recipe *typed)
{
	const struct project *project = typed->project;
	for (size_t i = 0; i < project->n_services; i++)
		printf("%s: %s\n", project->services[i].service->name, project->services[i].service->next);
	if (project->n_services == 0)
		puts("No CI service found: `socksan init --ci=github` or `--ci=gitlab` writes a recipe.");
	recipe_write_notes(stdout, typed, "");
}

/* Nothing here can be tested under SockSan. */
static void print_unknown(const struct ci_recipe *recipe)
{
	recipe_write_notes(stdout, recipe, "");
	fflush(stdout);
	fputs("socksan: nothing shows how the tests are run in ", stderr);
	print_safe(stderr, recipe->project->folder);
	fputs(" (init knows", stderr);
	for (const struct test_runner *runner = test_runners; runner->name; runner++)
		if (runner->test || runner->script)
			fprintf(stderr, "%s %s", runner == test_runners ? "" : ",", runner->name);
	fputs("); give the command with --test=COMMAND\n", stderr);
}

/* Returns 0, or -1 with the message written. */
static int write_files(const struct init_arguments *arguments, struct ci_recipe recipe)
{
	const struct project *project = recipe.project;
	int result = put(arguments, &recipe, SUPPRESSIONS_FILE, suppressions_template);
	for (size_t i = 0; result == 0 && i < project->n_services; i++) {
		recipe.service = project->services[i].service;
		result = put(arguments, &recipe, recipe.service->file, recipe.service->template);
	}
	return result;
}

int cmd_init(int argc, char **argv)
{
	struct init_arguments arguments = {0};
	struct project project;
	struct stat st;
	int status = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	const char *folder = arguments.folder ? arguments.folder : ".";
	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
		complain("%s: %s", folder, strerror(stat(folder, &st) == 0 ? ENOTDIR : errno));
		return STATUS_UNUSABLE;
	}
	project_read(&project, folder);
	if (arguments.service)
		project_choose(&project, arguments.service);
	struct ci_recipe recipe = {.project = &project, .test = arguments.test};
	print_found(&project);
	if (!arguments.test && !project_is_testable(&project)) {
		print_unknown(&recipe);
	} else if (write_files(&arguments, recipe) == 0) {
		if (!arguments.dry_run)
			print_try(&recipe);
		print_remarks(&recipe);
		status = 0;
	}
	project_free(&project);
	return status;
}
