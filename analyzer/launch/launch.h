/* Starts a command and stands in for it towards signals, so that it runs as if nothing stood between it and its caller.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LAUNCH_H
#define SOCKSAN_ANALYZER_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct launch {
	pid_t pid;
	int signals;		     /* signalfd of all that is blocked here */
	sigset_t given_mask;	     /* what this process was started with, for the command */
	struct sigaction given_chld; /* likewise */
	struct sigaction given_pipe;
	bool asked; /* an ending signal has come */
};

/* A reader of what this process says who leaves must not end it. Before anything is written. */
void launch_ignore_pipe(struct launch *launch);

/* Takes the signals into the signalfd, from before the command starts until the end. 0, or -1 with errno. */
int launch_take_signals(struct launch *launch);

/* Runs the file as the command. 0 once it runs, or the errno with which the kernel refused it, or -1 with errno. */
int launch_start(struct launch *launch, const char *path, char *const *argv, char *const *env);

/* Passes signals on until the command has ended; its status, as waitpid gives it. */
int launch_wait(struct launch *launch);

/* The shell watches this process: it must stop when job control stops the command. SIGSTOP does nothing here, as whoever
 * sends it to the command alone would not know that this process needs its SIGCONT too. */
void launch_stop_alike(int signal_number);

/* Whether a signal number is one that asks a program to end. */
bool launch_is_ending(int signal_number);

/* From here on, while the report is written: of the ending signals, the first is answered and the next ends this
 * process with last_words, which must live on. With `answered` the first has been; it is answered now. */
void launch_let_end(const struct launch *launch, const char *last_words, bool answered);

#endif
