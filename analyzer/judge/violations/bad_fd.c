/* bad-fd: a socket call on a number that was never a descriptor. The shim tags it.
 *
 * A program that queries several such numbers from one place is looking for open descriptors: that is no misuse, and neither is the
 * use-after-close for numbers that were closed before. A negative number does not count as a probe.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

enum { SEVERAL = 3 };

/* Queries counted as misuse, with equal code and stacks: what is needed to take them back. */
struct query {
	struct occurrence occurrence;
	uint64_t count;
	struct query *next;
};

/* The queries from one place. */
struct asking {
	struct {
		const struct traced_process *process;
		const struct stack_ref *stack;
	} key;
	int64_t numbers[SEVERAL]; /* distinct numbers that never were descriptors */
	int n;
	struct query *queries;
	UT_hash_handle hh;
};

static char *message(const struct finding *finding)
{
	if (finding->fds.n == 1)
		return xasprintf("%s on %lld, which was never a descriptor", op_of(finding),
				 (long long)finding->fds.values[0]);
	return xasprintf("%s on numbers that were never descriptors", op_of(finding));
}

static bool asks(const struct trace_event *event)
{
	static const char *const queries[] = {"getsockopt", "getsockname", "getpeername", "fcntl", "fcntl64", "ioctl"};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		if (strcmp(event->op, queries[i]) == 0)
			return event->fd >= 0;
	return false;
}

static struct asking *asking_of(void **memory, const struct moment *moment)
{
	struct asking *all = *memory, *asking, key;
	memset(&key, 0, sizeof key);
	key.key.process = moment->process;
	key.key.stack = moment->stack;
	HASH_FIND(hh, all, &key.key, sizeof key.key, asking);
	if (asking)
		return asking;
	asking = xcalloc(1, sizeof *asking);
	asking->key = key.key;
	HASH_ADD(hh, all, key, sizeof asking->key, asking);
	*memory = all;
	return asking;
}

static void number_met(struct asking *asking, int64_t fd)
{
	for (int i = 0; i < asking->n; i++)
		if (asking->numbers[i] == fd)
			return;
	if (asking->n < SEVERAL)
		asking->numbers[asking->n++] = fd;
}

static void keep(struct asking *asking, const struct occurrence *occurrence)
{
	struct query *query;
	LL_FOREACH (asking->queries, query)
		if (query->occurrence.code == occurrence->code && query->occurrence.kind == occurrence->kind &&
		    memcmp(query->occurrence.stacks, occurrence->stacks, sizeof occurrence->stacks) == 0)
			break;
	if (!query) {
		query = xcalloc(1, sizeof *query);
		query->occurrence.code = occurrence->code;
		query->occurrence.kind = query->occurrence.former = occurrence->kind;
		memcpy(query->occurrence.stacks, occurrence->stacks, sizeof occurrence->stacks);
		LL_PREPEND(asking->queries, query);
	}
	query->count++;
}

static void drop(struct judge *judge, struct asking *asking, bool back)
{
	struct query *query, *next;
	LL_FOREACH_SAFE (asking->queries, query, next) {
		for (; back && query->count > 0; query->count--)
			judge_take_back(judge, &query->occurrence);
		free(query);
	}
	asking->queries = NULL;
}

/* A query that was already counted, under either code. */
static void told(struct judge *judge, void **memory, const struct moment *moment)
{
	struct asking *asking = asking_of(memory, moment);
	struct occurrence occurrence = occurrence_of_tag(moment);
	if (moment->tag == VIOLATION_bad_fd)
		number_met(asking, moment->event->fd);
	keep(asking, &occurrence);
	if (asking->n == SEVERAL)
		drop(judge, asking, true);
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	by_tag(judge, memory, moment);
	if (asks(moment->event))
		told(judge, memory, moment);
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	if (moment->tag == VIOLATION_use_after_close && asks(moment->event))
		told(judge, memory, moment);
}

static void finish(struct judge *judge, void **memory)
{
	struct asking *all = *memory, *asking, *next;
	HASH_ITER (hh, all, asking, next) {
		drop(judge, asking, false);
		HASH_DEL(all, asking);
		free(asking);
	}
	*memory = NULL;
}

const struct rule bad_fd_rule = {
	.message = message,
	.tagged = tagged,
	.moment = any,
	.finish = finish,
};
