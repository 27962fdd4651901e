/* `socksan run`: runs a command under the shim as if nothing were between it and its caller, then reports.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/explore/fault_spec.h"
#include "analyzer/launch/elf_check.h"
#include "analyzer/launch/family.h"
#include "analyzer/launch/launch.h"
#include "analyzer/launch/launch_env.h"
#include "analyzer/launch/outer_run.h"
#include "analyzer/launch/path_search.h"
#include "analyzer/base/proc.h"
#include "analyzer/report/report.h"
#include "analyzer/launch/run_board.h"
#include "analyzer/launch/seal.h"
#include "analyzer/cli/settings.h"
#include "analyzer/cli/shim_options.h"
#include "analyzer/launch/shim_path.h"
#include "analyzer/launch/trace_dir.h"
#include "analyzer/base/util.h"
#include "shim/kernel/runtime.h"

enum { STATUS_SIGNAL = 128 }; /* as with `env` and `timeout` */

struct run {
	struct settings settings;
	struct limits limits;
	const char *trace_dir;
	char *options; /* of --option, each with a ':' before it */
	bool require_shim;
	bool no_wait;
	bool quiet;
	bool injects; /* libsocksan-inject.so comes, too */
	char **command;

	char *path; /* the command's file */
	char **env;
	char *shim;
	struct trace_dir dir;
	struct run_board board;
	struct launch launch;
	struct family family;
	char why_not[PATH_MAX + 256]; /* why the shim cannot enter; empty if it can */
	uint64_t unobserved;	      /* programs that the command started and the shim did not enter */
	int status;		      /* the command's, as waitpid gives it */
};

/* The three standard descriptors belong to the command: if one is closed, none of our files may get its number. */
static void reserve_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			_exit(STATUS_RUN_FAILED);
}

static void add_option(struct run *run, const char *pair, struct argp_state *state)
{
	char *why, *plain = shim_option(pair, &why);

	if (plain == NULL)
		argp_error(state, "%s", why);
	char *all = xasprintf("%s:%s", run->options, plain);
	free(plain);
	free(run->options);
	run->options = all;
}

/* A call that is to fail, or what explore has the shim learn: "learn" or "learn+memory". */
static void inject(struct run *run, const char *text, struct argp_state *state)
{
	struct fault_spec spec;
	bool learns = strncmp(text, "learn", 5) == 0;
	char *why = learns ? NULL : fault_spec_read(&spec, text);

	if (why == NULL && run->injects)
		why = xstrdup("--inject: one call at a time");
	if (why != NULL)
		argp_error(state, "%s", why);
	char *option = learns ? xasprintf("inject=%s", text) : fault_spec_option(&spec);
	char *all = xasprintf("%s:%s", run->options, option);
	free(option);
	free(run->options);
	run->options = all;
	run->injects = true;
}

enum { OPTION_TRACE_DIR = 0x500, OPTION_SHIM_OPTION, OPTION_REQUIRE_SHIM, OPTION_NO_WAIT, OPTION_INJECT };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->settings;
		state->child_inputs[1] = &run->limits;
		return 0;
	case OPTION_TRACE_DIR: run->trace_dir = arg; return 0;
	case OPTION_SHIM_OPTION: add_option(run, arg, state); return 0;
	case OPTION_REQUIRE_SHIM: run->require_shim = true; return 0;
	case OPTION_NO_WAIT: run->no_wait = true; return 0;
	case OPTION_INJECT: inject(run, arg, state); return 0;
	case 'q': run->quiet = true; return 0;
	case ARGP_KEY_ARG:
		/* What follows belongs to COMMAND, including options. */
		run->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no COMMAND to run"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{"trace-dir", OPTION_TRACE_DIR, "DIR", 0,
	 "Keep the traces in DIR, which is created if missing (default: a private folder, removed afterwards)", 1},
	{"option", OPTION_SHIM_OPTION, "KEY=VALUE", 0, "Pass an option to the shim, such as stack_depth=32; repeatable",
	 1},
	{"require-shim", OPTION_REQUIRE_SHIM, NULL, 0,
	 "Exit with 125 when COMMAND, or a program it starts, cannot be observed", 1},
	{"inject", OPTION_INJECT, "CALL:ERROR@SITE", 0,
	 "Make a call fail, as `socksan explore` did: the first at SITE, or the N-th with #N appended", 1},
	{"quiet", 'q', NULL, 0, "Write no report to standard error, only those requested with --output", 1},
	{"no-wait", OPTION_NO_WAIT, NULL, 0, "Report as soon as COMMAND has ended, even if it left daemons behind", 1},
	{0},
};

static const struct argp_child children[] = {{&settings_argp, 0, NULL, 0}, {&trace_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--] COMMAND [ARG...]",
	.doc = "Run COMMAND, record what it and its children do with sockets, and report violations on standard error."
	       "\vExit status: COMMAND's own if it failed (128+N for signal N); otherwise that of --error-exitcode if a "
	       "violation reaches --fail-on, 24 if the report is incomplete, or 0. "
	       "125: SockSan itself failed. 126: COMMAND cannot be run. 127: COMMAND was not found.",
	.children = children,
};

/* Removes what was made for the traces, if they are not to be kept. */
static void discard(const struct run *run)
{
	struct trace_files traces;

	if (run->board.made && !run->dir.private && run->board.shared->observed == 0 &&
	    trace_dir_list(&run->dir, &traces) == 0) {
		if (traces.n == 0)
			unlink(run->board.path);
		trace_files_free(&traces);
	}
	trace_dir_discard(&run->dir);
}

/* Starts COMMAND. Returns 0, or the status to exit with after writing the message. */
static int start(struct run *run)
{
	enum shim_entry entry;

	run->path = path_search(run->command[0]);
	if (run->path == NULL)
		return path_refused(run->command[0], NULL, errno);
	/* Check for what would spoil the report before COMMAND runs. */
	if (settings_load(&run->settings) != 0 ||
	    settings_check_outputs(&run->settings, stderr, &(struct paths){0}) != 0)
		return STATUS_RUN_FAILED;
	run->shim = shim_path();
	if (run->shim == NULL)
		return STATUS_RUN_FAILED;
	entry = elf_check(run->path, run->shim, run->why_not, sizeof run->why_not);
	/* The kernel says itself what is missing. */
	if (entry == ENTRY_OPEN || entry == ENTRY_MISSING) {
		run->why_not[0] = '\0';
	} else if (run->require_shim) {
		complain("--require-shim: %s", run->why_not);
		return STATUS_RUN_FAILED;
	}
	if (trace_dir_open(&run->dir, run->trace_dir) != 0)
		return STATUS_RUN_FAILED;
	if (run_board_open(&run->board, run->dir.path) != 0) {
		complain("%s: %s", run->board.path,
			 errno == EINVAL
				 ? "not a file of this version of socksan: remove it, or give another --trace-dir"
				 : strerror(errno));
		discard(run);
		return STATUS_RUN_FAILED;
	}

	char *kinds = kinds_list(run->limits.kinds),
	     *own = xasprintf("log_path=%s/socksan:board=%d:kinds=%s%s", run->dir.path, (int)getpid(), kinds,
			      run->options),
	     runtime[RUNTIME_MAX];
	bool sanitized = runtime_of(run->path, runtime) > 0;
	char *beside = run->injects ? inject_path(run->shim) : NULL,
	     *list = beside ? xasprintf("%s:%s", run->shim, beside) : xstrdup(run->shim);
	run->env = launch_env(environ, entry_is_foreign(entry) ? NULL : list, sanitized ? runtime : NULL, own);
	free(list);
	free(beside);
	free(own);
	free(kinds);

	int why = launch_take_signals(&run->launch) == 0 ? launch_start(&run->launch, run->path, run->command, run->env)
							 : -1;
	if (why == 0)
		return 0;
	int saved = errno;
	discard(run);
	if (why > 0)
		return path_refused(run->command[0], run->path, why);
	complain("cannot start a process: %s", strerror(saved));
	return STATUS_RUN_FAILED;
}

/* Waits for COMMAND and the processes it left behind. */
static void attend(struct run *run)
{
	struct proc_stat stat;

	run->family = (struct family){.dir = &run->dir, .shim = run->shim, .board = run->board.shared};
	if (proc_stat(run->launch.pid, &stat) == 0)
		run->family.since = stat.start;
	run->status = launch_wait(&run->launch);
	if (run->no_wait)
		family_settle(&run->family);
	else if (!family_wait(&run->family, run->launch.signals))
		run->launch.asked = true;
}

/* The board knows more than COMMAND's file: COMMAND may have died before the shim was loaded, or may have been entered nevertheless. */
static void settle_why_not(struct run *run, const struct trace_files *traces, const struct board *board)
{
	bool expected = run->why_not[0] == '\0', entered = board->first == (uint32_t)run->launch.pid;

	/* Another program may have been the first, of a run with traces in the same folder. */
	entered |= expected && board->observed > 0;
	for (size_t i = 0; i < traces->n; i++)
		entered |= traces->files[i].pid == run->launch.pid;
	if (entered && elf_check_is_elf(run->path))
		run->why_not[0] = '\0';
	else if (!entered && expected)
		snprintf(run->why_not, sizeof run->why_not,
			 "%s left no trace: it ended before the loader loaded the shim, or something kept the shim "
			 "from writing to %s",
			 run->path, run->dir.path);
}

/* Whether the command line is not to be shown: the last setting in the shim's options counts. */
static bool hides_argv(const struct run *run)
{
	const char *given = getenv("SOCKSAN_OPTIONS"), *last = NULL;
	char *all = xasprintf(":%s%s:", given ? given : "", run->options);

	for (const char *at = all; (at = strstr(at, ":argv=")) != NULL; at++)
		last = at;
	bool hides = last != NULL && strncmp(last, ":argv=0:", 8) == 0;
	free(all);
	return hides;
}

static bool is_written(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || st.st_size > 0;
}

/* Returns the result of report_traces. */
static enum delivered report(struct run *run)
{
	struct board board = run_board_read(&run->board);
	struct trace_files traces;
	enum delivered result;

	if (trace_dir_list(&run->dir, &traces) != 0) {
		complain("%s: %s", run->dir.path, strerror(errno));
		return DELIVERED_NOT;
	}
	trace_files_of_run(&traces, getpid());
	settle_why_not(run, &traces, &board);
	run->unobserved = board_unobserved(&board);

	const char **paths = xcalloc(traces.n, sizeof *paths);
	pid_t *living = xcalloc(run->family.n, sizeof *living);
	size_t n = 0;
	for (size_t i = 0; i < traces.n; i++) {
		bool lives = family_has(&run->family, traces.files[i].pid);

		/* A trace that cannot be cut is still valid: it ends in blank lines. */
		if (!lives)
			seal_end(traces.files[i].path);
		/* Created and not written to yet; or nothing was recorded, which the board knows. */
		if (is_written(traces.files[i].path))
			paths[n++] = traces.files[i].path;
	}
	for (size_t i = 0; i < run->family.n; i++)
		living[i] = run->family.members[i].pid;
	struct run_facts facts = {
		.pid = run->launch.pid,
		.status = run->status,
		.board = &board,
		.not_observed = run->why_not[0] != '\0' ? run->why_not : NULL,
		.exe = run->path,
		.argv = (const char *const *)run->command,
		.living = living,
		.n_living = run->family.n,
		.passing = run->dir.private,
		.hides_argv = hides_argv(run),
		.injects = run->injects && strstr(run->options, "inject=learn") == NULL,
	};
	run->settings.delivery.outputs.quiet = run->quiet;
	result = report_traces(&run->settings.delivery, &run->limits, paths, n, &facts);

	/* Only now, because the report counts torn lines. */
	for (size_t i = 0; i < traces.n; i++)
		if (!family_has(&run->family, traces.files[i].pid))
			seal_torn(traces.files[i].path);
	struct outer_run outer = outer_run();
	if (outer.folder != NULL)
		outer_run_give(&outer, &run->dir, &traces, &board);
	free(outer.folder);
	free(living);
	free(paths);
	trace_files_free(&traces);
	return result;
}

static int exit_status(const struct run *run, enum delivered reported)
{
	if (WIFSIGNALED(run->status))
		return STATUS_SIGNAL + WTERMSIG(run->status);
	if (WEXITSTATUS(run->status) != 0)
		return WEXITSTATUS(run->status);
	if (reported == DELIVERED_NOT)
		return STATUS_RUN_FAILED;
	if (run->require_shim && run->why_not[0] != '\0') {
		complain("--require-shim: %s", run->why_not);
		return STATUS_RUN_FAILED;
	}
	if (run->require_shim && run->unobserved > 0) {
		complain("--require-shim: %llu program%s not observed", (unsigned long long)run->unobserved,
			 run->unobserved == 1 ? " was" : "s were");
		return STATUS_RUN_FAILED;
	}
	return settings_status(&run->settings, reported, STATUS_RUN_FAILED);
}

/* Whether a line beside the report would spoil it for those who parse it, or is not wanted. */
static bool is_document(const struct run *run)
{
	enum report_format format = run->settings.delivery.outputs.format;

	return run->quiet || (format != FORMAT_text && format != FORMAT_github && format != FORMAT_markdown);
}

/* Whether the report takes long, so that someone who asks this process to end must be told what it is doing. */
static bool takes_time(const struct run *run)
{
	enum { LARGE = 16 << 20 };
	struct trace_files traces;
	off_t size = 0;

	if (trace_dir_list(&run->dir, &traces) != 0)
		return false;
	for (size_t i = 0; i < traces.n; i++)
		size += traces.files[i].size;
	trace_files_free(&traces);
	return size >= LARGE;
}

int cmd_run(int argc, char **argv)
{
	static struct run run; /* static, so that what lives to the end is reachable, and no leak to a sanitizer */
	enum delivered reported;
	int failed;

	run.options = xstrdup("");
	run.limits = default_limits();
	reserve_standard_descriptors();
	launch_ignore_pipe(&run.launch);
	argp_err_exit_status = STATUS_RUN_FAILED;
	arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, &run);
	failed = start(&run);
	if (failed)
		return failed;
	attend(&run);

	/* A shell would say so, were the command its own child. */
	if (WIFSIGNALED(run.status) && !is_document(&run))
		complain("%s was ended by signal %d (%s)%s", run.command[0], WTERMSIG(run.status),
			 strsignal(WTERMSIG(run.status)), WCOREDUMP(run.status) ? ", core dumped" : "");
	launch_let_end(&run.launch, xasprintf("socksan: no report; the traces are kept in %s\n", run.dir.path),
		       run.launch.asked && !is_document(&run) && takes_time(&run));
	reported = report(&run);
	if (reported != DELIVERED_NOT && run.family.n == 0)
		discard(&run);
	else if (run.dir.private) {
		clearerr(stderr);
		complain("the traces are kept in %s", run.dir.path);
		/* If the message could not be printed, nobody would remove them. */
		if (ferror(stderr) && run.family.n == 0)
			discard(&run);
	}
	return exit_status(&run, reported);
}
