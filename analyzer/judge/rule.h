/* The rule of a violation, in violations/ID.c; the table of rules is built from the rows of shim/model/violation.def.
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

/* Whether a call that `socksan explore` makes fail leads to a violation by itself, so that it shows no mistake of the program. */
enum entailed {
	ENTAILED_NEVER,
	ENTAILED_AT_THE_CALL, /* if it is at that very call */
	ENTAILED_ALWAYS
};

/* The places of a finding's calls. */
struct places {
	const struct symbol *roles[ROLE_COUNT]; /* NULL: unknown */
	const struct symbol *const *steps;	/* those of its story, STORY_STEPS of them */
};

/* Callbacks that a rule does not need stay NULL. `memory` is the rule's own, initially NULL. */
struct rule {
	/* The message of a finding in one line, to be freed. Default: the meaning of the code. */
	char *(*message)(const struct finding *finding);
	/* How to fix the finding, a constant. Default, also if it returns NULL: the help text of the code. */
	const char *(*help)(const struct finding *finding);
	/* The same for this very case, once its places are known, to be freed. Default, also if it returns NULL: help. */
	char *(*advice)(const struct finding *finding, const struct places *places);
	/* How a story ends that no call ended, a constant. */
	const char *(*ending)(const struct finding *finding);
	/* What the call of a role did, where role_words() does not fit. */
	const char *words[ROLE_COUNT];
	/* Each occurrence costs something: several at one place are evidence. */
	bool adds_up;
	/* Its call always fails, so that is no evidence. */
	bool fails_anyway;
	/* Where it is to be fixed, and which place reports name, if that is not where it went wrong. */
	bool at_close, at_open;
	/* The other call opened the listener that accepted the socket. */
	bool tells_listener;
	/* Whether a failure or a slow run leads to it by itself. */
	enum entailed entailed;
	/* How long is too long by default, in ns; 0: the rule has no limit. */
	int64_t limit;

	/* Called for a line that the shim tagged with the rule's code. by_tag: the tag alone decides. */
	void (*tagged)(struct judge *judge, void **memory, const struct moment *moment);
	/* Whether such a line is not a violation after all. */
	bool (*excused)(const struct moment *moment);
	/* Whether the rule takes over a line tagged with a HIT_CLOSED code, and has dealt with it. The first rule that returns true gets
	 * it. */
	bool (*claims)(struct judge *judge, const struct moment *moment);
	/* Called for any fact without the rule's tag. */
	void (*moment)(struct judge *judge, void **memory, const struct moment *moment);
	/* Called for any fact, tagged or not, whose socket is known. */
	void (*fact)(struct judge *judge, const struct moment *moment);
	/* Called for each process, after all traces are read. */
	void (*process)(struct judge *judge, const struct traced_process *process);
	/* Called for each socket that processes shared, after all processes. */
	void (*shared)(struct judge *judge, void **memory, struct cookie *cookie);
	/* Called at the end: frees the memory. */
	void (*finish)(struct judge *judge, void **memory);
};

/* id_rule of each row. */
#define VIOLATION(id, ...) extern const struct rule id##_rule;
#include "shim/model/violation.def"

extern const struct rule *const rules[CODES];

/* For rules that report every tagged line as it is. */
void by_tag(struct judge *judge, void **memory, const struct moment *moment);

/* Returns the finding that it was added to, which stays valid until it is taken back; NULL if its kind of descriptor is not judged. */
struct finding *judge_fire(struct judge *judge, const struct occurrence *occurrence);

/* The same, with all descriptors that the socket still has. */
void judge_fire_open(struct judge *judge, struct occurrence *occurrence, const struct socket_life *life);

/* Takes back an occurrence that turned out to be the consequence of another one. It is identified by its code, cause and stacks, and by its
 * process if the code adds up. */
void judge_take_back(struct judge *judge, const struct occurrence *occurrence);

/* The limit of a code in ns. */
int64_t judge_limit(const struct judge *judge, enum violation code);

#endif
