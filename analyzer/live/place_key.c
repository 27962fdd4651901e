/* The keys by which a place is recognized: see place_key.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/place_key.h"

#include "analyzer/base/util.h"

static uint64_t add(uint64_t hash, const char *text)
{
	do {
		hash ^= (unsigned char)*text;
		hash *= 0x100000001b3;
	} while (*text++);
	return hash;
}

static uint64_t add_frame(uint64_t hash, const struct symbol *symbol)
{
	const char *file = symbol->file ? symbol->file : symbol->module ? symbol->module : "";
	char offset[20] = "";
	if (!symbol->function)
		snprintf(offset, sizeof offset, "%llx", (unsigned long long)symbol->offset);
	return add(add(hash, symbol->function ? symbol->function : offset), base_name(file));
}

static bool any_counts(const struct symbols *stack)
{
	for (size_t i = 0; stack && i < stack->n; i++)
		if (stack->list[i].counts)
			return true;
	return false;
}

void place_key(const char *op, const struct symbols *stack, char key[PLACE_KEY_SIZE])
{
	uint64_t hash = add(0xcbf29ce484222325, op ? op : "");
	bool all = !any_counts(stack);
	for (size_t i = 0; stack && i < stack->n; i++)
		if (all || stack->list[i].counts)
			hash = add_frame(hash, &stack->list[i]);
	snprintf(key, PLACE_KEY_SIZE, "%016llx", (unsigned long long)hash);
}

char *place_identity(const char *key, const struct symbols *stack)
{
	size_t i = 0;
	bool all = !any_counts(stack);
	while (stack && i < stack->n && !all && !stack->list[i].counts)
		i++;
	if (!stack || i == stack->n)
		return xstrdup(key);
	return stack->list[i].line > 0 ? xasprintf("%s:%d", key, stack->list[i].line)
				       : xasprintf("%s+%llx", key, (unsigned long long)stack->list[i].offset);
}
