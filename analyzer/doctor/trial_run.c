/* Runs a small program, socksan itself, under the shim as a test: what hinders it would hinder any other, whatever the reason.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "analyzer/base/util.h"
#include "analyzer/doctor/surroundings.h"
#include "analyzer/launch/launch_env.h"
#include "analyzer/launch/trace_dir.h"
#include "shim/kernel/runtime.h"
#include "shim/model/version.h"

enum { TRIAL_SECONDS = 20 };

struct trial_run {
	char said[1024]; /* on standard error */
	int status;	 /* as waitpid gives it; -1: it did not start */
	char *version;	 /* of the shim, from the trace; NULL: there is no trace */
};

int trial_program(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && close(fd) == 0 ? 0 : 1;
}

/* In the child. */
static void become(int errors, const char *shim, const char *folder)
{
	char runtime[RUNTIME_MAX], *options = xasprintf("log_path=%s/socksan:kinds=socket", folder);
	bool sanitized = runtime_of("/proc/self/exe", runtime) > 0;
	char **env = launch_env(environ, shim, sanitized ? runtime : NULL, options);
	char *const argv[] = {(char[]){"socksan"}, (char[]){"doctor"}, (char[]){"--trial"}, NULL};
	int null = open("/dev/null", O_RDWR);
	alarm(TRIAL_SECONDS);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	execve("/proc/self/exe", argv, env);
	_exit(127);
}

static void run(struct trial_run *trial, const char *shim, const char *folder)
{
	int channel[2];
	size_t n = 0;
	ssize_t got;
	trial->status = -1;
	if (pipe2(channel, O_CLOEXEC) != 0)
		return;
	pid_t child = fork();
	if (child == 0)
		become(channel[1], shim, folder);
	close(channel[1]);
	while (child > 0 && ((got = read(channel[0], trial->said + n, sizeof trial->said - 1 - n)) > 0 ||
			     (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	close(channel[0]);
	while (child > 0 && waitpid(child, &trial->status, 0) < 0 && errno == EINTR)
		;
	trial->said[strcspn(trial->said, "\n")] = 0;
}

/* The version of the shim that wrote a trace, to be freed. */
static char *version_of(const char *path)
{
	size_t n;
	char *text = read_file(path, &n), *version = NULL;
	json_t *line = text ? json_loadb(text, strcspn(text, "\n"), 0, NULL) : NULL;
	const char *word = json_string_value(json_object_get(line, "version"));
	if (line)
		version = xstrdup(word ? word : "unknown");
	json_decref(line);
	free(text);
	return version;
}

/* What became of the program, to be freed. */
static char *fate(const struct trial_run *trial)
{
	if (trial->status == -1)
		return xstrdup("could not be started");
	if (WIFSIGNALED(trial->status))
		return xasprintf("was ended by signal %d", WTERMSIG(trial->status));
	return xstrdup(trial->status ? "failed" : "was not recorded");
}

static void judge(struct checkup *checkup, const struct trial_run *trial)
{
	static const char name[] = "trial run";
	bool recorded = trial->version && trial->status == 0;
	if (recorded && strcmp(trial->version, SOCKSAN_VERSION) == 0) {
		checkup_add(checkup, name, CHECKUP_OK, xstrdup("a program that was run under the shim was recorded"),
			    NULL);
	} else if (recorded) {
		checkup_add(checkup, name, CHECKUP_PROBLEM,
			    xasprintf("the shim is of version %s, and socksan of " SOCKSAN_VERSION, trial->version),
			    xstrdup("install both from the same package, or set SOCKSAN_SHIM"));
	} else {
		char *what = fate(trial);
		checkup_add(checkup, name, CHECKUP_PROBLEM,
			    xasprintf("a program that was run under the shim %s%s%s", what, *trial->said ? ": " : "",
				      trial->said),
			    xstrdup("see the rows above; LD_DEBUG=files shows what the loader does with the shim"));
		free(what);
	}
}

void check_trial(struct checkup *checkup, const char *shim, const char *above)
{
	struct trial_run trial = {0};
	struct trace_dir dir;
	struct trace_files traces = {0};
	char *why;
	if (trace_dir_open_in(&dir, above, &why) == 0) {
		run(&trial, shim, dir.path);
		if (trace_dir_list(&dir, &traces) == 0 && traces.n > 0)
			trial.version = version_of(traces.files[0].path);
		judge(checkup, &trial);
		trace_files_free(&traces);
		trace_dir_discard(&dir);
	}
	free(trial.version);
	free(dir.path);
	free(why);
}
