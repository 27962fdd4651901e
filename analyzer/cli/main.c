/* `socksan`: dispatches to the commands.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/cli/command.h"
#include "analyzer/launch/path_search.h"
#include "analyzer/base/util.h"
#include "shim/model/version.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *full_name; /* for messages of argp */
} commands[] = {
	{"run", cmd_run, "socksan run"},
	{"report", cmd_report, "socksan report"},
	{"explore", cmd_explore, "socksan explore"},
	{"doctor", cmd_doctor, "socksan doctor"},
	{"merge", cmd_merge, "socksan merge"},
	{"attach", cmd_attach, "socksan attach"},
	{"detach", cmd_detach, "socksan detach"},
	{"top", cmd_top, "socksan top"},
	{"watch", cmd_watch, "socksan watch"},
	{"snapshot", cmd_snapshot, "socksan snapshot"},
	{"diff", cmd_diff, "socksan diff"},
	{"export", cmd_export, "socksan export"},
	{"ship", cmd_ship, "socksan ship"},
	{"fleet", cmd_fleet, "socksan fleet"},
	{"init", cmd_init, "socksan init"},
	{"explain", cmd_explain, "socksan explain"},
};

static const char *command_name(size_t i) { return i < sizeof commands / sizeof *commands ? commands[i].name : NULL; }

static int usage(FILE *out)
{
	fputs("Usage: socksan run [OPTION...] [--] COMMAND [ARG...]\n"
	      "  or:  socksan report [OPTION...] TRACE|DIR...\n"
	      "  or:  socksan explore [OPTION...] [--] COMMAND [ARG...]\n"
	      "  or:  socksan doctor [OPTION...] [--] [PID|COMMAND] [ARG...]\n"
	      "  or:  socksan merge [OPTION...] REPORT.json...\n"
	      "  or:  socksan attach [OPTION...] PID\n"
	      "  or:  socksan detach PID\n"
	      "  or:  socksan top [OPTION...] PID|DIR|TRACE\n"
	      "  or:  socksan watch [OPTION...] PID|DIR\n"
	      "  or:  socksan snapshot [OPTION...] PID|DIR|TRACE\n"
	      "  or:  socksan diff [OPTION...] A.json B.json\n"
	      "  or:  socksan export --format=FORMAT PID|DIR|TRACE\n"
	      "  or:  socksan ship --to=URL DIR...\n"
	      "  or:  socksan fleet init --to=URL\n"
	      "  or:  socksan init [OPTION...] [DIR]\n"
	      "  or:  socksan explain [CODE]\n"
	      "Finds socket bugs in running programs.\n\n"
	      "  run        run COMMAND, record what it does with sockets, and report violations\n"
	      "  report     report on traces already on disk (\"-\" is standard input)\n"
	      "  explore    run COMMAND again and again, a call failing each time, and report what leaks\n"
	      "  doctor     say what would hinder recording a command or a process\n"
	      "  merge      fold JSON reports of many jobs into one\n"
	      "  attach     start observing a process that is already running\n"
	      "  detach     stop observing it\n"
	      "  top        show what running processes have open, live\n"
	      "  watch      report what grows while processes run, and run a command when they seem to leak\n"
	      "  snapshot   show what a running process has open, by the place that opened it\n"
	      "  diff       show what grew from one snapshot to another\n"
	      "  export     write traces in the formats of other tools\n"
	      "  ship       send traces to the database of many hosts\n"
	      "  fleet      report on many hosts, from a database\n"
	      "  init       write a suppressions file and a CI recipe for a project\n"
	      "  explain    describe a violation, with an example and the fix\n\n"
	      "`socksan ./program ARG...` is `socksan run -- ./program ARG...`.\n\n"
	      "      --help, --version, and `socksan COMMAND --help`\n",
	      out);
	return out == stdout ? 0 : STATUS_UNUSABLE;
}

/* Help that cannot be written is a failure. Reports handle write errors themselves. */
static void end_output(void)
{
	if (ferror(stdout) || fflush(stdout) == 0)
		return;
	if (errno != EPIPE) /* a reader that closed the pipe knows */
		complain("standard output: %s", strerror(errno));
	_exit(argp_err_exit_status);
}

static int unknown(const char *word)
{
	const char *near = nearest(word, command_name);
	if (near)
		complain("no command '%s'; did you mean '%s'? See `socksan --help`.", word, near);
	else
		complain("no command '%s'; a program is run by `socksan run -- PROGRAM`. See `socksan --help`.", word);
	return STATUS_UNUSABLE;
}

/* Whether the first word is no command of ours, but a program to run, or an option for that. */
static bool is_to_run(const char *word)
{
	char *path = *word == '-' || strchr(word, '/') ? NULL : path_search(word);
	bool is = *word == '-' || strchr(word, '/') || path;
	free(path);
	return is;
}

/* `words` are those after `socksan`. */
static int run_words(int n, char **words)
{
	bool options = **words == '-';
	char **argv = xcalloc((size_t)n + 3, sizeof *argv);
	int argc = 0;
	argv[argc++] = xstrdup("socksan run");
	if (!options)
		argv[argc++] = xstrdup("--");
	memcpy(argv + argc, words, (size_t)n * sizeof *argv);
	int status = cmd_run(argc + n, argv);
	while (argc > 0)
		free(argv[--argc]);
	free(argv);
	return status;
}

static int call(const struct command *command, int argc, char **argv)
{
	argv[0] = xstrdup(command->full_name);
	int status = command->run(argc, argv);
	free(argv[0]);
	return status;
}

/* `socksan help [COMMAND]` */
static int help(const char *word)
{
	for (size_t i = 0; word && i < sizeof commands / sizeof *commands; i++)
		if (strcmp(word, commands[i].name) == 0)
			return call(&commands[i], 2, (char *[]){NULL, (char[]){"--help"}, NULL});
	return word ? unknown(word) : usage(stdout);
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words;
}

int main(int argc, char **argv)
{
	static const char *const helps[] = {"--help", "-?", "-h", NULL};
	static const char *const versions[] = {"--version", "-V", "-v", "version", NULL};
	const char *word = argc > 1 ? argv[1] : NULL;
	static char room[1 << 16]; /* for the longest help, so that a write error only shows in end_output() */
	argp_err_exit_status = STATUS_UNUSABLE;
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, room, _IOFBF, sizeof room);
	atexit(end_output);
	if (!word)
		return usage(stderr);
	if (is_one_of(word, helps))
		return usage(stdout);
	if (is_one_of(word, versions))
		return puts("socksan " SOCKSAN_VERSION) == EOF ? STATUS_UNUSABLE : 0;
	if (strcmp(word, "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(word, commands[i].name) == 0)
			return call(&commands[i], argc - 1, argv + 1);
	return is_to_run(word) ? run_words(argc - 1, argv + 1) : unknown(word);
}
