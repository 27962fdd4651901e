/* Starts a command and relays signals to it, so that it runs as if nothing were between it and its caller.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/launch/elf_check.h"
#include "analyzer/base/proc.h"

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
/* Daemons give these a meaning, and nothing else could reach the command through this process's pid. */
static const int others[] = {SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

#define COUNT(array) (sizeof(array) / sizeof *(array))

bool launch_is_ending(int signal_number)
{
	for (size_t i = 0; i < COUNT(ending); i++)
		if (ending[i] == signal_number)
			return true;
	return false;
}

void launch_ignore_pipe(struct launch *launch)
{
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, &launch->given_pipe);
}

int launch_take_signals(struct launch *launch)
{
	sigset_t taken;

	sigemptyset(&taken);
	sigaddset(&taken, SIGCHLD);
	for (size_t i = 0; i < COUNT(ending); i++)
		sigaddset(&taken, ending[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		sigaddset(&taken, others[i]);

	/* With SIGCHLD ignored, the command's status would be lost. */
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &launch->given_chld);
	/* The kernel queues a blocked signal even if it is ignored, as after nohup: the command decides. */
	sigprocmask(SIG_BLOCK, &taken, &launch->given_mask);
	launch->signals = signalfd(-1, &taken, SFD_CLOEXEC);
	return launch->signals < 0 ? -1 : 0;
}

/* In the child: only async-signal-safe calls. */
static void become(const struct launch *launch, const char *path, char *const *argv, char *const *env,
		   char *const *as_script)
{
	sigaction(SIGCHLD, &launch->given_chld, NULL);
	sigaction(SIGPIPE, &launch->given_pipe, NULL);
	sigprocmask(SIG_SETMASK, &launch->given_mask, NULL);
	execve(path, argv, env);
	if (errno == ENOEXEC && as_script != NULL) {
		execve(_PATH_BSHELL, as_script, env);
		errno = ENOEXEC;
	}
}

/* The arguments with which execvp() would pass a file without #! to the shell; NULL if it should not. */
static char **script_arguments(const char *path, char *const *argv)
{
	size_t n = 0;

	if (elf_check_is_elf(path))
		return NULL;
	while (argv[n] != NULL)
		n++;

	char **shell = calloc(n + 2, sizeof *shell);
	if (shell == NULL)
		return NULL;
	shell[0] = (char *)(uintptr_t)_PATH_BSHELL;
	shell[1] = (char *)(uintptr_t)path;
	memcpy(shell + 2, argv + 1, n * sizeof *shell);
	return shell;
}

int launch_start(struct launch *launch, const char *path, char *const *argv, char *const *env)
{
	char **as_script = script_arguments(path, argv);
	int channel[2], why = 0;
	ssize_t got;

	/* It closes when the program runs, and carries the errno if it cannot. */
	if (pipe2(channel, O_CLOEXEC) != 0) {
		free(as_script);
		return -1;
	}
	launch->pid = fork();
	if (launch->pid == 0) {
		become(launch, path, argv, env, as_script);
		why = errno;
		_exit(write(channel[1], &why, sizeof why) == sizeof why ? 0 : 127);
	}
	int forked = errno;
	close(channel[1]);
	free(as_script);
	if (launch->pid < 0) {
		close(channel[0]);
		errno = forked;
		return -1;
	}
	do
		got = read(channel[0], &why, sizeof why);
	while (got < 0 && errno == EINTR);
	close(channel[0]);
	if (got != sizeof why)
		return 0;
	while (waitpid(launch->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return why;
}

/* Whether the kernel, which signals process groups and sessions, has sent this signal to the command as well. */
static bool reached_command(const struct launch *launch, const struct signalfd_siginfo *info)
{
	if (info->ssi_code <= 0)
		return false;
	/* On hang-up, the terminal signals only the session leader. */
	if (info->ssi_signo == SIGHUP && getsid(0) == getpid())
		return false;
	return getpgid(launch->pid) == getpgrp();
}

static void pass_on(const struct launch *launch, const struct signalfd_siginfo *info)
{
	int number = (int)info->ssi_signo;

	if (reached_command(launch, info))
		return;
	/* `kill 0` in the command has reached it already; passing that on could loop forever. */
	if (info->ssi_code <= 0 && proc_descends((pid_t)info->ssi_pid, launch->pid))
		return;
	/* A shell continues the whole group: a second SIGCONT would run the command's handler twice. */
	if (number == SIGCONT && proc_state(launch->pid) != 'T')
		return;
	kill(launch->pid, number);
}

void launch_stop_alike(int number)
{
	sigset_t one;

	if (number != SIGTSTP && number != SIGTTIN && number != SIGTTOU)
		return;
	sigemptyset(&one);
	sigaddset(&one, number);
	raise(number); /* first, so that it merges with the terminal's own that may be pending */
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	if (number == SIGTSTP)
		sigprocmask(SIG_BLOCK, &one, NULL);
}

int launch_wait(struct launch *launch)
{
	for (;;) {
		struct signalfd_siginfo info;
		int status;
		pid_t pid;

		if (read(launch->signals, &info, sizeof info) != sizeof info)
			continue; /* EINTR after a stop; nothing else can happen to a signalfd */
		if (info.ssi_signo != SIGCHLD) {
			launch->asked |= launch_is_ending((int)info.ssi_signo);
			pass_on(launch, &info);
			continue;
		}
		while ((pid = waitpid(launch->pid, &status, WNOHANG | WUNTRACED)) > 0) {
			if (!WIFSTOPPED(status))
				return status;
			launch_stop_alike(WSTOPSIG(status));
		}
	}
}

static const char *last_words_to_say;

static volatile sig_atomic_t asked;

static void on_ending(int number)
{
	static const char first[] = "socksan: writing the report (interrupt again to give up)\n";
	int saved = errno;
	ssize_t ignored;

	if (!asked) {
		asked = 1;
		ignored = write(STDERR_FILENO, first, sizeof first - 1);
	} else {
		ignored = write(STDERR_FILENO, last_words_to_say, strlen(last_words_to_say));
		signal(number, SIG_DFL);
		raise(number); /* when this handler returns */
	}
	(void)ignored;
	errno = saved;
}

void launch_let_end(const struct launch *launch, const char *last_words, bool answered)
{
	struct signalfd_siginfo meant_for_command;
	struct sigaction action = {.sa_handler = on_ending, .sa_flags = SA_RESTART}, given;
	sigset_t open;

	last_words_to_say = last_words;
	/* Signals that came with the first one, or while the command ended, do not count as a second request. */
	fcntl(launch->signals, F_SETFL, O_NONBLOCK);
	while (answered && read(launch->signals, &meant_for_command, sizeof meant_for_command) > 0)
		;
	if (answered)
		on_ending(0);
	sigemptyset(&open);
	sigaddset(&open, SIGTSTP);
	sigaddset(&open, SIGCONT);
	for (size_t i = 0; i < COUNT(ending); i++) {
		sigaddset(&open, ending[i]);
		sigaddset(&action.sa_mask, ending[i]);
		if (sigaction(ending[i], NULL, &given) == 0 && given.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
	sigprocmask(SIG_UNBLOCK, &open, NULL);
}
