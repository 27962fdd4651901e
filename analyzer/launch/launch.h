/* Starts a command and relays signals to it, so that it runs as if nothing were between it and its caller.
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
	int signals;		     /* signalfd of all signals that are blocked here */
	sigset_t given_mask;	     /* the original signal state, for the command */
	struct sigaction given_chld; /* likewise */
	struct sigaction given_pipe;
	bool asked; /* a signal has come that asks to end */
};

/* A reader that closes this process's output must not end it. Call before anything is written. */
void launch_ignore_pipe(struct launch *launch);

/* Receives signals through the signalfd from now on. Returns 0, or -1 with errno. */
int launch_take_signals(struct launch *launch);

/* Runs the file as the command. Returns 0 once it runs, or the errno with which the kernel refused it, or -1 with errno. */
int launch_start(struct launch *launch, const char *path, char *const *argv, char *const *env);

/* Relays signals until the command has ended; returns its status, as from waitpid. */
int launch_wait(struct launch *launch);

/* The shell watches this process, which must stop when job control stops the command. SIGSTOP has no such effect, since whoever sends it
 * only to the command would not know that this process needs a SIGCONT too. */
void launch_stop_alike(int signal_number);

/* Whether a signal asks a program to end. */
bool launch_is_ending(int signal_number);

/* Call before the report is written: the first ending signal is answered with a line, the next one ends this process with last_words, which
 * must stay valid. With `answered`, the first has come already; it is answered now. */
void launch_let_end(const struct launch *launch, const char *last_words, bool answered);

#endif
