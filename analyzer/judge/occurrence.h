/* An occurrence of a violation: what a rule gives to judge_fire().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_OCCURRENCE_H
#define SOCKSAN_ANALYZER_JUDGE_OCCURRENCE_H

#include "analyzer/judge/finding.h"

/* One misuse. Its strings and numbers are borrowed: judge_fire() copies what it keeps. */
struct occurrence {
	enum violation code;
	enum severity severity;
	enum cause cause, within;
	bool collected; /* see struct finding, as */
	const char *earlier;
	const struct traced_process *process, *giver, *taker;
	const struct socket_life *lost; /* what was not closed, or not in time; NULL: not about that */
	int64_t lost_closed;		/* when it was closed; 0: it was not */
	bool killed;
	const struct cookie *shared; /* whose holders are reported; NULL: none */
	const int64_t *fds;
	size_t n_fds;
	struct stack_ref *stacks[ROLE_COUNT];
	const char *ops[ROLE_COUNT];
	int64_t tids[ROLE_COUNT];
	struct stack_ref *listener; /* if it was accepted, see rule.h */
	const char *listener_op;
	int64_t t, amount;
	enum kind kind,
		former; /* one of the two must be judged; former: the kind that its number had before, if that matters */
	enum state state;
	const char *family, *type, *local, *peer, *error;
	struct story story;
	struct registered registered; /* in an epoll set */
	int64_t opener;		      /* the process that opened an inherited socket; 0: unknown */
	bool elsewhere;		      /* the descriptor is closed, but its socket is not */
	int64_t through;	      /* a descriptor through which it is open */
};

/* An occurrence at the call in the line. */
struct occurrence occurrence_of(enum violation code, const struct moment *moment);

/* The same for the code that the shim tagged the line with, including what the line has for that code. */
struct occurrence occurrence_of_tag(const struct moment *moment);

/* An occurrence about a socket as such, at the place where it was opened. */
struct occurrence occurrence_of_life(enum violation code, const struct socket_life *life);

/* The same at the moment when it ended. */
struct occurrence occurrence_of_end(enum violation code, const struct moment *moment);

#endif
