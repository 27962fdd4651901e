/* The processes of all traces: see processes.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/replay/fault_notes.h"
#include "analyzer/replay/processes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/replay/descriptors.h"
#include "analyzer/replay/exec_sites.h"
#include "analyzer/replay/heirs.h"
#include "analyzer/replay/stack_refs.h"
#include "analyzer/base/util.h"

/* The process that lines of a file with this pid belong to now. */
struct file_process {
	struct {
		int64_t pid;
		int64_t file;
	} key;
	struct traced_process *process;
	UT_hash_handle hh;
};

struct processes {
	struct traced_process *first, *last;
	struct file_process *by_file, *last_place; /* last_place: that was asked for */
	/* The latest of each pid: another with the same pid is of another namespace, boot or machine. */
	struct traced_process *by_pid;
	struct cookies *cookies;
};

struct processes *processes_new(struct cookies *cookies)
{
	struct processes *processes = xcalloc(1, sizeof *processes);
	processes->cookies = cookies;
	return processes;
}

struct traced_process *processes_first(const struct processes *processes) { return processes->first; }

static struct traced_process *process_alloc(int64_t pid)
{
	struct traced_process *process = xcalloc(1, sizeof *process);
	process->pid = pid;
	process->ppid = -1;
	process->pidns = -1;
	process->start = -1;
	process->status = -1;
	return process;
}

static struct file_process *place_of(struct processes *processes, const struct trace_event *event)
{
	struct file_process *place = processes->last_place, key;
	if (place && place->key.pid == event->pid && place->key.file == event->file)
		return place;
	memset(&key, 0, sizeof key);
	key.key.pid = event->pid;
	key.key.file = event->file;
	HASH_FIND(hh, processes->by_file, &key.key, sizeof key.key, place);
	if (!place) {
		place = xcalloc(1, sizeof *place);
		place->key = key.key;
		HASH_ADD(hh, processes->by_file, key, sizeof place->key, place);
	}
	return processes->last_place = place;
}

struct traced_process *processes_find(struct processes *processes, const struct trace_event *event)
{
	return place_of(processes, event)->process;
}

struct traced_process *processes_add(struct processes *processes, const struct trace_event *event)
{
	struct traced_process *process = process_alloc(event->pid);
	process->file = event->file;
	process->t_first = event->t;
	if (processes->last)
		processes->last->next = process;
	else
		processes->first = process;
	processes->last = process;
	place_of(processes, event)->process = process;
	return process;
}

/* The process that forked or spawned this one, if its trace is here. */
static struct traced_process *find_parent(const struct processes *processes, const struct traced_process *process)
{
	struct traced_process *parent, key = {.identity = process->identity};
	key.identity.pid = process->ppid;
	HASH_FIND(by_pid, processes->by_pid, &key.identity, sizeof key.identity, parent);
	return parent != process ? parent : NULL;
}

static void copy_argv(struct traced_process *process, const char *const *argv, size_t n)
{
	process->argv = xcalloc(n + 1, sizeof *process->argv);
	process->n_argv = n;
	for (size_t i = 0; i < n; i++)
		process->argv[i] = xstrdup(argv[i]);
}

void processes_announce(struct processes *processes, const struct trace_event *event)
{
	struct traced_process *process = processes_find(processes, event), *before = NULL, *former;
	if (process && !process->announced && !process->exited) {
		/* A line came before the one that announces its process. */
	} else {
		if (process) {
			bool same = process->start == event->start && !process->exited && !process->detached &&
				    event->how == HOW_exec;
			process->replaced = same;
			before = same ? process : NULL;
		}
		process = processes_add(processes, event);
		if (before) {
			heirs_carry(processes->cookies, before, process);
			descriptors_shrink(processes->cookies, before);
		}
	}
	process->announced = true;
	process->ppid = event->ppid;
	process->start = event->start;
	process->writing = event->writing == 1;
	process->closing = event->closing;
	process->exe = event->exe ? intern(event->exe) : NULL;
	process->how = how_name(event->how);
	process->boot = event->boot ? intern(event->boot) : NULL;
	process->host = event->host ? intern(event->host) : NULL;
	process->pidns = event->pidns;
	process->nofile = event->nofile;
	process->identity.pid = process->pid;
	process->identity.pidns = process->pidns;
	process->identity.boot = process->boot;
	process->identity.host = process->host;
	process->parent = find_parent(processes, process);
	HASH_REPLACE(by_pid, processes->by_pid, identity, sizeof process->identity, process, former);
	(void)former;
	process->wall = event->how == HOW_fork && process->parent ? process->parent->wall
			: event->wall > 0			  ? event->wall
								  : 0;
	process->entered =
		before ? before->exec : exec_sites_find(process->parent, process->pid, event->how == HOW_fork);
	copy_argv(process, event->argv, event->n_argv);
	process->t_last = event->t;
}

void processes_exit(struct processes *processes, struct traced_process *process, const struct trace_event *event,
		    const char **contradiction)
{
	if (process->exited) {
		*contradiction = "a second end of the same process";
		return;
	}
	process->exited = true;
	process->status = event->status;
	process->t_exit = event->t;
	process->exec_pending = false;
	if (process->t_bounded && event->events > 0 && (uint64_t)event->events > process->events)
		process->events = (uint64_t)event->events;
	process->leaks_dropped = event->leaks_dropped > 0 ? (uint64_t)event->leaks_dropped : 0;
	/* Its count includes that of `lost` lines. */
	if (event->dropped > 0 && (uint64_t)event->dropped > process->dropped) {
		process->losses[LOSS_none].dropped += (uint64_t)event->dropped - process->dropped;
		process->dropped = (uint64_t)event->dropped;
	}
	descriptors_shrink(processes->cookies, process);
}

void process_lost(struct traced_process *process, const struct trace_event *event)
{
	if (event->why == LOSS_own_table) {
		process->own_table = true;
		return;
	}
	struct lost_events *loss = &process->losses[event->why];
	uint64_t dropped = event->dropped > 0 ? (uint64_t)event->dropped : 0;
	if (!loss->t)
		loss->t = event->t;
	if (!process->t_lost)
		process->t_lost = event->t;
	loss->dropped = sum(loss->dropped, dropped);
	process->dropped = sum(process->dropped, dropped);
}

bool process_may_be(const struct traced_process *process, int64_t pid, int64_t pidns)
{
	return process->pid == pid && (process->pidns < 0 || pidns < 0 || process->pidns == pidns);
}

void processes_command(struct processes *processes, pid_t pid, int64_t pidns, const char *exe, const char *const *argv)
{
	size_t n = 0;
	for (const struct traced_process *process = processes->first; process; process = process->next)
		if (process_may_be(process, pid, pidns))
			return;
	struct traced_process *process = process_alloc(pid);
	process->announced = true;
	process->ppid = getpid();
	process->how = how_name(HOW_exec);
	process->exe = intern(exe);
	while (argv && argv[n])
		n++;
	copy_argv(process, argv, n);
	process->untraced = true;
	process->next = processes->first;
	processes->first = process;
	if (!processes->last)
		processes->last = process;
}

static void process_free(struct processes *processes, struct traced_process *process)
{
	process->replaced = true;
	descriptors_shrink(processes->cookies, process);
	stack_refs_free(process);
	exec_sites_free(process);
	fault_notes_free(process);
	struct origin *origin, *next;
	HASH_ITER (hh, process->origins, origin, next) {
		HASH_DEL(process->origins, origin);
		origin_clear(origin);
		free(origin);
	}
	for (size_t i = 0; i < process->n_argv; i++)
		free(process->argv[i]);
	free(process->argv);
	free(process);
}

void processes_free(struct processes *processes)
{
	struct file_process *place, *next_place;
	HASH_CLEAR(by_pid, processes->by_pid);
	while (processes->first) {
		struct traced_process *next = processes->first->next;
		process_free(processes, processes->first);
		processes->first = next;
	}
	HASH_ITER (hh, processes->by_file, place, next_place) {
		HASH_DEL(processes->by_file, place);
		free(place);
	}
	free(processes);
}
