/* One run of a command: see trial.h; prctl(2), namespaces(7).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/explore/trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/explore/descendants.h"
#include "analyzer/explore/network.h"

enum { STATUS_BROKEN = 125 }; /* exit status of `socksan run` if it failed itself */

/* -- the watching process --------------------------------------------------------------------------------------- */

static void redirect(const char *folder, const char *name, int fd, int flags)
{
	char *path = name ? xasprintf("%s/%s", folder, name) : xstrdup("/dev/null");
	int opened = open(path, flags | O_CLOEXEC, 0600);
	if (opened < 0 || (opened != fd && dup2(opened, fd) < 0))
		_exit(STATUS_BROKEN);
	if (opened != fd)
		close(opened);
	else
		fcntl(fd, F_SETFD, 0);
	free(path);
}

static pid_t spawn(const char *const *argv, const char *path, const sigset_t *mask)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(path, (char *const *)argv);
	_exit(STATUS_BROKEN);
}

/* Runs a shell command before the command itself. What it leaves running is available to the command, and is ended with it. */
static void prepare(const char *line, const sigset_t *mask)
{
	const char *argv[] = {"sh", "-c", line, NULL};
	int status = 0;
	pid_t pid = line ? spawn(argv, "/bin/sh", mask) : 0;
	if (pid < 0 || (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0)))
		_exit(STATUS_BROKEN);
}

static const char **run_arguments(const struct trial_setting *setting, const char *folder, const char *inject)
{
	size_t n_options = 0, n_command = 0, n = 0;
	while (setting->options[n_options])
		n_options++;
	while (setting->command[n_command])
		n_command++;
	const char **argv = xcalloc(n_options + n_command + 10, sizeof *argv);
	argv[n++] = "socksan";
	argv[n++] = "run";
	argv[n++] = "--quiet";
	argv[n++] = xasprintf("--trace-dir=%s/traces", folder);
	argv[n++] = xasprintf("--output=json=%s/report.json", folder);
	argv[n++] = xasprintf("--inject=%s", inject);
	/* The status is to be the command's, whatever the report says. */
	argv[n++] = "--fail-on=never";
	argv[n++] = "--allow-dropped";
	for (size_t i = 0; i < n_options; i++)
		argv[n++] = setting->options[i];
	argv[n++] = "--";
	for (size_t i = 0; i < n_command; i++)
		argv[n++] = setting->command[i];
	return argv;
}

static int64_t left_of(int64_t end)
{
	int64_t left = end - monotonic_now();
	return left > 0 ? left : 0;
}

/* Waits until the run has ended and returns its status. -1: the time ran out; -2: this process was asked to end. */
static int wait_for(pid_t run, int64_t limit, const sigset_t *wanted)
{
	int64_t end = monotonic_now() + limit;
	for (;;) {
		int status;
		pid_t pid;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == run)
				return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN;
		int64_t left = limit ? left_of(end) : INT64_C(3600000000000);
		struct timespec wait = {left / 1000000000, left % 1000000000};
		int signal = sigtimedwait(wanted, NULL, &wait);
		if (signal == SIGTERM)
			return -2;
		if (signal < 0 && errno == EAGAIN && limit)
			return -1;
	}
}

/* The time in which the command waits for a processor does not count: on a busy machine it is slow, and does not hang. */
static int wait_fairly(pid_t run, int64_t limit, const sigset_t *wanted)
{
	enum { MOST = 5, LEAST_PART = 20 };
	int64_t given = 0, more;
	int status = wait_for(run, limit, wanted);
	while (status == -1 && given < MOST * limit && (more = descendants_waited(run) - given) > limit / LEAST_PART) {
		given += more;
		status = wait_for(run, more, wanted);
	}
	return status;
}

static void watch(const struct trial_setting *setting, const char *folder, const char *inject)
{
	static const int64_t report_ns = INT64_C(60000000000); /* time for the report after the command has ended */
	sigset_t wanted, given;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, &given);
	sigdelset(&given, SIGTERM);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	char *temporary = xasprintf("%s/tmp", folder);
	if (mkdir(temporary, 0700) < 0 || setenv("TMPDIR", temporary, 1) < 0)
		_exit(STATUS_BROKEN);
	redirect(folder, NULL, STDIN_FILENO, O_RDONLY);
	redirect(folder, "out", STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
	redirect(folder, "error", STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
	prepare(setting->reset, &given);
	if (setting->own_network && !network_enter())
		_exit(STATUS_BROKEN);
	prepare(setting->setup, &given);
	const char **argv = run_arguments(setting, folder, inject);
	pid_t run = spawn(argv, "/proc/self/exe", &given);
	int status = wait_fairly(run, setting->limit_ns, &wanted);
	if (status == -1 && !descendants_run(run))
		status = wait_for(run, report_ns, &wanted);
	else if (status == -1) {
		char *mark = xasprintf("%s/hung", folder);
		close(open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		descendants_ask(run);
		descendants_end(run);
		status = wait_for(run, report_ns, &wanted);
	}
	descendants_end(0);
	_exit(status >= 0 ? status : STATUS_BROKEN);
}

/* -- the process that starts it --------------------------------------------------------------------------------- */

int trial_start(struct trial *trial, const struct trial_setting *setting, const char *name, const char *inject)
{
	trial->folder = xasprintf("%s/%s", setting->folder, name);
	trial->began = monotonic_now();
	if (mkdir(trial->folder, 0700) < 0) {
		complain("%s: %s", trial->folder, strerror(errno));
		return -1;
	}
	fflush(NULL);
	trial->pid = fork();
	if (trial->pid == 0)
		watch(setting, trial->folder, inject);
	if (trial->pid > 0)
		return 0;
	complain("cannot start a process: %s", strerror(errno));
	return -1;
}

static char *file_of(const struct trial *trial, const char *name, size_t *n)
{
	char *path = xasprintf("%s/%s", trial->folder, name), *text = read_file(path, n);
	free(path);
	return text;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void folder_remove(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

struct trial_result trial_finish(struct trial *trial, int status)
{
	size_t n = 0, length;
	struct trial_result result = {.status = WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN,
				      .took = monotonic_now() - trial->began};
	char *mark = xasprintf("%s/hung", trial->folder), *report = file_of(trial, "report.json", &n);
	result.hung = access(mark, F_OK) == 0;
	result.report = report ? json_loadb(report, n, 0, NULL) : NULL;
	result.out = file_of(trial, "out", &length);
	result.error = file_of(trial, "error", &length);
	if (!result.out)
		result.out = xstrdup("");
	if (!result.error)
		result.error = xstrdup("");
	folder_remove(trial->folder);
	free(report);
	free(mark);
	free(trial->folder);
	*trial = (struct trial){0};
	return result;
}

void trial_stop(struct trial *trial)
{
	int status;
	if (trial->pid <= 0)
		return;
	kill(trial->pid, SIGTERM);
	while (waitpid(trial->pid, &status, 0) < 0 && errno == EINTR)
		;
	folder_remove(trial->folder);
	free(trial->folder);
	*trial = (struct trial){0};
}

void trial_result_free(struct trial_result *result)
{
	json_decref(result->report);
	free(result->out);
	free(result->error);
}

bool trial_network_possible(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(network_enter() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}
