/* Places that seem to leak: see suspects.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/judge/suspect.h"
#include "analyzer/live/place_key.h"
#include "analyzer/symbols/symbols.h"

const struct suspected *suspects_has(const struct suspects *suspects, const char *identity)
{
	for (size_t i = 0; i < suspects->n; i++)
		if (strcmp(suspects->list[i].identity, identity) == 0)
			return &suspects->list[i];
	return NULL;
}

/* Counts one more for the place that opened it. */
static void add(struct suspects *suspects, const struct socket_life *life)
{
	const struct symbols *stack = life->opened && life->opened->stack ? symbolize(life->opened->stack) : NULL;
	char key[PLACE_KEY_SIZE];
	place_key(life->opened_op, stack, key);
	char *identity = place_identity(key, stack);
	struct suspected *known = (struct suspected *)suspects_has(suspects, identity);
	if (known) {
		free(identity);
	} else {
		GROW(suspects->list, suspects->n, suspects->cap);
		known = &suspects->list[suspects->n++];
		*known = (struct suspected){.identity = identity};
	}
	known->idle++;
}

void suspects_find(struct suspects *suspects, const struct traced_process *processes, int64_t window)
{
	struct suspecting suspecting = {.now = monotonic_now(), .window = window};
	*suspects = (struct suspects){0};
	for (const struct traced_process *process = processes; process; process = process->next)
		for (const struct origin *origin = process->origins; origin; origin = origin->hh.next) {
			if (!suspect_place(&suspecting, process, origin))
				continue;
			for (const struct socket_life *life = process->lives; life; life = life->hh.next)
				if (life->origin == origin && suspect_life(&suspecting, life))
					add(suspects, life);
		}
}

void suspects_free(struct suspects *suspects)
{
	for (size_t i = 0; i < suspects->n; i++)
		free(suspects->list[i].identity);
	free(suspects->list);
	*suspects = (struct suspects){0};
}
