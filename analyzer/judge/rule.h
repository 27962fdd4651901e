/* What a rule of the judge is made of. Each violation is one, in violations/ID.c; the rows of shim/model/violation.def make their table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_RULE_H
#define SOCKSAN_ANALYZER_JUDGE_RULE_H

#include "analyzer/judge/finding.h"
#include "analyzer/judge/occurrence.h"
#include "analyzer/judge/words.h"
#include "analyzer/symbols/symbols.h"

struct judge;

/* Where the calls of a finding are. */
struct places {
	const struct symbol *roles[ROLE_COUNT]; /* NULL: not known */
	const struct symbol *const *steps;	/* of its story, STORY_STEPS of them */
};

/* Functions that a rule does not need stay NULL. `memory` is the rule's own, NULL at first. */
struct rule {
	/* One line for a finding, to be freed; without it, the meaning. */
	char *(*message)(const struct finding *finding);
	/* How to mend what the finding tells, in a constant; without it, or NULL, what the code's text says. */
	const char *(*help)(const struct finding *finding);
	/* The same for the case at hand, once its places are known, to be freed; without it, or NULL, what help says. */
	char *(*advice)(const struct finding *finding, const struct places *places);
	/* How a story ends that no call ended, in a constant. */
	const char *(*ending)(const struct finding *finding);
	/* What the call of a role did, where role_words() has no word that fits. */
	const char *words[ROLE_COUNT];
	/* Each occurrence costs something: several of one place are evidence. */
	bool adds_up;
	/* Its call always fails, which is no evidence then. */
	bool fails_anyway;
	/* Where it is to be mended, when that is not where it went wrong: the place that reports name. */
	bool at_close, at_open;
	/* The other call of what was accepted is that which opened the listener. */
	bool tells_listener;
	/* How long is too long by default, in ns; 0: the rule knows no limit. */
	int64_t limit;

	/* A line that the shim tagged with the rule's code. by_tag: the tag alone decides. */
	void (*tagged)(struct judge *judge, void **memory, const struct moment *moment);
	/* Whether such a line is no violation after all. */
	bool (*excused)(const struct moment *moment);
	/* Whether a line tagged with a code of HIT_CLOSED is this rule's, which then has dealt with it. The first rule that says so has it. */
	bool (*claims)(struct judge *judge, const struct moment *moment);
	/* Any fact without the rule's tag. */
	void (*moment)(struct judge *judge, void **memory, const struct moment *moment);
	/* Any fact, with its tag or without, whose socket is known. */
	void (*fact)(struct judge *judge, const struct moment *moment);
	/* A process, once the traces are read to their end. */
	void (*process)(struct judge *judge, const struct traced_process *process);
	/* A socket that processes shared, likewise, after all processes. */
	void (*shared)(struct judge *judge, void **memory, struct cookie *cookie);
	/* The end of all: frees the memory. */
	void (*finish)(struct judge *judge, void **memory);
};

/* id_rule of each row. */
#define VIOLATION(id, ...) extern const struct rule id##_rule;
#include "shim/model/violation.def"

extern const struct rule *const rules[CODES];

/* For rules that are told of a violation and have nothing to find out. */
void by_tag(struct judge *judge, void **memory, const struct moment *moment);

/* Returns what it was counted under, which stays until it is taken back; NULL when its kind of descriptor is not judged. */
struct finding *judge_fire(struct judge *judge, const struct occurrence *occurrence);

/* The same with all descriptors that the socket still has. */
void judge_fire_open(struct judge *judge, struct occurrence *occurrence, const struct socket_life *life);

/* Takes back an occurrence: what it told was the consequence of another one. Its code, cause and stacks say which, and its process,
 * where the code adds up. */
void judge_take_back(struct judge *judge, const struct occurrence *occurrence);

/* The limit of a code in ns. */
int64_t judge_limit(const struct judge *judge, enum violation code);

#endif
