/* From events to lives: which socket a descriptor was, from when to when it lived, which process had it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/replay/fault_notes.h"
#include "analyzer/replay/replay.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/replay/carried.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/replay/heirs.h"
#include "analyzer/replay/descriptors.h"
#include "analyzer/replay/exec_sites.h"
#include "analyzer/replay/ops.h"
#include "analyzer/replay/processes.h"
#include "analyzer/replay/registered.h"
#include "analyzer/replay/sockets.h"
#include "analyzer/replay/stack_refs.h"
#include "analyzer/replay/story.h"
#include "analyzer/base/util.h"

struct replay {
	struct cookies *cookies;
	struct processes *processes;
	uint64_t sockets, events;
	int64_t kinds;
};

struct replay *replay_new(void)
{
	struct replay *replay = xcalloc(1, sizeof *replay);
	replay->kinds = 1 << KIND_socket;
	replay->cookies = cookies_new();
	replay->processes = processes_new(replay->cookies);
	return replay;
}

void replay_kinds(struct replay *replay, int64_t kinds) { replay->kinds = kinds; }

/* -- facts about descriptors ---------------------------------------------------------------------------------- */

/* A life that no earlier line mentioned. */
static struct socket_life *make_life(struct replay *replay, struct traced_process *process,
				     const struct trace_event *event, bool made)
{
	made &= replay->kinds >> event->what & 1 && event->note != NOTE_recalled;
	replay->sockets += made && event->what == KIND_socket;
	return life_new(process, event, made);
}

/* A socket that several processes made, by their traces, is one. */
static void bind(struct replay *replay, struct socket_life *life, const char *cookie)
{
	if (cookie_bind(replay->cookies, life, cookie) && life->kind == KIND_socket)
		replay->sockets--;
}

/* The socket that such a call missed: the last one at that number. */
static struct socket_life *missed_life(const struct traced_process *process, const struct trace_event *event,
				       struct descriptor *descriptor)
{
	struct socket_life *life = life_find(process, event->sock);
	if (!life && event->sock < 0 && descriptor)
		life = descriptor->now ? descriptor->now : descriptor->last;
	return life;
}

/* Whether a thread was still in the call that makes it as another one ended the process, so that nobody could have closed it: its line was to
 * come, and is not among lost ones. */
static bool is_unmade(const struct traced_process *process, const struct trace_event *event)
{
	return event->sock > 0 && !event->family && event->what == KIND_socket && !process->t_lost;
}

static bool on_leak(struct replay *replay, struct moment *moment, const char **contradiction)
{
	const struct trace_event *event = moment->event;
	struct traced_process *process = moment->process;
	struct descriptor *descriptor = descriptor_find(process, event->fd);
	struct socket_life *life = life_find(process, event->sock);
	if (process->exited) {
		*contradiction = "a leak after the end of the process; left out";
		return false;
	}
	if (!life && event->sock < 0 && descriptor)
		life = descriptor->now;
	if (!life && is_unmade(process, event))
		return false;
	if (!life) {
		life = make_life(replay, process, event, true);
	} else if (!life->open) {
		*contradiction = "a leak of a socket that was closed before; left out";
		return false;
	}
	descriptor_open(replay->cookies, process, event->fd, life);
	life_learn(life, event, false);
	life->leaked = true;
	life->used_unseen = event->used;
	moment->life = life;
	moment->descriptor = descriptor_find(process, event->fd);
	return true;
}

/* A line that gives a descriptor to a socket. True if a life begins with it. */
static bool on_opening(struct replay *replay, struct moment *moment, int effect, const char **contradiction)
{
	const struct trace_event *event = moment->event;
	struct traced_process *process = moment->process;
	int64_t fd = effect == OP_DUPS ? event->newfd : event->fd;
	struct socket_life *life = life_find(process, event->sock);
	if (fd < 0) {
		*contradiction = "a socket with a negative descriptor; left out";
		return false;
	}
	if (effect == OP_DUPS && !life) {
		struct descriptor *old = descriptor_find(process, event->fd);
		life = old ? old->now : NULL;
	}
	bool begins = !life;
	if (begins) {
		if (effect == OP_DUPS && !process->t_lost)
			*contradiction = "a duplicate of a socket that was never made";
		life = make_life(replay, process, event, !event->inherited && effect != OP_INHERITS);
	} else if (effect == OP_MAKES && event->from == STATE_NONE) {
		*contradiction = "a socket made again under a number that was given";
	}
	if (begins && event->inherited && life->kind != KIND_socket)
		heirs_bind(replay->cookies, life, fd);
	descriptor_open(replay->cookies, process, fd, life);
	life->inheritable |= effect == OP_DUPS && !event->cloexec;
	moment->life = life;
	return begins;
}

static bool failed(const struct trace_event *event) { return event->ret != NO_RET && event->ret < 0; }

/* A freopen ends one life of its descriptor and begins the next, in a line each. */
static enum effect effect_in(const struct trace_event *event)
{
	enum effect effect = effect_of(event->op);
	bool begins = event->from == STATE_NONE && event->to > STATE_NONE;
	return effect == OP_CLOSES && begins ? OP_MAKES : effect;
}

/* A close() that fails has closed anyway, unless there was nothing to close. */
static bool closes(const struct trace_event *event, int effect)
{
	if (event->note == NOTE_closed_unseen || event->note == NOTE_recalled)
		return true;
	if (event->note == NOTE_interpreter_end)
		return false;
	if (effect == OP_DUPS)
		return event->newfd == NO_FD && !failed(event) && event->from > STATE_NONE &&
		       strncmp(event->op, "dup", 3) == 0;
	return effect == OP_CLOSES && !(failed(event) && event->error && strcmp(event->error, "EBADF") == 0);
}

/* What a process does with a socket that it got through a fork. */
static void on_use(const struct moment *moment, int effect)
{
	const struct trace_event *event = moment->event;
	const struct socket_life *life = moment->life;
	const struct descriptor *listener =
		event->listener != NO_FD ? descriptor_find(moment->process, event->listener) : NULL;
	if (listener && listener->now && !listener->now->made)
		cookie_used(listener->now);
	if (listener && listener->now && listener->now->made && listener->now != life && !life->listener) {
		moment->life->listener = listener->now->opened;
		moment->life->listener_op = listener->now->opened_op;
	}
	if (life->made || !life->cookie || closes(event, effect) || event_missed(event) ||
	    (effect == OP_INHERITS && strcmp(event->op, "execve") != 0)) /* another program has it on purpose */
		return;
	if (strcmp(event->op, "shutdown") == 0)
		cookie_cut(life, moment);
	else
		cookie_used(life);
}

/* Whether the line is about what is as it was. */
static bool on_note(const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct socket_life *set = event->note == NOTE_registered ? life_find(moment->process, event->sock) : NULL;
	if (set)
		registered_learn(set, moment);
	return event->note == NOTE_sweep || event->note == NOTE_inside || event->note == NOTE_registered;
}

static void on_fact(struct replay *replay, struct moment *moment, const char **contradiction)
{
	const struct trace_event *event = moment->event;
	struct traced_process *process = moment->process;
	int effect = effect_in(event);
	struct descriptor *descriptor = descriptor_find(process, event->fd);
	bool begins = event->inherited;

	if (on_note(moment))
		return;
	if (event->note == NOTE_recalled && event->from == STATE_NONE) {
		begins |= on_opening(replay, moment, OP_MAKES, contradiction);
	} else if (event_missed(event)) {
		moment->life = missed_life(process, event, descriptor);
	} else if (closes(event, effect)) {
		struct socket_life *life = descriptor ? descriptor->now : NULL;
		bool unseen = event->note == NOTE_closed_unseen;
		bool other = life && event->sock >= 0 && life->sock >= 0 && life->sock != event->sock;
		if (other && (process->t_lost || carried_counts(process, event))) {
			/* The lines that closed it, and made this one, are among the lost ones. */
			descriptor_close(replay->cookies, process, descriptor, NULL);
			life = NULL;
		} else if (other) {
			*contradiction = "a close of a socket that is not what this descriptor is";
		} else if (life) {
			descriptor_close(replay->cookies, process, descriptor, event);
			moment->ended = life->open == 0 && !unseen; /* otherwise it ended earlier, at an unknown time */
		} else if (!process->exited && !process->t_lost && !carried_counts(process, event))
			*contradiction = descriptor && descriptor->last
						 ? "a close, not tagged as a violation, of what was closed before"
						 : "a close of a socket that was never made";
		moment->life = life;
		process->unseen += unseen;
	} else if ((effect == OP_DUPS && event->newfd != NO_FD && !failed(event)) ||
		   (effect == OP_MAKES && event->from <= STATE_NONE && !failed(event)) ||
		   (effect == OP_RECEIVES && event->from == STATE_NONE && event->to > STATE_NONE) || event->inherited) {
		begins |= on_opening(replay, moment, effect, contradiction);
	} else {
		moment->life = life_find(process, event->sock);
		if (!moment->life && event->sock < 0 && descriptor)
			moment->life = descriptor->now;
		if (!moment->life && event->sock >= 0 && event->from > STATE_NONE && !process->exited &&
		    !process->t_lost && !carried_counts(process, event))
			*contradiction = "a socket that was never made, or is closed";
	}

	struct socket_life *life = moment->life;
	if (life) {
		if (!begins && event->note != NOTE_interpreter_end) /* not the program's doing */
			story_learn(moment);
		life_learn(life, event, effect == OP_CLOSES);
		if (effect == OP_CONNECTS)
			life_learn_connect(life, event);
		if (strcmp(event->op, "bind") == 0)
			life_learn_bind(life, event);
		life->intended |= event->note == NOTE_intended;
		if (event->note == NOTE_interpreter_end)
			life->left = life->leaked = true;
		life->inheritable |= event->note == NOTE_inheritable;
		if (event->cookie && !life->cookie)
			bind(replay, life, event->cookie);
		cookie_update(life);
		on_use(moment, effect);
		if (event->cookie && effect == OP_PASSES)
			cookie_sent(life->cookie);
		if (event->cookie && effect == OP_RECEIVES)
			cookie_received(life->cookie);
	}
	moment->descriptor = descriptor_find(process, event->fd);
}

static void on_checkpoint(struct replay *replay, struct traced_process *process, const struct trace_event *event)
{
	bool begins;
	struct socket_life *life = carried_checkpoint(replay->cookies, process, event, &begins);
	replay->sockets += begins && life->made && life->kind == KIND_socket;
	if (life && life->open && event->cookie && !life->cookie)
		bind(replay, life, event->cookie);
	if (life && life->open)
		cookie_update(life);
	if (life && life->open && !life->made && event->used)
		cookie_used(life);
}

bool replay_event(struct replay *replay, const struct trace_event *event, struct moment *moment,
		  const char **contradiction)
{
	struct traced_process *process = processes_find(replay->processes, event);
	*contradiction = NULL;
	*moment = (struct moment){.event = event, .tag = event_tag(event)};
	if (event->kind == EVENT_PROCESS) {
		processes_announce(replay->processes, event);
		return false;
	}
	if (!process && (event->kind == EVENT_EXEC || event->kind == EVENT_SPAWN))
		return false;
	if (!process)
		process = processes_add(replay->processes, event);
	if (event->t > process->t_last)
		process->t_last = event->t;
	switch (event->kind) {
	case EVENT_MODULE: stack_refs_module(process, event); return false;
	case EVENT_STACK: stack_refs_stack(process, event); return false;
	case EVENT_EXEC:
		process->exec_pending = !failed(event);
		process->exec = failed(event) ? (struct exec_site){0} : exec_site_of(process, event);
		return false;
	case EVENT_SPAWN: exec_sites_add(process, event); return false;
	case EVENT_EXIT:
		replay->events -= process->events;
		processes_exit(replay->processes, process, event, contradiction);
		replay->events += process->events;
		return false;
	case EVENT_LOST: process_lost(process, event); return false;
	case EVENT_CHECKPOINT: on_checkpoint(replay, process, event); return false;
	case EVENT_PLACE: carried_place(process, event); return false;
	case EVENT_ROUND: carried_round(replay->cookies, process, event); return false;
	case EVENT_DETACH: process->detached = true; return false;
	case EVENT_FAULT: fault_note_add(process, event); return false;
	case EVENT_LEAK:
	case EVENT_FD: break;
	case EVENT_PROCESS: return false;
	}
	moment->process = process;
	moment->first = processes_first(replay->processes);
	moment->stack = stack_ref(process, event->stack);
	if (event->kind == EVENT_LEAK)
		return on_leak(replay, moment, contradiction);
	process->exec_pending = false;
	process->events++;
	replay->events++;
	on_fact(replay, moment, contradiction);
	return true;
}

/* -- all of them ---------------------------------------------------------------------------------------------- */

void replay_command(struct replay *replay, pid_t pid, int64_t pidns, const char *exe, const char *const *argv)
{
	processes_command(replay->processes, pid, pidns, exe, argv);
}

struct traced_process *replay_processes(const struct replay *replay) { return processes_first(replay->processes); }

struct cookie *replay_shared(const struct replay *replay, const struct cookie *cookie)
{
	return cookies_next(replay->cookies, cookie);
}

struct replay_totals replay_totals(const struct replay *replay)
{
	struct replay_totals totals = {.sockets = replay->sockets, .events = replay->events};
	for (const struct traced_process *process = replay_processes(replay); process; process = process->next) {
		totals.processes++;
		totals.sockets += process->summed;
		totals.dropped = sum(totals.dropped, process->dropped);
		if (process->open_peak > totals.open_peak)
			totals.open_peak = process->open_peak;
	}
	return totals;
}

void replay_free(struct replay *replay)
{
	cookies_end(replay->cookies);
	processes_free(replay->processes);
	cookies_free(replay->cookies);
	free(replay);
}
