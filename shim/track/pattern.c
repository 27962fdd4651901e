/* What lines say again and again: see pattern.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/pattern.h"

struct pattern patterns[PATTERNS];

void pattern_learn(struct pattern_key key, uint64_t other, const char *op, const char *end, size_t most)
{
	enum { STAYS = 8 }; /* lines of other keys, before it gives way */
	static const char sock[] = ",\"sock\":";
#ifdef __SANITIZE_THREAD__ /* which takes a copy that is checked afterwards for a race */
	return;
#endif
	struct pattern *p = pattern_at(key);
	uint64_t turn = __atomic_load_n(&p->turn, __ATOMIC_RELAXED);
	if (__atomic_load_n(&p->key.what, __ATOMIC_RELAXED) &&
	    __atomic_fetch_add(&p->missed, 1, __ATOMIC_RELAXED) % STAYS)
		return;
	const char *tail = op;
	while (tail < end && memcmp(tail, sock, sizeof sock - 1))
		tail++;
	size_t head_len = (size_t)(tail - op) + sizeof sock - 1;
	for (tail = op + head_len; tail < end && (unsigned)(*tail - '0') < 10;)
		tail++;
	if (tail >= end || head_len > HEAD_MOST || (size_t)(end - tail) > most || turn & 1 ||
	    !__atomic_compare_exchange_n(&p->turn, &turn, turn + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&p->key.what, key.what, __ATOMIC_RELAXED);
	__atomic_store_n(&p->key.more, key.more, __ATOMIC_RELAXED);
	__atomic_store_n(&p->other, other, __ATOMIC_RELAXED);
	p->head_len = (uint8_t)head_len;
	p->tail_len = (uint8_t)(end - tail);
	memcpy(p->head, op, head_len);
	memcpy(p->tail, tail, p->tail_len);
	__atomic_store_n(&p->turn, turn + 2, __ATOMIC_RELEASE);
}
