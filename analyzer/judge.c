/* From lives to violations: the table of rules, and the findings that they add up to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/judge_rule.h"
#include "analyzer/util.h"

static void use_after_close_tagged(struct judge *judge, void **memory, const struct moment *moment);
static void wrong_state_tagged(struct judge *judge, void **memory, const struct moment *moment);
static void bad_fd_tagged(struct judge *judge, void **memory, const struct moment *moment);
static char *double_close_message(const struct finding *finding);
static char *use_after_close_message(const struct finding *finding);
static char *wrong_state_message(const struct finding *finding);
static char *bad_fd_message(const struct finding *finding);

static const struct rule rules[VIOLATION_COUNT] = {
	[VIOLATION_never_closed] = {.process = never_closed_process, .message = never_closed_message},
	[VIOLATION_double_close] = {.tagged = double_close_tagged,
				    .moment = double_close_moment,
				    .finish = double_close_finish,
				    .message = double_close_message},
	[VIOLATION_use_after_close] = {.tagged = use_after_close_tagged, .message = use_after_close_message},
	[VIOLATION_wrong_state] = {.tagged = wrong_state_tagged, .message = wrong_state_message},
	[VIOLATION_bad_fd] = {.tagged = bad_fd_tagged, .message = bad_fd_message},
};

/* Findings are equal when these are: the stacks by content, for they are kept once each. */
struct finding_key {
	enum violation code;
	enum cause cause;
	const void *stacks[ROLE_COUNT];
};

struct entry {
	struct finding finding;
	struct finding_key key;
	UT_hash_handle hh;
};

struct judge {
	struct entry *entries;
	struct finding **sorted;
	size_t n;
	void *memory[VIOLATION_COUNT];
	const char *unknown_tag;
	uint64_t unknown_tags;
};

struct judge *judge_new(void) { return xcalloc(1, sizeof(struct judge)); }

const char *cause_name(enum cause cause)
{
	static const char *const names[CAUSE_COUNT] = {
		[CAUSE_CONNECT_FAILED] = "connect-failed",
		[CAUSE_PEER_CLOSED] = "peer-closed",
		[CAUSE_NEVER_USED] = "never-used",
		[CAUSE_LISTENER] = "listener",
		[CAUSE_IN_USE] = "in-use",
	};
	return names[cause];
}

/* -- messages ------------------------------------------------------------------------------------------------- */

static const char *op_of(const struct finding *finding)
{
	return finding->ops[ROLE_AT] ? finding->ops[ROLE_AT] : "a call";
}

static char *double_close_message(const struct finding *finding)
{
	return xasprintf("%s of a descriptor whose %s is closed already", op_of(finding), socket_kind(finding));
}

static char *use_after_close_message(const struct finding *finding)
{
	return xasprintf("%s on a descriptor whose %s is closed", op_of(finding), socket_kind(finding));
}

static char *wrong_state_message(const struct finding *finding)
{
	static const char *const states[STATE_COUNT] = {
		[STATE_CLOSED] = "neither bound nor connected",
		[STATE_BOUND] = "bound, but neither listening nor connected",
		[STATE_CONNECTING] = "still connecting",
		[STATE_ESTABLISHED] = "connected",
		[STATE_LISTENING] = "listening",
		[STATE_CLOSE_WAIT] = "closed by its peer",
		[STATE_FIN_WAIT] = "shut down for writing",
		[STATE_CLOSING] = "shut down both ways",
	};
	const char *state = states[finding->state];
	return xasprintf("%s on a %s that is %s", op_of(finding), socket_kind(finding),
			 state ? state : "in no state for it");
}

static char *bad_fd_message(const struct finding *finding)
{
	if (finding->fds.n == 1)
		return xasprintf("%s on %lld, which was never a descriptor", op_of(finding),
				 (long long)finding->fds.values[0]);
	return xasprintf("%s on numbers that were never descriptors", op_of(finding));
}

const char *socket_kind(const struct finding *finding)
{
	static const struct {
		const char *family, *type, *kind;
	} kinds[] = {
		{"AF_INET", "SOCK_STREAM", "TCP socket"},	  {"AF_INET6", "SOCK_STREAM", "TCP socket"},
		{"AF_INET", "SOCK_DGRAM", "UDP socket"},	  {"AF_INET6", "SOCK_DGRAM", "UDP socket"},
		{"AF_UNIX", "SOCK_STREAM", "Unix stream socket"}, {"AF_UNIX", "SOCK_DGRAM", "Unix datagram socket"},
	};
	for (size_t i = 0; finding->family && finding->type && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].family, finding->family) == 0 && strcmp(kinds[i].type, finding->type) == 0)
			return kinds[i].kind;
	return "socket";
}

/* -- what the shim's tag alone decides ------------------------------------------------------------------------ */

struct occurrence occurrence_of(enum violation code, const struct moment *moment)
{
	const struct event *event = moment->event;
	const struct life *life = moment->life;
	const struct descriptor *descriptor = moment->descriptor;
	struct occurrence occurrence = {
		.code = code,
		.severity = violations[code].severity,
		.process = moment->process,
		.fds = &event->fd,
		.n_fds = 1,
		.t = event->t,
		.error = event->error,
	};
	occurrence.stacks[ROLE_AT] = moment->stack;
	occurrence.ops[ROLE_AT] = event->op;
	occurrence.tids[ROLE_AT] = event->tid;
	if (!life)
		return occurrence;
	occurrence.stacks[ROLE_OPENED] = life->opened;
	occurrence.ops[ROLE_OPENED] = life->opened_op;
	occurrence.tids[ROLE_OPENED] = life->tid;
	occurrence.family = life->family;
	occurrence.type = life->type;
	occurrence.local = life->local;
	occurrence.peer = life->peer;
	occurrence.state = event->from > STATE_NONE ? event->from : life->open ? life->state : STATE_CLOSED;
	if (descriptor && !descriptor->now && descriptor->last == life) {
		occurrence.stacks[ROLE_CLOSED] = descriptor->closed;
		occurrence.ops[ROLE_CLOSED] = descriptor->closed_op;
		occurrence.tids[ROLE_CLOSED] = descriptor->closed_tid;
	}
	return occurrence;
}

static void fire_tagged(struct judge *judge, enum violation code, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of(code, moment);
	judge_fire(judge, &occurrence);
}

static void use_after_close_tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	(void)memory;
	fire_tagged(judge, VIOLATION_use_after_close, moment);
}

static void wrong_state_tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	(void)memory;
	fire_tagged(judge, VIOLATION_wrong_state, moment);
}

static void bad_fd_tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	(void)memory;
	fire_tagged(judge, VIOLATION_bad_fd, moment);
}

/* -- findings ------------------------------------------------------------------------------------------------- */

static void numbers_add(struct numbers *numbers, int64_t value)
{
	size_t low = 0, high = numbers->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (numbers->values[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < numbers->n && numbers->values[low] == value)
		return;
	GROW(numbers->values, numbers->n, numbers->cap);
	memmove(numbers->values + low + 1, numbers->values + low, (numbers->n - low) * sizeof *numbers->values);
	numbers->values[low] = value;
	numbers->n++;
}

static struct finding_key key_of(enum violation code, enum cause cause, const struct stack_ref *const stacks[])
{
	struct finding_key key;
	memset(&key, 0, sizeof key);
	key.code = code;
	key.cause = cause;
	for (int role = 0; role < ROLE_COUNT; role++)
		if (stacks[role])
			key.stacks[role] = stacks[role]->stack ? (const void *)stacks[role]->stack : stacks[role];
	return key;
}

void judge_fire(struct judge *judge, const struct occurrence *occurrence)
{
	struct entry *entry;
	const struct stack_ref *stacks[ROLE_COUNT];
	for (int role = 0; role < ROLE_COUNT; role++)
		stacks[role] = occurrence->stacks[role];
	struct finding_key key = key_of(occurrence->code, occurrence->cause, stacks);
	HASH_FIND(hh, judge->entries, &key, sizeof key, entry);
	if (!entry) {
		entry = xcalloc(1, sizeof *entry);
		entry->key = key;
		HASH_ADD(hh, judge->entries, key, sizeof key, entry);
		struct finding *finding = &entry->finding;
		finding->code = occurrence->code;
		finding->severity = occurrence->severity;
		finding->cause = occurrence->cause;
		for (int role = 0; role < ROLE_COUNT; role++) {
			finding->stacks[role] = stacks[role];
			finding->ops[role] = occurrence->ops[role] ? intern(occurrence->ops[role]) : NULL;
			finding->tids[role] = occurrence->tids[role];
		}
		finding->t = occurrence->t;
		finding->process = occurrence->process;
		finding->state = occurrence->state;
		finding->family = occurrence->family;
		finding->type = occurrence->type;
		finding->error = occurrence->error ? intern(occurrence->error) : NULL;
		finding->local = occurrence->local ? xstrdup(occurrence->local) : NULL;
		finding->peer = occurrence->peer ? xstrdup(occurrence->peer) : NULL;
	}
	struct finding *finding = &entry->finding;
	finding->count++;
	if (occurrence->severity < finding->severity)
		finding->severity = occurrence->severity;
	numbers_add(&finding->pids, occurrence->process->pid);
	for (size_t i = 0; i < occurrence->n_fds; i++)
		numbers_add(&finding->fds, occurrence->fds[i]);
}

static void finding_clear(struct finding *finding)
{
	free(finding->pids.values);
	free(finding->fds.values);
	free(finding->local);
	free(finding->peer);
	free(finding->message);
}

static void finding_merge(struct finding *into, const struct finding *from)
{
	into->count += from->count;
	if (from->severity < into->severity)
		into->severity = from->severity;
	for (size_t i = 0; i < from->pids.n; i++)
		numbers_add(&into->pids, from->pids.values[i]);
	for (size_t i = 0; i < from->fds.n; i++)
		numbers_add(&into->fds, from->fds.values[i]);
}

/* A stack whose line came after its first use was told apart by its id alone: by content now. */
static void unite(struct judge *judge)
{
	struct entry *entry, *next, *found, *united = NULL;
	HASH_ITER (hh, judge->entries, entry, next) {
		HASH_DEL(judge->entries, entry);
		entry->key = key_of(entry->finding.code, entry->finding.cause, entry->finding.stacks);
		HASH_FIND(hh, united, &entry->key, sizeof entry->key, found);
		if (!found) {
			HASH_ADD(hh, united, key, sizeof entry->key, entry);
			continue;
		}
		finding_merge(&found->finding, &entry->finding);
		finding_clear(&entry->finding);
		free(entry);
	}
	judge->entries = united;
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return (int)x->code - (int)y->code;
}

void judge_moment(struct judge *judge, const struct moment *moment)
{
	int tag = -1;
	if (moment->event->kind == EVENT_FD && moment->event->violation) {
		tag = violation_find(moment->event->violation);
		if (tag < 0 || !rules[tag].tagged) {
			judge->unknown_tag = intern(moment->event->violation);
			judge->unknown_tags++;
		}
	}
	for (int code = 0; code < VIOLATION_COUNT; code++)
		if (code == tag && rules[code].tagged)
			rules[code].tagged(judge, &judge->memory[code], moment);
		else if (rules[code].moment)
			rules[code].moment(judge, &judge->memory[code], moment);
}

void judge_finish(struct judge *judge, const struct replay *replay)
{
	for (int code = 0; code < VIOLATION_COUNT; code++) {
		if (rules[code].process)
			for (struct process *process = replay_processes(replay); process; process = process->next)
				rules[code].process(judge, process);
		if (rules[code].finish)
			rules[code].finish(judge, &judge->memory[code]);
	}
	unite(judge);
	judge->sorted = xcalloc(HASH_COUNT(judge->entries), sizeof *judge->sorted);
	struct entry *entry, *next;
	HASH_ITER (hh, judge->entries, entry, next) {
		struct finding *finding = &entry->finding;
		finding->message = rules[finding->code].message(finding);
		judge->sorted[judge->n++] = finding;
	}
	qsort(judge->sorted, judge->n, sizeof *judge->sorted, compare_findings);
}

struct finding *const *judge_findings(const struct judge *judge, size_t *n)
{
	*n = judge->n;
	return judge->sorted;
}

const char *judge_unknown_tag(const struct judge *judge, uint64_t *count)
{
	*count = judge->unknown_tags;
	return judge->unknown_tag;
}

void judge_free(struct judge *judge)
{
	struct entry *entry, *next;
	HASH_ITER (hh, judge->entries, entry, next) {
		HASH_DEL(judge->entries, entry);
		finding_clear(&entry->finding);
		free(entry);
	}
	free(judge->sorted);
	free(judge);
}
