/* Violations of one descriptor: see companions.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/companions.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/report/overview.h"

struct descriptor_told {
	struct {
		int64_t t, pid, tid, fd;
	} key; /* the call that opened it, and its descriptor */
	struct report_item *last;
	UT_hash_handle hh;
};

static bool is_of_one(const struct finding *finding)
{
	return finding->count == 1 && finding->fds.n == 1 && finding->story.n > 0;
}

void find_companions(struct report *report)
{
	struct descriptor_told *all = NULL, *told, *next;
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		const struct finding *finding = item->finding;
		item->also = NULL;
		item->is_also = false;
		if (!item_is_shown(item) || !is_of_one(finding))
			continue;
		const struct story_step *opened = &finding->story.steps[0];
		struct descriptor_told key;
		memset(&key, 0, sizeof key);
		key.key.t = opened->t;
		key.key.pid = opened->pid;
		key.key.tid = opened->tid;
		key.key.fd = finding->fds.values[0];
		HASH_FIND(hh, all, &key.key, sizeof key.key, told);
		if (told) {
			told->last->also = item;
			item->is_also = true;
		} else {
			told = xcalloc(1, sizeof *told);
			told->key = key.key;
			HASH_ADD(hh, all, key, sizeof told->key, told);
		}
		told->last = item;
	}
	HASH_ITER (hh, all, told, next) {
		HASH_DEL(all, told);
		free(told);
	}
}
