/* The table of rules, and its accessors for the rest of the analyzer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/limits.h"
#include "analyzer/judge/rule.h"

/* What `socksan explore` tells is judged by no trace. */
static const struct rule crash_after_fault_rule = {.words = {[ROLE_AT] = "died"}},
			 hang_after_fault_rule = {.words = {[ROLE_AT] = "hung"}},
			 unreported_fault_rule = {.words = {[ROLE_AT] = "failed"}};

const struct rule *const rules[CODES] = {
#define VIOLATION(id, ...) [VIOLATION_##id] = &id##_rule,
#define OUTCOME(id, ...) [VIOLATION_##id] = &id##_rule,
#include "shim/model/violation.def"
};

struct limits default_limits(void)
{
	struct limits limits = {.kinds = 1 << KIND_socket};
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++)
		limits.ns[code] = rules[code]->limit;
	return limits;
}

const char *role_name(enum role role)
{
	static const char *const names[ROLE_COUNT] = {
		[ROLE_OPENED] = "opened", [ROLE_CLOSED] = "closed", [ROLE_AT] = "at", [ROLE_OTHER] = "other"};
	return names[role];
}

bool finding_has_listener(const struct finding *finding)
{
	return rules[finding->code]->tells_listener && finding->ops[ROLE_OTHER];
}

const enum role *roles_by_weight(const struct finding *finding)
{
	const struct rule *rule = rules[finding->code];
	static const enum role at[ROLE_COUNT] = {ROLE_AT, ROLE_OPENED, ROLE_CLOSED, ROLE_OTHER},
			       at_open[ROLE_COUNT] = {ROLE_OPENED, ROLE_AT, ROLE_CLOSED, ROLE_OTHER},
			       at_close[ROLE_COUNT] = {ROLE_CLOSED, ROLE_OTHER, ROLE_OPENED, ROLE_AT};
	return rule->at_close || finding->collected ? at_close : rule->at_open ? at_open : at;
}

const char *role_words(enum violation code, enum role role)
{
	static const char *const words[ROLE_COUNT] = {
		[ROLE_OPENED] = "opened", [ROLE_CLOSED] = "closed", [ROLE_AT] = "misused", [ROLE_OTHER] = "in use"};
	if (role == ROLE_OTHER && rules[code]->tells_listener)
		return "listener opened";
	return rules[code]->words[role] ? rules[code]->words[role] : words[role];
}

const char *finding_ending(const struct finding *finding)
{
	const struct rule *rule = rules[finding->code];
	return rule->ending ? rule->ending(finding) : NULL;
}
