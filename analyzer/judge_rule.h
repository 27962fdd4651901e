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
	const struct process *process, *giver, *taker;
	const struct life *shared; /* whose holders are told; NULL: none */
	const int64_t *fds;
	size_t n_fds;
	struct stack_ref *stacks[ROLE_COUNT];
	const char *ops[ROLE_COUNT];
	int64_t tids[ROLE_COUNT];
	int64_t t, amount;
	enum state state;
	const char *family, *type, *local, *peer, *error;
	bool elsewhere;	 /* the number is closed, but its socket is not: */
	int64_t through; /* a descriptor that it is open through */
};

/* A rule is told what it asks for; the rest is NULL. `memory` is the rule's own, NULL at first. */
struct rule {
	/* The shim's tag alone decides, and is all there is to it. */
	bool by_tag;
	/* Whether a line that the shim tagged with another code is this rule's, which then has dealt with it. */
	bool (*claims)(struct judge *judge, const struct moment *moment);
	/* A line that the shim tagged with the rule's code. */
	void (*tagged)(struct judge *judge, void **memory, const struct moment *moment);
	/* Any other fact. */
	void (*moment)(struct judge *judge, void **memory, const struct moment *moment);
	/* Likewise, for those that remember nothing. */
	void (*fact)(struct judge *judge, const struct moment *moment);
	/* A process, once the traces are read to their end. */
	void (*process)(struct judge *judge, const struct process *process);
	/* The end of all. */
	void (*finish)(struct judge *judge, void **memory);
	/* One line for a finding, to be freed. */
	char *(*message)(const struct finding *finding);
};

/* Returns what it was counted under, which stays until it is taken back. */
struct finding *judge_fire(struct judge *judge, const struct occurrence *occurrence);

/* Takes back an occurrence: what it told was the consequence of another one. */
void judge_take_back(struct judge *judge, const struct occurrence *occurrence);

/* The limit of a code in ns. */
int64_t judge_limit(const struct judge *judge, enum violation code);

/* The occurrence that a tagged line tells of. */
struct occurrence occurrence_of(enum violation code, const struct moment *moment);

/* An occurrence about a socket as such: of its opening. */
struct occurrence occurrence_of_life(enum violation code, const struct life *life);

/* The same at the moment when it ended. */
struct occurrence occurrence_of_end(enum violation code, const struct moment *moment);

/* The descriptors of a life, to be freed. */
int64_t *fds_of(const struct life *life);

/* "parent pid 71 nginx passed it to child pid 80 sh", to be freed; empty when it did not cross. */
char *crossing(const struct finding *finding);

/* What a socket is called in messages: "TCP socket", "Unix stream socket", "socket". */
const char *socket_kind(const struct finding *finding);

void never_closed_process(struct judge *judge, const struct process *process);
char *never_closed_message(const struct finding *finding);

void double_close_tagged(struct judge *judge, void **memory, const struct moment *moment);
void double_close_moment(struct judge *judge, void **memory, const struct moment *moment);
void double_close_finish(struct judge *judge, void **memory);

bool stale_close_claims(struct judge *judge, const struct moment *moment);

/* For how long, at `t`, the peer has been gone, in ns; 0: it is not. */
int64_t close_wait_time(const struct life *life, int64_t t);
void close_wait_fact(struct judge *judge, const struct moment *moment);
void close_wait_process(struct judge *judge, const struct process *process);

void idle_fact(struct judge *judge, const struct moment *moment);
void idle_process(struct judge *judge, const struct process *process);

void no_timeout_fact(struct judge *judge, const struct moment *moment);

bool close_in_use_claims(struct judge *judge, const struct moment *moment);
void close_in_use_tagged(struct judge *judge, void **memory, const struct moment *moment);
void concurrent_io_tagged(struct judge *judge, void **memory, const struct moment *moment);
void inside_moment(struct judge *judge, void **memory, const struct moment *moment);
void inside_finish(struct judge *judge, void **memory);

void broken_pipe_process(struct judge *judge, const struct process *process);

void leaked_to_exec_moment(struct judge *judge, void **memory, const struct moment *moment);
void leaked_to_exec_finish(struct judge *judge, void **memory);

#endif
