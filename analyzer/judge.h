/* From lives to violations. Each code is a row of the table in judge.c, with its function in judge_CODE.c where the
 * shim's tag alone does not do.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_H
#define SOCKSAN_ANALYZER_JUDGE_H

#include "analyzer/replay.h"
#include "analyzer/violation.h"

/* What kind of never-closed it is. */
enum cause {
	CAUSE_NONE,
	CAUSE_CONNECT_FAILED,
	CAUSE_PEER_CLOSED,
	CAUSE_NEVER_USED,
	CAUSE_LISTENER,
	CAUSE_IN_USE,
	CAUSE_COUNT
};

/* The stacks of a violation: where its socket was made, where it was closed, where it went wrong. */
enum role { ROLE_OPENED, ROLE_CLOSED, ROLE_AT, ROLE_COUNT };

struct numbers {
	int64_t *values; /* ascending, each once */
	size_t n, cap;
};

/* A violation: all occurrences with the same code, cause and stacks. What is told of a socket is the first one's. */
struct finding {
	enum violation code;
	enum severity severity; /* the worst */
	enum cause cause;
	uint64_t count;
	struct numbers pids, fds;
	const struct stack_ref *stacks[ROLE_COUNT];
	const char *ops[ROLE_COUNT]; /* the calls that made, closed, misused it; NULL: not known */
	int64_t tids[ROLE_COUNT];
	int64_t t;
	const struct process *process;
	enum state state;
	const char *family, *type, *error;
	char *local, *peer;
	char *message;
};

struct judge;

struct judge *judge_new(void);
void judge_free(struct judge *judge);

void judge_moment(struct judge *judge, const struct moment *moment);

/* After replay_finish(). */
void judge_finish(struct judge *judge, const struct replay *replay);

/* The violations, errors first, then in order of time. */
struct finding *const *judge_findings(const struct judge *judge, size_t *n);

/* A tag of the shim that is no code of this SockSan, and how often it stood. NULL: there was none. */
const char *judge_unknown_tag(const struct judge *judge, uint64_t *count);

const char *cause_name(enum cause cause); /* NULL for CAUSE_NONE */

#endif
