/* From lives to violations: the table of rules, and the findings that they add up to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utlist.h>

#include "analyzer/judge_rule.h"
#include "analyzer/util.h"

/* In the order of claims: a stale close is the most specific. */
static const struct rule rules[VIOLATION_COUNT] = {
	[VIOLATION_never_closed] = {.process = never_closed_process, .message = never_closed_message},
	[VIOLATION_double_close] = {.tagged = double_close_tagged,
				    .moment = double_close_moment,
				    .finish = double_close_finish},
	[VIOLATION_use_after_close] = {.by_tag = true},
	[VIOLATION_stale_close] = {.claims = stale_close_claims},
	[VIOLATION_close_in_use] = {.tagged = close_in_use_tagged,
				    .moment = inside_moment,
				    .claims = close_in_use_claims,
				    .finish = inside_finish},
	[VIOLATION_wrong_state] = {.by_tag = true},
	[VIOLATION_listen_unbound] = {.by_tag = true},
	[VIOLATION_bad_fd] = {.by_tag = true},
	[VIOLATION_close_wait] = {.fact = close_wait_fact, .process = close_wait_process},
	[VIOLATION_idle] = {.fact = idle_fact, .process = idle_process},
	[VIOLATION_no_timeout] = {.fact = no_timeout_fact},
	[VIOLATION_concurrent_io] = {.tagged = concurrent_io_tagged, .moment = inside_moment, .finish = inside_finish},
	[VIOLATION_unread_data] = {.by_tag = true},
	[VIOLATION_broken_pipe] = {.by_tag = true, .process = broken_pipe_process},
	[VIOLATION_leaked_to_exec] = {.moment = leaked_to_exec_moment, .finish = leaked_to_exec_finish},
	[VIOLATION_fd_exhaustion] = {.by_tag = true},
	[VIOLATION_address_in_use] = {.by_tag = true},
	[VIOLATION_gc_closed] = {.by_tag = true},
};

const struct limits default_limits = {
	.ns = {[VIOLATION_close_wait] = 5000000000,
	       [VIOLATION_idle] = 60000000000,
	       [VIOLATION_no_timeout] = 10000000000},
};

/* Findings are equal when these are: the stacks by content, for they are kept once each. */
struct finding_key {
	enum violation code;
	enum cause cause;
	const void *stacks[ROLES_TELLING];
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
	struct limits limits;
	void *memory[VIOLATION_COUNT];
	const char *unknown_tag;
	uint64_t unknown_tags;
};

struct judge *judge_new(const struct limits *limits)
{
	struct judge *judge = xcalloc(1, sizeof *judge);
	judge->limits = limits ? *limits : default_limits;
	return judge;
}

int64_t judge_limit(const struct judge *judge, enum violation code) { return judge->limits.ns[code]; }

int64_t judge_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

const char *role_name(enum role role)
{
	static const char *const names[ROLE_COUNT] = {
		[ROLE_OPENED] = "opened", [ROLE_CLOSED] = "closed", [ROLE_AT] = "at", [ROLE_OTHER] = "other"};
	return names[role];
}

const char *role_words(enum violation code, enum role role)
{
	static const char *const words[ROLE_COUNT] = {
		[ROLE_OPENED] = "opened", [ROLE_CLOSED] = "closed", [ROLE_AT] = "misused", [ROLE_OTHER] = "in use"};
	if (role == ROLE_OTHER && code == VIOLATION_leaked_to_exec)
		return "passed on";
	if (role == ROLE_AT && (code == VIOLATION_double_close || code == VIOLATION_stale_close))
		return "closed again";
	if (role == ROLE_AT &&
	    (code == VIOLATION_close_in_use || code == VIOLATION_gc_closed || code == VIOLATION_unread_data))
		return "closed";
	return words[role];
}

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

static const char *state_words(enum state state)
{
	static const char *const words[STATE_COUNT] = {
		[STATE_CLOSED] = "neither bound nor connected",
		[STATE_BOUND] = "bound, but neither listening nor connected",
		[STATE_CONNECTING] = "still connecting",
		[STATE_ESTABLISHED] = "connected",
		[STATE_LISTENING] = "listening",
		[STATE_CLOSE_WAIT] = "closed by its peer",
		[STATE_FIN_WAIT] = "shut down for writing",
		[STATE_CLOSING] = "shut down both ways",
	};
	return words[state] ? words[state] : "in no state for it";
}

/* "nginx", with its pid. */
static char *named(const struct process *process)
{
	const char *name = process_name(process);
	return xasprintf("pid %lld%s%s", (long long)process->pid, name ? " " : "", name ? name : "");
}

char *crossing(const struct finding *finding)
{
	const struct process *giver = finding->giver, *taker = finding->taker;
	if (!giver || !taker)
		return xstrdup("");
	bool family = taker->parent && taker->parent->pid == giver->pid && taker->pid != giver->pid;
	char *from = named(giver), *to = named(taker);
	char *text = giver->pid == taker->pid ? xasprintf("%s kept it when it became %s", from,
							  process_name(taker) ? process_name(taker) : "another program")
					      : xasprintf("%s%s passed it to %s%s", family ? "parent " : "", from,
							  family ? "child " : "", to);
	free(from);
	free(to);
	return text;
}

static char *message_of(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding);
	bool one = finding->count == 1;
	char *time = time_text(finding->amount), *passed = crossing(finding), *text = NULL;
	switch (finding->code) {
	case VIOLATION_never_closed: break; /* has its own */
	case VIOLATION_double_close:
		text = finding->elsewhere
			       ? xasprintf("%s of a descriptor that is closed already; its %s is open "
					   "through %s%lld",
					   op, kind, one ? "" : "others, such as ", (long long)finding->through)
			       : xasprintf("%s of a descriptor whose %s is closed already", op, kind);
		break;
	case VIOLATION_use_after_close:
		text = finding->elsewhere
			       ? xasprintf("%s on a descriptor that is closed; its %s is open through %s%lld", op, kind,
					   one ? "" : "others, such as ", (long long)finding->through)
			       : xasprintf("%s on a descriptor whose %s is closed", op, kind);
		break;
	case VIOLATION_stale_close:
		text = xasprintf(
			"%s of a number that this thread had closed before, and that is another thread's %s by now", op,
			kind);
		break;
	case VIOLATION_close_in_use:
		text = xasprintf("%s of a %s while another thread is inside a call on it", op, kind);
		break;
	case VIOLATION_wrong_state:
		text = xasprintf("%s on a %s that is %s", op, kind, state_words(finding->state));
		break;
	case VIOLATION_listen_unbound:
		text = xasprintf("%s on a %s that is not bound: the kernel chose its port", op, kind);
		break;
	case VIOLATION_bad_fd:
		text = finding->fds.n == 1 ? xasprintf("%s on %lld, which was never a descriptor", op,
						       (long long)finding->fds.values[0])
					   : xasprintf("%s on numbers that were never descriptors", op);
		break;
	case VIOLATION_close_wait:
		text = xasprintf("%s kept open for %s%s after its peer had closed", kind, one ? "" : "up to ", time);
		break;
	case VIOLATION_idle:
		text = xasprintf("%s connected, and without a byte for %s%s", kind, one ? "" : "up to ", time);
		break;
	case VIOLATION_no_timeout:
		text = xasprintf("%s waited for %s%s on a %s that has no timeout", op, one ? "" : "up to ", time, kind);
		break;
	case VIOLATION_concurrent_io:
		text = xasprintf("%s on a %s while another thread is inside a call in the same direction", op, kind);
		break;
	case VIOLATION_unread_data:
		text = one && finding->amount
			       ? xasprintf("%s of a %s with %lld received byte%s unread: its peer sees a reset", op,
					   kind, (long long)finding->amount, finding->amount == 1 ? "" : "s")
			       : xasprintf("%s of a %s with received bytes unread: its peer sees a reset", op, kind);
		break;
	case VIOLATION_broken_pipe:
		text = finding->ops[ROLE_AT] ? xasprintf("%s on a %s whose peer is gone", op, kind)
					     : xasprintf("death by SIGPIPE: a write to a %s whose peer is gone", kind);
		break;
	case VIOLATION_leaked_to_exec:
		text = xasprintf("%s without close-on-exec entered another program: %s", kind, passed);
		break;
	case VIOLATION_fd_exhaustion:
		text = finding->error ? xasprintf("%s failed with %s: no descriptor is left", op, finding->error)
				      : xasprintf("%s: open sockets passed 90 %% of the limit of descriptors", op);
		break;
	case VIOLATION_address_in_use:
		text = one && finding->local ? xasprintf("%s to %s, which is in use", op, finding->local)
					     : xasprintf("%s to an address that is in use", op);
		break;
	case VIOLATION_gc_closed: text = xasprintf("%s closed by the garbage collector", kind); break;
	case VIOLATION_COUNT: break;
	}
	free(time);
	free(passed);
	return text ? text : xstrdup(violations[finding->code].meaning);
}

const char *socket_kind(const struct finding *finding) { return kind_of_socket(finding->family, finding->type); }

const char *kind_of_socket(const char *family, const char *type)
{
	static const struct {
		const char *family, *type, *kind;
	} kinds[] = {
		{"AF_INET", "SOCK_STREAM", "TCP socket"},
		{"AF_INET6", "SOCK_STREAM", "TCP socket"},
		{"AF_INET", "SOCK_DGRAM", "UDP socket"},
		{"AF_INET6", "SOCK_DGRAM", "UDP socket"},
		{"AF_UNIX", "SOCK_STREAM", "Unix stream socket"},
		{"AF_UNIX", "SOCK_DGRAM", "Unix datagram socket"},
		{"AF_INET", "SOCK_RAW", "raw socket"},
		{"AF_INET6", "SOCK_RAW", "raw socket"},
		{"AF_UNIX", NULL, "Unix socket"},
		{"AF_NETLINK", NULL, "netlink socket"},
		{"AF_PACKET", NULL, "packet socket"},
		{"AF_VSOCK", NULL, "vsock socket"},
	};
	for (size_t i = 0; family && type && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].family, family) == 0 && (!kinds[i].type || strcmp(kinds[i].type, type) == 0))
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
	if (descriptor && descriptor->now != life && life->descriptors) {
		occurrence.elsewhere = true;
		occurrence.through = life->descriptors->fd;
	}
	if (descriptor && !descriptor->now && descriptor->last == life && descriptor->closed_t < event->t) {
		occurrence.stacks[ROLE_CLOSED] = descriptor->closed;
		occurrence.ops[ROLE_CLOSED] = descriptor->closed_op;
		occurrence.tids[ROLE_CLOSED] = descriptor->closed_tid;
	}
	return occurrence;
}

struct occurrence occurrence_of_life(enum violation code, const struct life *life)
{
	return (struct occurrence){
		.code = code,
		.severity = violations[code].severity,
		.process = life->process,
		.stacks = {[ROLE_OPENED] = life->opened},
		.ops = {[ROLE_OPENED] = life->opened_op},
		.tids = {[ROLE_OPENED] = life->tid},
		.t = life->t,
		.state = life->state,
		.family = life->family,
		.type = life->type,
		.local = life->local,
		.peer = life->peer,
	};
}

struct occurrence occurrence_of_end(enum violation code, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_life(code, moment->life);
	occurrence.fds = &moment->event->fd;
	occurrence.n_fds = 1;
	occurrence.t = moment->event->t;
	occurrence.stacks[ROLE_CLOSED] = moment->stack;
	occurrence.ops[ROLE_CLOSED] = moment->event->op;
	occurrence.tids[ROLE_CLOSED] = moment->event->tid;
	return occurrence;
}

int64_t *fds_of(const struct life *life)
{
	int64_t *fds = xcalloc(life->open, sizeof *fds);
	const struct descriptor *descriptor;
	size_t n = 0;
	DL_FOREACH (life->descriptors, descriptor)
		fds[n++] = descriptor->fd;
	return fds;
}

static void fire_by_tag(struct judge *judge, enum violation code, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of(code, moment);
	if (moment->event->unread > 0)
		occurrence.amount = moment->event->unread;
	if (moment->event->local)
		occurrence.local = moment->event->local;
	if (code == VIOLATION_fd_exhaustion && moment->event->fd < 0)
		occurrence.n_fds = 0;
	judge_fire(judge, &occurrence);
}

/* -- who had it ----------------------------------------------------------------------------------------------- */

static int64_t end_of(const struct holder *holder)
{
	const struct process *process = holder->process;
	if (holder->t_end)
		return holder->t_end;
	return process->exited ? process->t_exit : process->end == END_RUNNING ? INT64_MAX : process->t_last;
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = *(const struct holder *const *)a, *y = *(const struct holder *const *)b;
	return (x->t > y->t) - (x->t < y->t);
}

/* Of many the first and the last. What a program had before it became another is the other's affair, unless it made it. */
static void find_sharers(struct finding *finding, const struct life *life)
{
	enum { MOST = 64 };
	const struct holder *holders[MOST];
	size_t all, n = 0, last = 0;
	const struct holder *from = life_holders(life, &all);
	for (size_t i = 0; i < all; i++) {
		if (all > MOST && i == MOST / 2)
			i = all - MOST / 2;
		holders[n++] = &from[i];
	}
	if (n)
		qsort(holders, n, sizeof *holders, compare_holders);
	finding->sharers = xcalloc(n, sizeof *finding->sharers);
	for (size_t i = 0; i < n; i++) {
		const struct process *process = holders[i]->process;
		const char *name = process_name(process);
		if (i > 0 && process->replaced)
			continue;
		finding->sharers[finding->n_sharers++] = (struct sharer){
			.pid = process->pid,
			.name = name ? intern(name) : NULL,
			.how = !holders[i]->made ? process->how
			       : i == 0		 ? "made"
						 : "received",
		};
		holders[finding->n_sharers - 1] = holders[i];
		if (end_of(holders[i]) > end_of(holders[last]))
			last = finding->n_sharers - 1;
	}
	/* When an occurrence is told before the traces are read to their end, that is not known yet. */
	if (finding->n_sharers && finding->code == VIOLATION_never_closed)
		finding->sharers[last].last = true;
}

/* -- findings ------------------------------------------------------------------------------------------------- */

static struct finding_key key_of(enum violation code, enum cause cause, const struct stack_ref *const stacks[])
{
	struct finding_key key;
	memset(&key, 0, sizeof key);
	key.code = code;
	key.cause = cause;
	for (int role = 0; role < ROLES_TELLING; role++)
		if (stacks[role])
			key.stacks[role] = stacks[role]->stack ? (const void *)stacks[role]->stack : stacks[role];
	return key;
}

struct finding *judge_fire(struct judge *judge, const struct occurrence *occurrence)
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
		finding->giver = occurrence->giver;
		finding->taker = occurrence->taker;
		if (occurrence->shared)
			find_sharers(finding, occurrence->shared);
		finding->elsewhere = occurrence->elsewhere;
		finding->through = occurrence->through;
		finding->state = occurrence->state;
		finding->family = occurrence->family;
		finding->type = occurrence->type;
		finding->error = occurrence->error ? intern(occurrence->error) : NULL;
		finding->local = occurrence->local ? xstrdup(occurrence->local) : NULL;
		finding->peer = occurrence->peer ? xstrdup(occurrence->peer) : NULL;
	}
	struct finding *finding = &entry->finding;
	finding->count++;
	finding->elsewhere &= occurrence->elsewhere;
	if (occurrence->severity < finding->severity)
		finding->severity = occurrence->severity;
	if (occurrence->amount > finding->amount)
		finding->amount = occurrence->amount;
	numbers_add(&finding->pids, occurrence->process->pid);
	if (occurrence->code == VIOLATION_leaked_to_exec) /* both took part */
		numbers_add(&finding->pids, occurrence->taker->pid);
	for (size_t i = 0; i < occurrence->n_fds; i++)
		numbers_add(&finding->fds, occurrence->fds[i]);
	return finding;
}

static void finding_clear(struct finding *finding)
{
	free(finding->pids.values);
	free(finding->fds.values);
	free(finding->sharers);
	free(finding->local);
	free(finding->peer);
	free(finding->message);
}

void judge_take_back(struct judge *judge, const struct occurrence *occurrence)
{
	/* It was filed by stacks of which some may have become known since. */
	for (unsigned unknown = 0; unknown < 1u << ROLES_TELLING; unknown++) {
		const struct stack_ref *stacks[ROLES_TELLING];
		struct entry *entry;
		for (int role = 0; role < ROLES_TELLING; role++)
			stacks[role] = occurrence->stacks[role];
		struct finding_key key = key_of(occurrence->code, occurrence->cause, stacks);
		for (int role = 0; role < ROLES_TELLING; role++)
			if (unknown & 1u << role)
				key.stacks[role] = stacks[role];
		HASH_FIND(hh, judge->entries, &key, sizeof key, entry);
		if (!entry)
			continue;
		if (--entry->finding.count == 0) {
			HASH_DEL(judge->entries, entry);
			finding_clear(&entry->finding);
			free(entry);
		}
		return;
	}
}

static void finding_merge(struct finding *into, const struct finding *from)
{
	into->count += from->count;
	into->elsewhere &= from->elsewhere;
	if (from->amount > into->amount)
		into->amount = from->amount;
	if (from->severity < into->severity)
		into->severity = from->severity;
	if (!into->stacks[ROLE_OTHER]) {
		into->stacks[ROLE_OTHER] = from->stacks[ROLE_OTHER];
		into->ops[ROLE_OTHER] = from->ops[ROLE_OTHER];
		into->tids[ROLE_OTHER] = from->tids[ROLE_OTHER];
	}
	numbers_add_all(&into->pids, &from->pids);
	numbers_add_all(&into->fds, &from->fds);
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

/* The code that a tagged line is judged under; -1: under none. */
static int code_of(struct judge *judge, const struct moment *moment)
{
	if (moment->event->kind != EVENT_FD || !moment->event->violation)
		return -1;
	int tag = violation_find(moment->event->violation);
	if (tag < 0 || !(rules[tag].tagged || rules[tag].by_tag)) {
		judge->unknown_tag = intern(moment->event->violation);
		judge->unknown_tags++;
		return -1;
	}
	/* It was to be bound, and that it is not has been told. */
	if (tag == VIOLATION_listen_unbound && moment->life && moment->life->told_in_use)
		return -1;
	if (tag == VIOLATION_address_in_use && moment->life)
		moment->life->told_in_use = true;
	if (tag == VIOLATION_double_close || tag == VIOLATION_use_after_close)
		for (int code = 0; code < VIOLATION_COUNT; code++)
			if (rules[code].claims && rules[code].claims(judge, moment))
				return -1;
	return tag;
}

void judge_moment(struct judge *judge, const struct moment *moment)
{
	int tag = code_of(judge, moment);
	for (int code = 0; code < VIOLATION_COUNT; code++) {
		const struct rule *rule = &rules[code];
		if (code == tag && rule->by_tag)
			fire_by_tag(judge, code, moment);
		else if (code == tag)
			rule->tagged(judge, &judge->memory[code], moment);
		else if (rule->moment)
			rule->moment(judge, &judge->memory[code], moment);
		if (rule->fact && moment->life)
			rule->fact(judge, moment);
	}
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
		numbers_settle(&finding->pids);
		numbers_settle(&finding->fds);
		finding->message =
			rules[finding->code].message ? rules[finding->code].message(finding) : message_of(finding);
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
