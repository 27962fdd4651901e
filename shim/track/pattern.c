/* What lines say again and again: see pattern.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/pattern.h"

struct pattern patterns[PATTERNS];

bool pattern_gives_way(struct pattern_key key)
{
	enum { STAYS = 8 }; /* lines of other keys */
#ifdef __SANITIZE_THREAD__  /* which takes a copy that is checked afterwards for a race */
	return false;
#endif
	struct pattern *p = pattern_at(key);
	return !__atomic_load_n(&p->key.what, __ATOMIC_RELAXED) ||
	       __atomic_fetch_add(&p->missed, 1, __ATOMIC_RELAXED) % STAYS == 0;
}

/* Behind a word of the line; its end if that does not stand there. */
static const char *past(const char *at, const char *end, const char *word, size_t len)
{
	for (; at + len <= end; at++)
		if (!memcmp(at, word, len))
			return at + len;
	return end;
}
#define PAST(at, word) past(at, end, word, sizeof(word) - 1)

static const char *digits_end(const char *at, const char *end)
{
	while (at < end && (unsigned)(*at - '0') < 10)
		at++;
	return at;
}

void pattern_learn(struct pattern_key key, uint64_t other, bool made, const char *op, const char *end, size_t most)
{
	struct pattern *p = pattern_at(key);
	uint64_t turn = __atomic_load_n(&p->turn, __ATOMIC_RELAXED);
	const char *number = PAST(op, "\"fd\":"), *ret = digits_end(PAST(number, ",\"sock\":"), end);
	const char *returned = made ? PAST(ret, "\"ret\":") : ret, *tail = made ? digits_end(returned, end) : ret;
	if (number - op > HEAD_MOST || returned - ret > RET_MOST || (size_t)(end - tail) > most || tail == end ||
	    turn & 1 ||
	    !__atomic_compare_exchange_n(&p->turn, &turn, turn + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&p->key.what, key.what, __ATOMIC_RELAXED);
	__atomic_store_n(&p->key.more, key.more, __ATOMIC_RELAXED);
	__atomic_store_n(&p->other, other, __ATOMIC_RELAXED);
	p->head_len = (uint8_t)(number - op);
	p->ret_len = (uint8_t)(returned - ret);
	p->tail_len = (uint8_t)(end - tail);
	memcpy(p->head, op, p->head_len);
	memcpy(p->ret, ret, p->ret_len);
	memcpy(p->tail, tail, p->tail_len);
	__atomic_store_n(&p->turn, turn + 2, __ATOMIC_RELEASE);
}
