/* From lives to violations: dispatches events to the rules, and adds up what the rules find. Names no code.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/judge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include <utlist.h>

#include "analyzer/base/hash.h"
#include "analyzer/judge/rule.h"
#include "analyzer/judge/sharers.h"
#include "analyzer/judge/words.h"
#include "analyzer/base/util.h"

/* Findings are equal if these are; stacks are unique by content, so pointers suffice. By kind: one `open` makes files and folders. Without
 * padding, since its bytes are hashed. */
struct finding_key {
	int code, cause, kind, none;
	const void *stacks[ROLES_TELLING];
};

struct judged {
	struct finding finding;
	struct finding_key key;
	UT_hash_handle hh;
};

struct judge {
	struct judged *entries;
	struct finding **sorted;
	size_t n;
	struct limits limits;
	void *memory[VIOLATIONS];
	bool ended; /* all traces have been read */
	const char *unknown_tag;
	uint64_t unknown_tags;
};

/* What a line without a tag is told to, in order of the rules. */
static struct hearer {
	void (*moment)(struct judge *judge, void **memory, const struct moment *moment);
	void (*fact)(struct judge *judge, const struct moment *moment); /* where moment is NULL */
	int code;
} hearers[2 * VIOLATIONS];
static size_t n_hearers;

static void list_hearers(void)
{
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++) {
		if (rules[code]->moment)
			hearers[n_hearers++] = (struct hearer){rules[code]->moment, NULL, code};
		if (rules[code]->fact)
			hearers[n_hearers++] = (struct hearer){NULL, rules[code]->fact, code};
	}
}

struct judge *judge_new(const struct limits *limits)
{
	struct judge *judge = xcalloc(1, sizeof *judge);
	judge->limits = limits ? *limits : default_limits();
	if (!judge->limits.kinds)
		judge->limits.kinds = 1 << KIND_socket;
	if (!n_hearers)
		list_hearers();
	return judge;
}

const struct limits *judge_limits(const struct judge *judge) { return &judge->limits; }

int64_t judge_limit(const struct judge *judge, enum violation code) { return judge->limits.ns[code]; }

static struct finding_key key_of(int code, int cause, int kind, const struct stack_ref *const stacks[])
{
	struct finding_key key = {.code = code, .cause = cause, .kind = kind};
	for (int role = 0; role < ROLES_TELLING; role++)
		if (stacks[role])
			key.stacks[role] = stacks[role]->stack ? (const void *)stacks[role]->stack : stacks[role];
	return key;
}

static void add_site(struct finding *finding, const struct origin *origin, const struct traced_process *process)
{
	struct loss_site *site;
	HASH_FIND_PTR(finding->sites, &origin, site);
	if (site)
		return;
	site = xcalloc(1, sizeof *site);
	site->origin = origin;
	site->process = process;
	HASH_ADD_PTR(finding->sites, origin, site);
}

static void add_recurrence(struct finding *finding, const struct recurrence *more)
{
	struct recurrence *there;
	HASH_FIND_PTR(finding->recurrences, &more->process, there);
	if (!there) {
		there = xcalloc(1, sizeof *there);
		*there = *more;
		HASH_ADD_PTR(finding->recurrences, process, there);
		return;
	}
	there->n += more->n;
	there->first = more->first < there->first ? more->first : there->first;
	there->last = more->last > there->last ? more->last : there->last;
}

/* The times of the first and last are left unchanged. */
static void drop_recurrence(struct finding *finding, const struct traced_process *process)
{
	struct recurrence *there;
	HASH_FIND_PTR(finding->recurrences, &process, there);
	if (!there || --there->n > 0)
		return;
	HASH_DEL(finding->recurrences, there);
	free(there);
}

static void drop_sites(struct finding *finding)
{
	struct recurrence *recurrence, *next_one;
	HASH_ITER (hh, finding->recurrences, recurrence, next_one) {
		HASH_DEL(finding->recurrences, recurrence);
		free(recurrence);
	}
	struct loss_site *site, *next;
	HASH_ITER (hh, finding->sites, site, next) {
		HASH_DEL(finding->sites, site);
		free(site);
	}
}

/* If the same place accepts from several listeners, the finding has no listener. */
static void compare_listeners(struct finding *finding, const struct stack_ref *listener)
{
	const struct stack_ref *known = finding->stacks[ROLE_OTHER];
	if (!rules[finding->code]->tells_listener || !known || (listener && known->stack == listener->stack))
		return;
	finding->stacks[ROLE_OTHER] = NULL;
	finding->ops[ROLE_OTHER] = NULL;
}

static void add_numbers(struct finding *finding, const struct occurrence *occurrence)
{
	int_set_add(&finding->pids, occurrence->process->pid);
	text_set_add(&finding->hosts, occurrence->process->host);
	for (size_t i = 0; i < occurrence->n_fds; i++)
		int_set_add(&finding->fds, occurrence->fds[i]);
}

/* One more occurrence: what is told is true of all of them, but that any was killed. */
static void agree(struct finding *finding, const struct occurrence *occurrence)
{
	finding->elsewhere &= occurrence->elsewhere;
	finding->signalled &= process_signalled(occurrence->process);
	finding->killed |= occurrence->killed;
	finding->collected &= occurrence->collected;
	if (occurrence->earlier)
		finding->earlier = occurrence->earlier;
	if (finding->within != occurrence->within)
		finding->within = CAUSE_none;
}

struct finding *judge_fire(struct judge *judge, const struct occurrence *occurrence)
{
	struct judged *entry;
	const struct stack_ref *stacks[ROLE_COUNT];
	const struct socket_life *lost = occurrence->lost;
	if (!(judge->limits.kinds & (1ll << occurrence->kind | 1ll << occurrence->former)))
		return NULL;
	memcpy(stacks, occurrence->stacks, sizeof stacks);
	if (rules[occurrence->code]->tells_listener)
		stacks[ROLE_OTHER] = occurrence->listener;
	struct finding_key key = key_of(occurrence->code, occurrence->cause, occurrence->kind, stacks);
	HASH_FIND(hh, judge->entries, &key, sizeof key, entry);
	if (!entry) {
		entry = xcalloc(1, sizeof *entry);
		entry->key = key;
		HASH_ADD(hh, judge->entries, key, sizeof key, entry);
		struct finding *finding = &entry->finding;
		finding->code = occurrence->code;
		finding->severity = occurrence->severity;
		finding->cause = occurrence->cause;
		finding->within = occurrence->within;
		finding->collected = occurrence->collected;
		for (int role = 0; role < ROLE_COUNT; role++) {
			finding->stacks[role] = stacks[role];
			finding->ops[role] = occurrence->ops[role] ? intern(occurrence->ops[role]) : NULL;
			finding->tids[role] = occurrence->tids[role];
		}
		if (rules[occurrence->code]->tells_listener)
			finding->ops[ROLE_OTHER] = occurrence->listener_op;
		finding->t = occurrence->t;
		finding->process = occurrence->process;
		finding->giver = occurrence->giver;
		finding->taker = occurrence->taker;
		if (occurrence->shared)
			find_sharers(finding, occurrence->shared, judge->ended);
		finding->elsewhere = occurrence->elsewhere;
		finding->signalled = true;
		finding->through = occurrence->through;
		finding->kind = occurrence->kind;
		finding->former = occurrence->former;
		finding->state = occurrence->state;
		finding->story = occurrence->story;
		finding->registered = occurrence->registered;
		finding->opener = occurrence->opener;
		finding->family = occurrence->family;
		finding->type = occurrence->type;
		finding->error = occurrence->error ? intern(occurrence->error) : NULL;
		finding->local = occurrence->local ? xstrdup(occurrence->local) : NULL;
		finding->peer = occurrence->peer ? xstrdup(occurrence->peer) : NULL;
	}
	struct finding *finding = &entry->finding;
	compare_listeners(finding, stacks[ROLE_OTHER]);
	finding->count++;
	finding->known_t = MAX(finding->known_t, MAX(occurrence->t, occurrence->process->t_last));
	agree(finding, occurrence);
	if (rules[occurrence->code]->adds_up)
		add_recurrence(finding, &(struct recurrence){.process = occurrence->process,
							     .n = 1,
							     .first = occurrence->t,
							     .last = occurrence->t});
	if (lost && lost->origin) {
		add_site(finding, lost->origin, occurrence->process);
		origin_lost(lost->origin, lost->opened_t, lost->second, occurrence->lost_closed);
	}
	if (occurrence->severity < finding->severity)
		finding->severity = occurrence->severity;
	if (occurrence->amount > finding->amount)
		finding->amount = occurrence->amount;
	add_numbers(finding, occurrence);
	return finding;
}

void judge_fire_open(struct judge *judge, struct occurrence *occurrence, const struct socket_life *life)
{
	int64_t *fds = xcalloc(life->open, sizeof *fds);
	size_t n = 0;
	const struct descriptor *descriptor;
	DL_FOREACH (life->descriptors, descriptor)
		fds[n++] = descriptor->fd;
	occurrence->fds = fds, occurrence->n_fds = n;
	judge_fire(judge, occurrence);
	free(fds);
}

void by_tag(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	(void)memory;
	judge_fire(judge, &occurrence);
}

static void finding_clear(struct finding *finding)
{
	free(finding->pids.values);
	free(finding->hosts.list);
	free(finding->fds.values);
	free(finding->sharers);
	drop_sites(finding);
	free(finding->local);
	free(finding->peer);
	free(finding->message);
}

void judge_take_back(struct judge *judge, const struct occurrence *occurrence)
{
	/* It was filed by stacks, some of which may have become known since, and perhaps by the kind that the number had before. */
	const struct stack_ref *const *stacks = (const struct stack_ref *const *)occurrence->stacks;
	for (unsigned way = 0; way < 2u << ROLES_TELLING; way++) {
		struct judged *entry;
		int kind = (int)(way >> ROLES_TELLING ? occurrence->former : occurrence->kind);
		struct finding_key key = key_of(occurrence->code, occurrence->cause, kind, stacks);
		for (int role = 0; role < ROLES_TELLING; role++)
			if (way & 1u << role)
				key.stacks[role] = stacks[role];
		HASH_FIND(hh, judge->entries, &key, sizeof key, entry);
		if (!entry)
			continue;
		drop_recurrence(&entry->finding, occurrence->process);
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
	into->known_t = MAX(into->known_t, from->known_t);
	into->at_least |= from->at_least;
	into->elsewhere &= from->elsewhere;
	into->signalled &= from->signalled;
	into->reuse |= from->reuse;
	into->killed |= from->killed;
	into->collected &= from->collected;
	into->earlier = into->earlier ? into->earlier : from->earlier;
	if (into->within != from->within)
		into->within = CAUSE_none;
	for (const struct loss_site *site = from->sites; site; site = site->hh.next)
		add_site(into, site->origin, site->process);
	for (const struct recurrence *one = from->recurrences; one; one = one->hh.next)
		add_recurrence(into, one);
	into->amount = MAX(into->amount, from->amount);
	into->severity = MIN(into->severity, from->severity);
	bool listener = rules[into->code]->tells_listener;
	if ((!into->stacks[ROLE_OTHER] || listener) && !into->taker) {
		into->giver = from->giver;
		into->taker = from->taker;
	}
	if (!into->stacks[ROLE_OTHER] && !listener) {
		into->stacks[ROLE_OTHER] = from->stacks[ROLE_OTHER];
		into->ops[ROLE_OTHER] = from->ops[ROLE_OTHER];
		into->tids[ROLE_OTHER] = from->tids[ROLE_OTHER];
	}
	int_set_add_all(&into->pids, &from->pids);
	text_set_add_all(&into->hosts, &from->hosts);
	int_set_add_all(&into->fds, &from->fds);
}

/* A stack whose line came after its first use was identified by its id only; now use its content. */
static void unite(struct judge *judge)
{
	struct judged *entry, *next, *found, *united = NULL;
	HASH_ITER (hh, judge->entries, entry, next) {
		HASH_DEL(judge->entries, entry);
		const struct finding *it = &entry->finding;
		entry->key = key_of(it->code, it->cause, it->kind, it->stacks);
		HASH_FIND(hh, united, &entry->key, sizeof entry->key, found);
		if (!found) {
			HASH_ADD(hh, united, key, sizeof entry->key, entry);
			continue;
		}
		compare_listeners(&found->finding, entry->finding.stacks[ROLE_OTHER]);
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

/* The code under which a tagged line is judged; VIOLATION_none: none. */
static enum violation code_of(struct judge *judge, const struct moment *moment)
{
	enum violation tag = moment->tag;
	if (moment->event->kind != EVENT_FD || !moment->event->violation)
		return VIOLATION_none;
	if (!tag || !rules[tag]->tagged) {
		judge->unknown_tag = intern(moment->event->violation);
		judge->unknown_tags++;
		return VIOLATION_none;
	}
	if (rules[tag]->excused && rules[tag]->excused(moment))
		return VIOLATION_none;
	if (violations[tag].hit == HIT_CLOSED)
		for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++)
			if (rules[code]->claims && rules[code]->claims(judge, moment))
				return VIOLATION_none;
	return tag;
}

static void tell_all(struct judge *judge, enum violation tag, const struct moment *moment)
{
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++) {
		const struct rule *rule = rules[code];
		if (code == (int)tag)
			rule->tagged(judge, &judge->memory[code], moment);
		else if (rule->moment)
			rule->moment(judge, &judge->memory[code], moment);
		if (rule->fact && moment->life)
			rule->fact(judge, moment);
	}
}

void judge_moment(struct judge *judge, const struct moment *moment)
{
	enum violation tag = moment->event->violation ? code_of(judge, moment) : VIOLATION_none;
	if (tag != VIOLATION_none) {
		tell_all(judge, tag, moment);
		return;
	}
	for (const struct hearer *one = hearers; one < hearers + n_hearers; one++)
		if (one->moment)
			one->moment(judge, &judge->memory[one->code], moment);
		else if (moment->life)
			one->fact(judge, moment);
}

static char *message_of(const struct finding *finding)
{
	const struct rule *rule = rules[finding->code];
	char *text = rule->message ? rule->message(finding) : xstrdup(violations[finding->code].meaning);
	return finding->registered.count ? registered_words(finding, text) : text;
}

void judge_settle(struct finding *finding)
{
	const struct rule *rule = rules[finding->code];
	int_set_settle(&finding->pids);
	int_set_settle(&finding->fds);
	free(finding->message);
	finding->message = message_of(finding);
	finding->help = rule->help ? rule->help(finding) : NULL;
	if (!finding->help)
		finding->help = violations[finding->code].help;
}

bool judge_failure_tells(enum violation code) { return !rules[code]->fails_anyway; }

void judge_unite(struct finding *into, const struct finding *from) { finding_merge(into, from); }

void judge_advise(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT],
		  const struct symbol *const steps[STORY_STEPS])
{
	const struct rule *rule = rules[finding->code];
	struct places places = {.steps = steps};
	for (int role = 0; role < ROLE_COUNT; role++)
		places.roles[role] = stacks[role] ? symbols_location(stacks[role]) : NULL;
	char *text = rule->advice ? rule->advice(finding, &places) : NULL;
	if (text) {
		finding->help = intern(text);
	} else if (finding->help == violations[finding->code].help) {
		const enum role *by_weight = roles_by_weight(finding);
		const struct symbol *place = NULL;
		for (int i = 0; i < ROLE_COUNT && !place; i++)
			place = places.roles[by_weight[i]];
		if (place && violations[finding->code].help_in[place->lang])
			finding->help = violations[finding->code].help_in[place->lang];
	}
	free(text);
}

void judge_finish(struct judge *judge, const struct replay *replay)
{
	judge->ended = true;
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++) {
		const struct rule *rule = rules[code];
		if (rule->process)
			for (struct traced_process *process = replay_processes(replay); process;
			     process = process->next)
				rule->process(judge, process);
		for (struct cookie *cookie = NULL; rule->shared && (cookie = replay_shared(replay, cookie));)
			rule->shared(judge, &judge->memory[code], cookie);
		if (rule->finish)
			rule->finish(judge, &judge->memory[code]);
	}
	unite(judge);
	judge->sorted = xcalloc(HASH_COUNT(judge->entries), sizeof *judge->sorted);
	struct judged *entry, *next;
	HASH_ITER (hh, judge->entries, entry, next) {
		judge_settle(&entry->finding);
		judge->sorted[judge->n++] = &entry->finding;
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
	struct judged *entry, *next;
	HASH_ITER (hh, judge->entries, entry, next) {
		HASH_DEL(judge->entries, entry);
		finding_clear(&entry->finding);
		free(entry);
	}
	free(judge->sorted);
	free(judge);
}
