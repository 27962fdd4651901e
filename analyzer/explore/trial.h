/* One run of a command under `socksan run`, in surroundings of its own: a process group, a temporary folder, a network namespace where the
 * kernel allows one, a time limit. A process of its own watches it, inherits what it leaves behind, and ends all of that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRIAL_H
#define SOCKSAN_ANALYZER_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

/* What all runs have in common. */
struct trial_setting {
	const char *folder;	   /* below which each has its own */
	const char *setup, *reset; /* commands of the shell, before each; NULL: none */
	bool own_network;
	int64_t limit_ns; /* 0: none */
	char **options;	  /* of `socksan run`, NULL-terminated */
	char **command;
};

struct trial {
	pid_t pid; /* of who watches it; 0: it does not run */
	char *folder;
	int64_t began;
};

/* What came of it. */
struct trial_result {
	int status; /* as `socksan run` ends: the command's own, 128 and the signal, or one of SockSan's */
	bool hung;  /* ended since the time was over */
	int64_t took;
	json_t *report;	   /* NULL: there is none */
	char *out, *error; /* what the command wrote; to be freed */
};

/* `inject`: for the option of that name. 0, or -1 with the message written. */
int trial_start(struct trial *trial, const struct trial_setting *setting, const char *name, const char *inject);

/* After it has ended with this status, as waitpid gives it. Removes its folder. */
struct trial_result trial_finish(struct trial *trial, int status);

/* Has it end at once, and waits. Nothing is known of it then. */
void trial_stop(struct trial *trial);

void trial_result_free(struct trial_result *result);

/* Whether a network namespace of its own can be had here. */
bool trial_network_possible(void);

/* Removes a folder and what is in it. */
void folder_remove(const char *path);

#endif
