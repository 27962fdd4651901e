/* What the judge finds: violations, each with all its occurrences.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_FINDING_H
#define SOCKSAN_ANALYZER_JUDGE_FINDING_H

#include "analyzer/base/int_set.h"
#include "analyzer/base/text_set.h"
#include "analyzer/base/violation.h"
#include "analyzer/replay/lives.h"
#include "analyzer/replay/registered.h"
#include "analyzer/replay/story.h"

/* The stacks of a violation: where its socket was made, where it was closed, where it went wrong, and the other call involved: the one that
 * another thread was inside, or the one that started a program. */
enum role { ROLE_OPENED, ROLE_CLOSED, ROLE_AT, ROLE_OTHER, ROLE_COUNT };
enum { ROLES_TELLING = ROLE_OTHER }; /* those before this one identify a violation */

/* A process that had the socket. */
struct sharer {
	int64_t pid;
	const char *name; /* NULL: unknown */
	const char *how;  /* "made", "received", "fork", "exec"; NULL: unknown */
	bool last;	  /* the longest that any holder had it */
};

/* A place that made what a finding says was lost. */
struct loss_site {
	const struct origin *origin; /* the key */
	const struct traced_process *process;
	UT_hash_handle hh;
};

/* How often a finding occurred in a process, and when first and last. */
struct recurrence {
	const struct traced_process *process; /* the key */
	uint64_t n;
	int64_t first, last;
	UT_hash_handle hh;
};

/* Evidence for a violation. */
enum evidence_why { WHY_REPEATS, WHY_OUTLIVED, WHY_ABANDONED, WHY_FAILED, WHYS };
struct evidence {
	uint64_t opened, closed, open; /* at its place; 0, 0, 0: not counted */
	int64_t oldest;		       /* how long the oldest was open, in ns; 0: unknown */
	unsigned why;		       /* a bit for each enum evidence_why */
	int64_t sibling;	       /* a closed descriptor of its place; -1: none, or unknown */
};

/* "repeats" */
const char *evidence_name(enum evidence_why why);

/* A violation: all occurrences with the same code, cause and stacks. Details of the socket are those of the first occurrence. */
struct finding {
	enum violation code;
	enum severity severity; /* the worst of them; weigh() changes it later */
	bool own;		/* in user code */
	bool killed;		/* it would be an error in a process that ended on its own */
	bool signalled;		/* every process that it occurred in was ended by a signal */
	struct evidence evidence;
	struct loss_site *sites;
	struct recurrence *recurrences; /* if its code adds up, see rule.h */
	enum cause cause;
	enum cause
		within; /* what an interpreter's end closed it as, in each occurrence; CAUSE_none: that differs, or something else did */
	bool collected;	     /* a collector made the call that went wrong: the other one is the place */
	const char *earlier; /* what the number was before, which may be what was meant; NULL: nothing */
	uint64_t count;
	bool at_least; /* there may be more, whose lines are gone */
	struct int_set pids, fds;
	struct text_set hosts; /* those of its processes; none where the report is of one host alone */
	const struct stack_ref *stacks[ROLE_COUNT];
	const char *ops[ROLE_COUNT]; /* the calls; NULL: unknown */
	int64_t tids[ROLE_COUNT];
	int64_t t;
	int64_t known_t; /* when its last occurrence showed: the end of the process for what is open there */
	const struct traced_process *process;
	const struct traced_process *giver, *taker; /* who passed the socket to whom; NULL: it was not passed */
	struct sharer *sharers; /* the times when it was passed, ascending; of the first occurrence */
	size_t n_sharers;
	int64_t amount;		/* bytes unread, ns waited; 0: unknown */
	bool elsewhere;		/* in every occurrence the descriptor was closed, but its socket was open */
	int64_t through;	/* through this one, in the first */
	enum kind kind, former; /* of the descriptor, and of its number's life before if that matters */
	bool reuse;		/* SO_REUSEADDR was set in some occurrence */
	uint64_t open, waiting; /* ports of the place in ROLE_OTHER: of open sockets, and in TIME_WAIT */
	enum state state;
	const char *family, *type, *error;
	char *local, *peer;
	struct story story;	      /* of the first occurrence, as */
	struct registered registered; /* in an epoll set */
	int64_t opener;		      /* the process that opened an inherited socket; 0: unknown */
	char *message;
	const char *help;
};

/* Whether anything is known about the call of that role: its name, or at least the thread that was inside it. */
static inline bool finding_has_call(const struct finding *finding, enum role role)
{
	return finding->ops[role] || (role == ROLE_OTHER && finding->tids[role] > 0);
}

/* "opened" */
const char *role_name(enum role role);

/* Whether the other call opened the listener that accepted the socket. */
bool finding_has_listener(const struct finding *finding);

/* The roles, in the order in which they are considered for the place of the finding. */
const enum role *roles_by_weight(const struct finding *finding);

/* "at least ", where the count may be too small; else "". */
static inline const char *finding_bound(const struct finding *finding) { return finding->at_least ? "at least " : ""; }

/* "never closed": how a story ends that no call ended; NULL: a call did. */
const char *finding_ending(const struct finding *finding);

/* "closed again": what the call of that role did. */
const char *role_words(enum violation code, enum role role);

#endif
