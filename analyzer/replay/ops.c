/* The ops of a trace: see ops.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/ops.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct op {
	const char *name;
	enum effect effect;
};

/* Sorted on first use. */
static struct op ops[] = {
#define HOOK(name, family, effect, ...) {#name, OP_##effect},
#define NUMBER(name, family, effect, ...) {#name, OP_##effect},
#define OP(name, effect) {#name, OP_##effect},
#include "shim/model/hooks.def"
};

enum { OPS = sizeof ops / sizeof *ops, TOLD = 8 };

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct op *)a)->name, ((const struct op *)b)->name);
}

enum effect effect_of(const char *name)
{
	static bool sorted;
	if (!sorted)
		qsort(ops, OPS, sizeof *ops, compare_names);
	sorted = true;
	const struct op key = {.name = name}, *op = bsearch(&key, ops, OPS, sizeof *ops, compare_names);
	return op ? op->effect : OP_UNKNOWN;
}

bool op_is_news(const char *name)
{
	static char told[TOLD][41];
	static size_t n;
	if (n == TOLD || effect_of(name) != OP_UNKNOWN)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strncmp(told[i], name, sizeof *told - 1) == 0)
			return false;
	strncpy(told[n++], name, sizeof *told - 1);
	return true;
}
