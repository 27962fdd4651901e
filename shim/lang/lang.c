/* The languages that are known, and those that are here: see lang.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/state/mix.h"

/* A row a language. */
#define TENANTS TENANT(python)

#define TENANT(name) extern const struct tenant name##_tenant;
TENANTS
#undef TENANT

#define TENANT(name) &name##_tenant,
static const struct tenant *const tenants[] = {TENANTS};
#undef TENANT

enum { N_TENANTS = sizeof tenants / sizeof *tenants };
_Static_assert(N_TENANTS <= 32, "a bit each");

uint32_t lang_here;

void lang_init(void)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (tenants[i]->find())
			lang_here |= 1u << i;
}

void lang_leave(const struct tenant *tenant)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (tenants[i] == tenant)
			__atomic_fetch_and(&lang_here, ~(1u << i), __ATOMIC_RELAXED);
}

static inline bool is_here(unsigned i) { return __atomic_load_n(&lang_here, __ATOMIC_RELAXED) & 1u << i; }

uint64_t lang_ask_key(void)
{
	uint64_t key = 0;
	for (unsigned i = 0; i < N_TENANTS; i++) {
		uint64_t one = is_here(i) ? tenants[i]->key() : 0;
		key = key ? mix(key, one) | 1 : one;
	}
	return key;
}

void lang_write(struct jsonl *j, char *room, size_t size)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i))
			tenants[i]->write(j, room, size);
}

bool lang_collects(uintptr_t pc)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i) && tenants[i]->collects(pc))
			return true;
	return false;
}
