/* Places that seem to leak: see suspect.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/suspect.h"

#include <string.h>

#include "analyzer/base/proc.h"
#include "analyzer/base/tcp_idle.h"

/* A descriptor is old if it was opened before the last OLD windows. There must be at least this many old ones, and all but this fraction
 * must be idle. */
enum { OLD = 2, FEWEST = 3, PART_IN_USE = 10 };

/* Whether the program cannot use it any more, whatever it has not read yet. */
static bool is_over(const struct socket_life *life)
{
	return life->t_gone || life->connect_failed || life->bind_failed;
}

/* Whether no byte can come or go, since it has no peer. */
static bool is_unconnected(const struct socket_life *life)
{
	return life->kind == KIND_socket && life->type && strcmp(life->type, "SOCK_STREAM") == 0 && !life->connected &&
	       (life->state == STATE_CLOSED || life->state == STATE_BOUND);
}

/* The pid here; 0: it cannot be seen. */
static pid_t number_here(const struct traced_process *process)
{
	return process->pidns < 0 ? (pid_t)process->pid
				  : proc_here(process->pidns, (pid_t)process->pid, (unsigned long long)process->start);
}

static bool is_idle(struct suspecting *suspecting, const struct socket_life *life)
{
	int64_t since = suspecting->now - OLD * suspecting->window;
	if (life->t_seen > since || life->state == STATE_LISTENING)
		return false;
	if (is_unconnected(life))
		return true;
	if (life->kind == KIND_socket && life->descriptors) {
		if (!suspecting->looked)
			tcp_idle_look();
		suspecting->looked = true;
		int64_t idle = tcp_idle(number_here(life->process), life->descriptors->fd);
		if (idle >= 0)
			return idle >= suspecting->now - since;
	}
	return is_over(life);
}

static bool is_old(const struct suspecting *suspecting, const struct socket_life *life)
{
	return life->open && life->made && !life->intended && !life->recalled &&
	       life->t <= suspecting->now - OLD * suspecting->window;
}

bool suspect_life(struct suspecting *suspecting, const struct socket_life *life)
{
	return is_old(suspecting, life) && is_idle(suspecting, life);
}

bool suspect_place(struct suspecting *suspecting, const struct traced_process *process, const struct origin *origin)
{
	uint64_t old = 0, idle = 0, over = 0;
	if (process->end != END_RUNNING || process->t_lost || !origin->trend || origin->open < FEWEST)
		return false;
	unsigned grew = trend_grew(origin->trend, suspecting->now - process->t_first, suspecting->window);
	if (grew < SUSPECT_WINDOWS)
		return false;
	for (const struct socket_life *life = process->lives; life; life = life->hh.next) {
		if (life->origin != origin || !is_old(suspecting, life))
			continue;
		bool is = is_idle(suspecting, life);
		old++;
		idle += is;
		over += is && is_over(life);
	}
	if (idle < FEWEST || (old - idle) * PART_IN_USE > old)
		return false;
	if (origin->closed && origin->lived < (double)origin->closed * OLD * (double)suspecting->window)
		return true;
	return over == idle || (!origin->closed && idle == old && grew >= SUSPECT_LONG);
}
