/* The known languages, and those in this program: see lang.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/model/kinds.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"

/* One row per language. */
#define TENANTS TENANT(python) TENANT(java) TENANT(node) TENANT(ruby) TENANT(perl) TENANT(php) TENANT(lua)

#define TENANT(name) extern const struct tenant name##_tenant;
TENANTS
#undef TENANT

#define TENANT(name) &name##_tenant,
static const struct tenant *const tenants[] = {TENANTS};
#undef TENANT

enum { N_TENANTS = sizeof tenants / sizeof *tenants };
_Static_assert(N_TENANTS <= 32, "a bit each");

static uint32_t here, left; /* a bit each */
uint64_t (*lang_ask)(void);
uint32_t (*lang_causes)(void);
const struct tenant_state *lang_state;

/* What a tenant has found out about its interpreter comes before it. */
static bool is_here(unsigned i) { return __atomic_load_n(&here, __ATOMIC_ACQUIRE) & 1u << i; }

static uint64_t key_of_all(void)
{
	uint64_t key = 1;
	bool any = false;
	for (unsigned i = 0; i < N_TENANTS; i++) {
		uint64_t one = is_here(i) ? tenants[i]->key() : 0;
		key = mix(key, one);
		any |= one != 0;
	}
	return any ? key | 1 : 0;
}

/* Retry if another thread changed the list meanwhile. */
static void choose(void)
{
	uint32_t of;
	do {
		uint64_t (*ask)(void) = NULL;
		uint32_t (*causes)(void) = NULL;
		of = __atomic_load_n(&here, __ATOMIC_SEQ_CST);
		for (unsigned i = 0; i < N_TENANTS; i++)
			if (of & 1u << i) {
				ask = ask ? key_of_all : tenants[i]->key;
				causes = causes ? causes : tenants[i]->cause;
			}
		__atomic_store_n(&lang_causes, causes, __ATOMIC_SEQ_CST);
		__atomic_store_n(&lang_ask, ask, __ATOMIC_SEQ_CST);
	} while (of != __atomic_load_n(&here, __ATOMIC_SEQ_CST));
}

void lang_init(void)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (tenants[i]->find()) {
			here |= 1u << i;
			if (tenants[i]->state)
				lang_state = tenants[i]->state;
		}
	choose();
	lang_find_ending();
}

void lang_meet(const struct link_map *object)
{
	for (unsigned i = 0; i < N_TENANTS; i++) {
		bool asked = tenants[i]->meets && !is_here(i) && !(__atomic_load_n(&left, __ATOMIC_RELAXED) & 1u << i);
		if (!asked || !tenants[i]->meets(object))
			continue;
		__atomic_fetch_or(&here, 1u << i, __ATOMIC_RELEASE);
		choose();
	}
}

bool lang_binds_deep(void)
{
	bool deep = false;
	for (unsigned i = 0; i < N_TENANTS; i++)
		deep |= is_here(i) && tenants[i]->binds_deep;
	return deep;
}

void lang_leave(const struct tenant *tenant)
{
	for (unsigned i = 0; i < N_TENANTS; i++) {
		if (tenants[i] != tenant)
			continue;
		__atomic_fetch_or(&left, 1u << i, __ATOMIC_RELAXED);
		__atomic_fetch_and(&here, ~(1u << i), __ATOMIC_RELAXED);
	}
	choose();
}

uint64_t lang_kept_key(void)
{
	uint64_t key = 1;
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i))
			key = mix(key, tenants[i]->kept_key());
	return key;
}

void lang_write(struct jsonl *j, char *room, size_t size)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i))
			tenants[i]->write(j, room, size);
}

void lang_visit(void)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i) && tenants[i]->visit)
			tenants[i]->visit();
}

bool lang_collects(uintptr_t pc)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i) && tenants[i]->collects && tenants[i]->collects(pc))
			return true;
	return false;
}

bool lang_collects_through(const uintptr_t *pc, unsigned n)
{
	for (unsigned i = 0; options.kinds != 1 << KIND_socket && i < N_TENANTS; i++)
		if (is_here(i) && tenants[i]->collects_through && tenants[i]->collects_through(pc, n))
			return true;
	return false;
}

bool lang_abandons(void)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i) && tenants[i]->abandons && tenants[i]->abandons())
			return true;
	return false;
}

bool lang_ends(void)
{
	for (unsigned i = 0; i < N_TENANTS; i++)
		if (is_here(i) && tenants[i]->ends && tenants[i]->ends())
			return true;
	return false;
}
