/* Groups items that are one misuse: see group.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/group.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/judge/judge.h"
#include "analyzer/report/merge_keys.h"

struct group {
	char *key;
	struct finding *first;
	bool grown; /* others were merged into it */
	UT_hash_handle hh;
};

static bool has_own(const struct symbols *stack)
{
	for (size_t i = 0; i < stack->n; i++)
		if (stack->list[i].own)
			return true;
	return false;
}

/* Whether each stack that identifies it has a frame that can. */
static bool can_be_grouped(const struct report_item *item)
{
	bool any = false;
	for (int role = 0; role < ROLES_TELLING; role++) {
		if (!item->stacks[role])
			continue;
		if (!has_own(item->stacks[role]))
			return false;
		any = true;
	}
	return any;
}

size_t group_items(struct report_item *items, size_t n)
{
	struct group *groups = NULL, *group, *next;
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		char *key = can_be_grouped(&items[i]) ? item_key(&items[i]) : NULL;
		group = NULL;
		if (key)
			HASH_FIND_STR(groups, key, group);
		if (group) {
			judge_unite(group->first, items[i].finding);
			group->grown = true;
			free(key);
			continue;
		}
		if (key) {
			group = xcalloc(1, sizeof *group);
			group->key = key;
			group->first = items[i].finding;
			HASH_ADD_KEYPTR(hh, groups, group->key, strlen(group->key), group);
		}
		items[kept++] = items[i];
	}
	HASH_ITER (hh, groups, group, next) {
		HASH_DEL(groups, group);
		if (group->grown)
			judge_settle(group->first);
		free(group->key);
		free(group);
	}
	return kept;
}
