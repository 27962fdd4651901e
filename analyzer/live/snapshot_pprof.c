/* A census as a profile: open descriptors by stack, with the state of each as a label.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/profile.h"
#include "analyzer/live/snapshot.h"

static const char *const types[] = {"open", "count", "age", "nanoseconds"};

int snapshot_pprof(FILE *out, const struct census *census)
{
	struct profile *profile = profile_new(types, sizeof types / sizeof *types / 2);
	if (census->wall)
		profile_time(profile, census->wall);
	for (size_t i = 0; i < census->n; i++) {
		const struct census_place *place = &census->places[i];
		for (unsigned state = STATE_NONE + 1; state < STATES; state++) {
			const int64_t values[] = {(int64_t)place->states[state], place->ages[state]};
			if (values[0])
				profile_add(profile, place->stack, values, "state", state_name(state));
		}
	}
	return profile_write(out, profile);
}
