/* Unsupported machines: see machine.h. No call is made, since machine_code says so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/attach/machine.h"

#ifndef __x86_64__

const struct machine_code machine_code;

bool machine_save(struct machine *m, pid_t tid) { return m && tid < 0; }
long machine_call(const struct machine *m) { return m ? -1 : 0; }
uint64_t machine_argument(const struct machine *m, int n) { return m && n < 0; }
uint64_t machine_pc(const struct machine *m) { return !m; }
uint64_t machine_sp(const struct machine *m) { return !m; }
uint64_t machine_thread(const struct machine *m) { return !m; }
void machine_rewind(struct machine *m) { m->unused = 0; }
bool machine_is_interrupted(const struct machine *m) { return !m; }
uint64_t machine_frame(const struct machine *m, char *image, uint64_t at, const struct machine_places *places,
		       uint64_t mask, int signal, uint64_t *raising, uint64_t *mark)
{
	*raising = *mark = 0;
	return m && image && places && !at && !mask && signal;
}
bool machine_go(const struct machine *m, pid_t tid, uint64_t sp, uint64_t function, uint64_t a, uint64_t b)
{
	return m && tid < 0 && sp && function && a && b;
}
bool machine_returned(pid_t tid, uint64_t call, uint64_t sp, uint64_t *result)
{
	return tid < 0 && call && sp && result;
}
bool machine_skip(pid_t tid) { return tid < 0; }
bool machine_restore(const struct machine *m, pid_t tid) { return m && tid < 0; }

#endif
