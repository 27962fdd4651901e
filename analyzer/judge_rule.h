/* What a rule of the judge is made of; for judge.c and judge_CODE.c only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_RULE_H
#define SOCKSAN_ANALYZER_JUDGE_RULE_H

#include "analyzer/judge.h"

/* One misuse. Its strings and numbers are borrowed: judge_fire() copies what it keeps. */
struct occurrence {
	enum violation code;
	enum severity severity;
	enum cause cause;
	const struct process *process;
	const int64_t *fds;
	size_t n_fds;
	struct stack_ref *stacks[ROLE_COUNT];
	const char *ops[ROLE_COUNT];
	int64_t tids[ROLE_COUNT];
	int64_t t;
	enum state state;
	const char *family, *type, *local, *peer, *error;
};

/* A rule is told what it asks for; the rest is NULL. `memory` is the rule's own, NULL at first. */
struct rule {
	/* A line that the shim tagged with the rule's code. */
	void (*tagged)(struct judge *judge, void **memory, const struct moment *moment);
	/* Any other fact. */
	void (*moment)(struct judge *judge, void **memory, const struct moment *moment);
	/* A process, once the traces are read to their end. */
	void (*process)(struct judge *judge, const struct process *process);
	/* The end of all. */
	void (*finish)(struct judge *judge, void **memory);
	/* One line for a finding, to be freed. */
	char *(*message)(const struct finding *finding);
};

void judge_fire(struct judge *judge, const struct occurrence *occurrence);

/* The occurrence that a tagged line tells of. */
struct occurrence occurrence_of(enum violation code, const struct moment *moment);

/* What a socket is called in messages: "TCP socket", "Unix stream socket", "socket". */
const char *socket_kind(const struct finding *finding);

void never_closed_process(struct judge *judge, const struct process *process);
char *never_closed_message(const struct finding *finding);

void double_close_tagged(struct judge *judge, void **memory, const struct moment *moment);
void double_close_moment(struct judge *judge, void **memory, const struct moment *moment);
void double_close_finish(struct judge *judge, void **memory);

#endif
