/* One run of a command under `socksan run` in its own surroundings: a process group, a temporary folder, a network namespace if the kernel
 * allows one, a time limit. A watching process inherits whatever the run leaves behind, and ends it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRIAL_H
#define SOCKSAN_ANALYZER_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

/* What all runs share. */
struct trial_setting {
	const char *folder;	   /* contains the folder of each run */
	const char *setup, *reset; /* shell commands, each run before it; NULL: none */
	bool own_network;
	int64_t limit_ns; /* 0: none */
	char **options;	  /* for `socksan run`, NULL-terminated */
	char **command;
};

struct trial {
	pid_t pid; /* of the watching process; 0: it is not running */
	char *folder;
	int64_t began;
};

/* The outcome of a run. */
struct trial_result {
	int status; /* as `socksan run` exits: the command's status, 128 and the signal, or a status of SockSan's own */
	bool hung;  /* ended because its time ran out */
	int64_t took;
	json_t *report;	   /* NULL: there is none */
	char *out, *error; /* what the command wrote; to be freed */
};

/* `inject`: the value of that option. Returns 0, or -1 after a message. */
int trial_start(struct trial *trial, const struct trial_setting *setting, const char *name, const char *inject);

/* Call after it has ended with this status, as returned by waitpid. Removes its folder. */
struct trial_result trial_finish(struct trial *trial, int status);

/* Ends it at once, and waits. There is no result then. */
void trial_stop(struct trial *trial);

void trial_result_free(struct trial_result *result);

/* Whether a network namespace can be made here. */
bool trial_network_possible(void);

/* Removes a folder and its contents. */
void folder_remove(const char *path);

#endif
