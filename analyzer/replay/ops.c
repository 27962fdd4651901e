/* The ops of a trace: see ops.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/ops.h"

#include <stddef.h>
#include <string.h>

#include "analyzer/base/word_table.h"

struct op {
	const char *name;
	enum effect effect;
};

static const struct op ops[] = {
#define HOOK(name, family, effect, ...) {#name, OP_##effect},
#define NUMBER(name, family, effect, ...) {#name, OP_##effect},
#define OP(name, effect) {#name, OP_##effect},
#include "shim/model/hooks.def"
};

enum { OPS = sizeof ops / sizeof *ops, TOLD = 8 };

static const char *op_name(unsigned i) { return ops[i].name; }

enum effect effect_of(const char *name)
{
	static struct word_table *names;
	if (!names)
		names = word_table_new(op_name, OPS);
	unsigned op = word_find(names, name, strlen(name));
	return op == WORD_UNKNOWN ? OP_UNKNOWN : ops[op].effect;
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
