/* `socksan watch`: reports what grows in a running process, and runs a command when a place seems to leak.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/settings.h"
#include "analyzer/judge/suspect.h"
#include "analyzer/live/census.h"
#include "analyzer/live/session.h"
#include "analyzer/live/suspects.h"
#include "analyzer/report/text_style.h"
#include "analyzer/symbols/symbols.h"

enum { KEY_EXEC = 0x100, KEY_EVERY };

/* Exit statuses like those of diff(1). */
enum { STATUS_NONE = 0, STATUS_SUSPECT = 1 };

struct watch_arguments {
	const char *what, *command;
	int64_t every;
	size_t times;
};

static const struct argp_option options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{"every", KEY_EVERY, "TIME", 0, "The length of a window, in ms, s, min or h (default: 1min)", 0},
	{"exec", KEY_EXEC, "COMMAND", 0,
	 "When a place becomes suspect, run COMMAND in the shell, with the report as JSON on its standard input", 0},
	{"iterations", 'n', "N", 0, "Exit after N windows; 0 = never (default: 0)", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch_arguments *arguments = state->input;
	char *end;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case KEY_EVERY:
		need(state, read_time(&arguments->every, "every", arg));
		if (arguments->every < 100000000)
			argp_error(state, "--every wants 100ms at least, not '%s'", arg);
		return 0;
	case KEY_EXEC: arguments->command = arg; return 0;
	case 'n':
		errno = 0;
		arguments->times = strtoul(arg, &end, 10);
		if (errno || *arg < '0' || *arg > '9' || *end)
			argp_error(state, "--iterations wants a number, or 0 for no limit, not '%s'", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->what)
			argp_error(state, "one PID or DIR at a time");
		arguments->what = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no PID or DIR to watch"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR",
	.doc = "Watch a process, or the processes of a folder of traces, while they run: after each window, print a line for each "
	       "place that has more open than before, and report when a place seems to leak (leak-suspect). Each window reads "
	       "only what was added to the traces; the processes are neither stopped nor signalled."
	       "\vIt exits when the processes end, or on SIGINT, SIGTERM or SIGHUP. Exit status: 0, 1 if a place was "
	       "suspect, 2 for unusable arguments or input.",
	.children = children,
};

/* -- the previous window ------------------------------------------------------------------------------------------ */

struct watched {
	char *identity; /* the key */
	uint64_t open, next;
	bool suspect; /* and it was reported */
	UT_hash_handle hh;
};

struct watch {
	const struct watch_arguments *arguments;
	struct session *session;
	struct watched *places;
	struct census *census;
	bool began, suspect;
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static struct watched *watched(struct watch *watch, const char *identity)
{
	struct watched *place;
	HASH_FIND_STR(watch->places, identity, place);
	if (!place) {
		place = xcalloc(1, sizeof *place);
		place->identity = xstrdup(identity);
		HASH_ADD_KEYPTR(hh, watch->places, place->identity, strlen(place->identity), place);
	}
	return place;
}

/* -- lines ---------------------------------------------------------------------------------------------------- */

static void print_time(void)
{
	char text[32];
	time_t now = time(NULL);
	struct tm tm;
	localtime_r(&now, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s ", text);
}

static void print_place(const struct census_place *place)
{
	const struct symbol *at = place->stack ? symbols_location(place->stack) : NULL;
	if (at)
		text_frame(stdout, at);
	else
		fputs("(no stack was recorded)", stdout);
	if (place->op) {
		fputs(", ", stdout);
		print_safe(stdout, place->op);
	}
}

static void print_growth(struct watch *watch)
{
	const struct census *census = watch->census;
	struct watched *place, *next;
	size_t grew = 0;
	for (size_t i = 0; i < census->n; i++) {
		place = watched(watch, census->places[i].identity);
		place->next = census->places[i].open;
		if (!watch->began || place->next <= place->open)
			continue;
		print_time();
		printf("+%llu -> %llu ", (unsigned long long)(place->next - place->open),
		       (unsigned long long)place->next);
		print_place(&census->places[i]);
		putchar('\n');
		grew++;
	}
	HASH_ITER (hh, watch->places, place, next) {
		place->open = place->next;
		place->next = 0;
	}
	if (grew)
		return;
	print_time();
	printf("%llu open%s\n", (unsigned long long)census_sum(census).open, watch->began ? ", nothing grew" : "");
}

/* Whether a place became suspect. */
static bool print_suspects(struct watch *watch)
{
	const struct census *census = watch->census;
	struct suspects suspects;
	bool fresh = false;
	suspects_find(&suspects, session_processes(watch->session), watch->arguments->every);
	for (size_t i = 0; i < census->n; i++) {
		const struct suspected *suspected = suspects_has(&suspects, census->places[i].identity);
		struct watched *place = watched(watch, census->places[i].identity);
		if (!suspected || place->suspect)
			continue;
		char *window = time_text(watch->arguments->every);
		place->suspect = fresh = watch->suspect = true;
		print_time();
		printf("leak-suspect: %llu of %llu from ", (unsigned long long)suspected->idle,
		       (unsigned long long)census->places[i].open);
		print_place(&census->places[i]);
		printf(" are old and idle, and their number grew in each of %d windows of %s\n", SUSPECT_WINDOWS,
		       window);
		free(window);
	}
	suspects_free(&suspects);
	return fresh;
}

/* -- the command ---------------------------------------------------------------------------------------------- */

/* Writes the report of all that is watched. In a separate process, since it reads the traces again. */
static void write_report(struct watch *watch, int to)
{
	size_t n = 0, paths;
	const char *const *list = session_paths(watch->session, &paths);
	char **argv = xcalloc(paths + 4, sizeof *argv);
	argv[n++] = xstrdup("socksan report");
	argv[n++] = xstrdup("--format=json");
	argv[n++] = xasprintf("--limit=leak-suspect=%lldms", (long long)watch->arguments->every / 1000000);
	for (size_t i = 0; i < paths; i++)
		argv[n++] = xstrdup(list[i]);
	dup2(to, STDOUT_FILENO);
	cmd_report((int)n, argv);
	fflush(stdout);
	_exit(0);
}

/* Waits for a child, for a minute at most, and no longer once this process is to end. */
static void wait_for(pid_t child, const char *what)
{
	static const struct timespec moment = {.tv_nsec = 10000000};
	enum { TURNS = 6000, GRACE = 200 };
	int status = 0;
	pid_t gone = 0;
	for (int turn = 0; turn < TURNS && !ended && !gone; turn++)
		if (!(gone = waitpid(child, &status, WNOHANG)))
			nanosleep(&moment, NULL);
	if (!gone && !ended)
		complain("%s took more than a minute, and was ended", what);
	for (int turn = 0; turn < GRACE && !gone; turn++) {
		kill(-child, SIGTERM);
		nanosleep(&moment, NULL);
		gone = waitpid(child, &status, WNOHANG);
	}
	if (!gone) {
		kill(-child, SIGKILL);
		waitpid(child, &status, 0);
	} else if (WIFEXITED(status) && WEXITSTATUS(status)) {
		complain("%s ended with status %d", what, WEXITSTATUS(status));
	}
}

static void run_command(struct watch *watch)
{
	const char *command = watch->arguments->command;
	FILE *report = tmpfile();
	pid_t child;
	fflush(stdout);
	if (!report || (child = fork()) < 0) {
		complain("no report for --exec: %s", strerror(errno));
		if (report)
			fclose(report);
		return;
	}
	if (child == 0) {
		setpgid(0, 0);
		write_report(watch, fileno(report));
	}
	setpgid(child, child);
	wait_for(child, "the report for --exec");
	lseek(fileno(report), 0, SEEK_SET);
	child = ended ? -1 : fork();
	if (child == 0) {
		setpgid(0, 0);
		dup2(fileno(report), STDIN_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (child > 0) {
		setpgid(child, child);
		wait_for(child, "the command of --exec");
	}
	fclose(report);
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

/* False: there is nothing more to watch. */
static bool look(struct watch *watch)
{
	bool there = session_look(watch->session, true);
	census_free(watch->census);
	watch->census = census_take(session_processes(watch->session), false);
	if (!there || !watch->census->here)
		return false;
	print_growth(watch);
	if (print_suspects(watch) && watch->arguments->command)
		run_command(watch);
	watch->began = true;
	return true;
}

static int run(struct watch *watch)
{
	const struct timespec pause = {.tv_sec = watch->arguments->every / 1000000000,
				       .tv_nsec = watch->arguments->every % 1000000000};
	for (size_t n = 0; !ended && look(watch); n++) {
		if (fflush(stdout) != 0)
			return STATUS_UNUSABLE;
		if (watch->arguments->times && n >= watch->arguments->times)
			break;
		nanosleep(&pause, NULL);
	}
	if (!watch->began && !ended) {
		complain(
			"%s: none of its processes can be seen running from here; use `socksan report` for those that have "
			"ended",
			watch->arguments->what);
		return STATUS_UNUSABLE;
	}
	if (!ended && !watch->census->here) {
		print_time();
		puts("the processes have ended");
	}
	return fflush(stdout) != 0 ? STATUS_UNUSABLE : watch->suspect ? STATUS_SUSPECT : STATUS_NONE;
}

int cmd_watch(int argc, char **argv)
{
	struct watch_arguments arguments = {.every = INT64_C(60000000000)};
	struct watched *place, *next;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	struct watch watch = {.arguments = &arguments, .session = session_open(arguments.what)};
	if (!watch.session)
		return STATUS_UNUSABLE;
	const struct sigaction action = {.sa_handler = end};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	int status = run(&watch);
	HASH_ITER (hh, watch.places, place, next) {
		HASH_DEL(watch.places, place);
		free(place->identity);
		free(place);
	}
	census_free(watch.census);
	session_free(watch.session);
	return status;
}
