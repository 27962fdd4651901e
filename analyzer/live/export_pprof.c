/* Everything that was opened, according to the traces, as a profile.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/export.h"
#include "analyzer/live/profile.h"
#include "analyzer/base/util.h"
#include "analyzer/symbols/symbols.h"

static const char *const types[] = {"opened", "count", "open", "count", "closed", "count"};

int export_pprof(FILE *out, const struct session *session)
{
	struct profile *profile = profile_new(types, sizeof types / sizeof *types / 2);
	const struct traced_process *process = session_processes(session);
	for (; process; process = process->next) {
		char *pid = xasprintf("%lld", (long long)process->pid);
		for (const struct origin *origin = process->origins; origin; origin = origin->hh.next) {
			const struct stack *stack = origin->opened ? origin->opened->stack : NULL;
			uint64_t made = origin->made + origin->summed, open = origin->open < made ? origin->open : made;
			const int64_t values[] = {(int64_t)made, (int64_t)open, (int64_t)(made - open)};
			if (made)
				profile_add(profile, stack ? symbolize(stack) : NULL, values, "pid", pid);
		}
		free(pid);
	}
	return profile_write(out, profile);
}
