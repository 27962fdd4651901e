/* Items that have one fingerprint: see twins.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/twins.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

struct print {
	const char *text;
	unsigned n;
	UT_hash_handle hh;
};

void count_twins(struct report *report)
{
	struct print *all = NULL, *print, *next;
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		HASH_FIND_STR(all, item->fingerprint, print);
		if (!print) {
			print = xcalloc(1, sizeof *print);
			print->text = item->fingerprint;
			HASH_ADD_KEYPTR(hh, all, print->text, strlen(print->text), print);
		}
		item->twin = print->n++;
	}
	HASH_ITER (hh, all, print, next) {
		HASH_DEL(all, print);
		free(print);
	}
}
