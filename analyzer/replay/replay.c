/* From events to lives: which socket a descriptor was, from where to where it lived, which process had it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/replay/replay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utlist.h>

#include "analyzer/replay/alive.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/base/violation.h"
#include "analyzer/replay/exec_sites.h"
#include "analyzer/replay/stack_refs.h"
#include "analyzer/base/util.h"

/* Where the lines of a file with this pid belong now. */
struct file_process {
	struct {
		int64_t pid;
		int64_t file;
	} key;
	struct traced_process *process;
	UT_hash_handle hh;
};

struct replay {
	struct traced_process *first, *last;
	struct file_process *places;
	struct cookies *cookies;
	struct traced_process
		*by_pid; /* the latest of each: the same number means others in another namespace, boot or machine */
	uint64_t sockets, events;
};

struct replay *replay_new(void)
{
	struct replay *replay = xcalloc(1, sizeof *replay);
	replay->cookies = cookies_new();
	return replay;
}

/* -- what an op does to the number that its line names -------------------------------------------------------- */

/* Sorted by name. */
static const struct op {
	const char *name;
	enum { OP_CLOSES = 1, OP_DUPS, OP_CONNECTS, OP_PASSES, OP_RECEIVES, OP_INHERITS, OP_MAKES } effect;
} ops[] = {
	{"accept", OP_MAKES},	  {"accept4", OP_MAKES},     {"close", OP_CLOSES},     {"close_range", OP_CLOSES},
	{"closefrom", OP_CLOSES}, {"connect", OP_CONNECTS},  {"dup", OP_DUPS},	       {"dup2", OP_DUPS},
	{"dup3", OP_DUPS},	  {"execve", OP_INHERITS},   {"fclose", OP_CLOSES},    {"fcntl", OP_DUPS},
	{"fcntl64", OP_DUPS},	  {"fork", OP_INHERITS},     {"freopen", OP_CLOSES},   {"freopen64", OP_CLOSES},
	{"pclose", OP_CLOSES},	  {"recvmmsg", OP_RECEIVES}, {"recvmsg", OP_RECEIVES}, {"sendmmsg", OP_PASSES},
	{"sendmsg", OP_PASSES},	  {"socket", OP_MAKES},	     {"socketpair", OP_MAKES},
};

static int compare_op(const void *name, const void *op) { return strcmp(name, ((const struct op *)op)->name); }

static int effect_of(const char *name)
{
	const struct op *op = bsearch(name, ops, sizeof ops / sizeof *ops, sizeof *ops, compare_op);
	return op ? (int)op->effect : 0;
}

/* -- lives and descriptors ------------------------------------------------------------------------------------ */

static void life_free(struct replay *replay, struct socket_life *life)
{
	HASH_DEL(life->process->lives, life);
	cookie_unbind(replay->cookies, life);
	free(life->local);
	free(life->peer);
	free(life);
}

static void life_unref(struct replay *replay, struct socket_life *life)
{
	if (life && --life->refs == 0)
		life_free(replay, life);
}

static struct socket_life *life_find(const struct traced_process *process, int64_t sock)
{
	struct socket_life *life = NULL;
	if (sock >= 0)
		HASH_FIND(hh, process->lives, &sock, sizeof sock, life);
	return life;
}

static struct descriptor *descriptor_find(const struct traced_process *process, int64_t fd)
{
	struct descriptor *descriptor;
	HASH_FIND(hh, process->descriptors, &fd, sizeof fd, descriptor);
	return descriptor;
}

static struct descriptor *descriptor_get(struct traced_process *process, int64_t fd)
{
	struct descriptor *descriptor = descriptor_find(process, fd);
	if (!descriptor) {
		descriptor = xcalloc(1, sizeof *descriptor);
		descriptor->fd = fd;
		HASH_ADD(hh, process->descriptors, fd, sizeof descriptor->fd, descriptor);
	}
	return descriptor;
}

static enum violation tag_of(const struct trace_event *event)
{
	return event->kind == EVENT_FD && event->violation ? violation_find(event->violation) : VIOLATION_none;
}

static void count_open(struct traced_process *process, struct socket_life *life, int64_t t, int change)
{
	process->open += (uint64_t)(int64_t)change;
	if (life->origin)
		origin_change(life->origin, t - process->t_first, change);
}

/* The number is no longer a socket; what it was stays known. */
static void descriptor_close(struct replay *replay, struct traced_process *process, struct descriptor *descriptor,
			     const struct trace_event *event)
{
	struct socket_life *life = descriptor->now;
	DL_DELETE(life->descriptors, descriptor);
	descriptor->now = NULL;
	life_unref(replay, descriptor->last);
	descriptor->last = life; /* takes over the reference */
	descriptor->before.closed = descriptor->closed;
	descriptor->before.op = descriptor->closed_op;
	descriptor->before.tid = descriptor->closed_t ? descriptor->closed_tid : -1;
	descriptor->closed = event ? stack_ref(process, event->stack) : NULL;
	descriptor->closed_op = event && event->op ? intern(event->op) : NULL;
	descriptor->closed_t = event ? event->t : 0;
	descriptor->closed_tid = event ? event->tid : -1;
	descriptor->closed_by_user = event && event->used;
	descriptor->closed_as = event ? tag_of(event) : VIOLATION_none;
	if (--life->open > 0)
		return;
	count_open(process, life, event ? event->t : process->t_last, -1);
	cookie_let_go(life, event ? event->t : process->t_last);
}

static void descriptor_open(struct replay *replay, struct traced_process *process, int64_t fd, struct socket_life *life)
{
	struct descriptor *descriptor = descriptor_get(process, fd);
	if (descriptor->now == life)
		return;
	life->refs++; /* before the number lets go of what it was: that may be this life */
	if (descriptor->now)
		descriptor_close(replay, process, descriptor, NULL);
	descriptor->now = life;
	DL_APPEND(life->descriptors, descriptor);
	if (life->open++ > 0)
		return;
	count_open(process, life, process->t_last, 1);
	if (process->open > process->open_peak)
		process->open_peak = process->open;
}

static void set_text(char **member, const char *value)
{
	if (value && (!*member || strcmp(*member, value) != 0)) {
		free(*member);
		*member = xstrdup(value);
	}
}

/* Whether the line tells of a call on a number that was no socket any more, or never: it changed nothing. */
static bool missed(const struct trace_event *event) { return violation_missed(tag_of(event)); }

static bool is_connected(enum state state) { return state == STATE_ESTABLISHED || state >= STATE_CLOSE_WAIT; }

static bool is_gone(const struct socket_life *life)
{
	return life->state == STATE_CLOSE_WAIT || life->state == STATE_CLOSING ||
	       (life->reset && !is_connected(life->state));
}

static struct origin *origin_of(struct traced_process *process, const struct stack_ref *opened)
{
	struct origin *origin;
	HASH_FIND_PTR(process->origins, &opened, origin);
	if (!origin) {
		origin = xcalloc(1, sizeof *origin);
		origin->opened = opened;
		HASH_ADD_PTR(process->origins, opened, origin);
	}
	return origin;
}

/* What any line may tell of its socket. */
static void learn(struct socket_life *life, const struct trace_event *event, int effect)
{
	bool refused = event->error && strcmp(event->error, "EINPROGRESS") != 0 && strcmp(event->error, "EINTR") != 0 &&
		       strcmp(event->error, "EALREADY") != 0 && strcmp(event->error, "EISCONN") != 0;
	enum state to = event->kind == EVENT_LEAK ? event->state : event->to;
	if (event->family)
		life->family = intern(event->family);
	if (event->type)
		life->type = intern(event->type);
	set_text(&life->local, event->local);
	set_text(&life->peer, event->peer);
	if (event->rx > life->rx)
		life->rx = event->rx;
	if (event->tx > life->tx)
		life->tx = event->tx;
	if (event->gap > life->gap)
		life->gap = event->gap;
	if (event->close_wait > life->close_wait)
		life->close_wait = event->close_wait;
	if (missed(event))
		return;
	bool was_connected = is_connected(life->state), was_gone = is_gone(life);
	if (to > STATE_NONE && !(to == STATE_CLOSED && effect == OP_CLOSES)) {
		bool fell = to == STATE_CLOSED || to == STATE_BOUND;
		if (life->state == STATE_CONNECTING && fell)
			life->connect_failed = true;
		else if (fell && life->state > STATE_CONNECTING && refused)
			life->reset = true;
		life->state = to;
	}
	life->listened |= life->state == STATE_LISTENING;
	if (is_connected(life->state)) {
		life->connected = true;
		if (!was_connected)
			life->t_connected = event->t;
	}
	if (!is_gone(life))
		life->t_gone = 0;
	else if (!was_gone && !event->inherited)
		life->t_gone = event->t;
	if (effect == OP_CONNECTS)
		life->connect_failed = event->ret == -1 && refused;
}

static struct socket_life *life_new(struct replay *replay, struct traced_process *process,
				    const struct trace_event *event, int64_t sock, bool made)
{
	static int64_t unnumbered = INT64_MIN; /* lines without `sock` get numbers that no trace has */
	struct socket_life *life = xcalloc(1, sizeof *life);
	life->sock = sock >= 0 ? sock : unnumbered++;
	life->process = process;
	life->made = made;
	life->inheritable = !event->cloexec;
	life->opened = stack_ref(process, event->stack);
	life->opened_op = event->op ? intern(event->op) : NULL;
	life->t = event->t;
	life->tid = event->tid;
	HASH_ADD(hh, process->lives, sock, sizeof life->sock, life);
	if (made) {
		life->origin = origin_of(process, life->opened);
		process->sockets++;
		replay->sockets++;
	}
	return life;
}

/* -- processes ------------------------------------------------------------------------------------------------ */

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

static struct traced_process *process_new(struct replay *replay, struct file_process *place,
					  const struct trace_event *event)
{
	struct traced_process *process = process_alloc(event->pid);
	process->file = event->file;
	process->t_first = event->t;
	if (replay->last)
		replay->last->next = process;
	else
		replay->first = process;
	replay->last = process;
	place->process = process;
	return process;
}

/* After its end, only what may be a leak stays in memory. */
static void process_shrink(struct replay *replay, struct traced_process *process)
{
	struct descriptor *descriptor, *next;
	HASH_ITER (hh, process->descriptors, descriptor, next) {
		bool leaked = descriptor->now && descriptor->now->made && descriptor->now->leaked;
		bool lingers = descriptor->now && !descriptor->now->made && descriptor->now->t_gone;
		if ((leaked || lingers) && !process->replaced) {
			life_unref(replay, descriptor->last);
			descriptor->last = NULL;
			continue;
		}
		if (descriptor->now)
			descriptor_close(replay, process, descriptor, NULL);
		life_unref(replay, descriptor->last);
		HASH_DEL(process->descriptors, descriptor);
		free(descriptor);
	}
}

static struct file_process *place_of(struct replay *replay, const struct trace_event *event)
{
	struct file_process *place, key;
	memset(&key, 0, sizeof key);
	key.key.pid = event->pid;
	key.key.file = event->file;
	HASH_FIND(hh, replay->places, &key.key, sizeof key.key, place);
	if (!place) {
		place = xcalloc(1, sizeof *place);
		place->key = key.key;
		HASH_ADD(hh, replay->places, key, sizeof place->key, place);
	}
	return place;
}

/* The process that forked or spawned this one, when its trace is here. */
static struct traced_process *find_parent(const struct replay *replay, const struct traced_process *process)
{
	struct traced_process *parent, key = {.identity = process->identity};
	key.identity.pid = process->ppid;
	HASH_FIND(by_pid, replay->by_pid, &key.identity, sizeof key.identity, parent);
	return parent != process ? parent : NULL;
}

static void on_process(struct replay *replay, struct file_process *place, const struct trace_event *event)
{
	struct traced_process *process = place->process, *before = NULL, *former;
	if (process && !process->announced && !process->exited) {
		/* A line came before the one that announces its process. */
	} else {
		if (process) {
			bool same = process->start == event->start && !process->exited && event->how &&
				    strcmp(event->how, "exec") == 0;
			process->replaced = same;
			before = same ? process : NULL;
			if (same)
				process_shrink(replay, process);
		}
		process = process_new(replay, place, event);
	}
	process->announced = true;
	process->ppid = event->ppid;
	process->start = event->start;
	process->exe = event->exe ? intern(event->exe) : NULL;
	bool known = event->how && (strcmp(event->how, "exec") == 0 || strcmp(event->how, "fork") == 0);
	process->how = known ? intern(event->how) : NULL;
	process->boot = event->boot ? intern(event->boot) : NULL;
	process->host = event->host ? intern(event->host) : NULL;
	process->pidns = event->pidns;
	process->identity.pid = process->pid;
	process->identity.pidns = process->pidns;
	process->identity.boot = process->boot;
	process->identity.host = process->host;
	process->parent = find_parent(replay, process);
	HASH_REPLACE(by_pid, replay->by_pid, identity, sizeof process->identity, process, former);
	(void)former;
	if (process->how && strcmp(process->how, "exec") == 0)
		process->entered = before ? before->exec : exec_sites_find(process->parent, process->pid);
	process->argv = xcalloc(event->n_argv + 1, sizeof *process->argv);
	process->n_argv = event->n_argv;
	for (size_t i = 0; i < event->n_argv; i++)
		process->argv[i] = xstrdup(event->argv[i]);
	process->t_last = event->t;
}

static void on_exit_line(struct replay *replay, struct traced_process *process, const struct trace_event *event,
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
	process->leaks_dropped = event->leaks_dropped > 0 ? (uint64_t)event->leaks_dropped : 0;
	/* It counts those of `lost` lines too. */
	if (event->dropped > 0 && (uint64_t)event->dropped > process->dropped) {
		process->losses[LOSS_OTHER].dropped += (uint64_t)event->dropped - process->dropped;
		process->dropped = (uint64_t)event->dropped;
	}
	process_shrink(replay, process);
}

static void on_lost(struct traced_process *process, const struct trace_event *event)
{
	static const char *const words[LOSS_KINDS] = {
		[LOSS_MAX_BYTES] = "max_bytes", [LOSS_FILE] = "file", [LOSS_SANDBOX] = "sandbox"};
	int kind = 0;
	if (strcmp(event->why, "own-table") == 0) {
		process->own_table = true;
		return;
	}
	while (kind < LOSS_OTHER && strcmp(event->why, words[kind]) != 0)
		kind++;
	struct loss *loss = &process->losses[kind];
	uint64_t dropped = event->dropped > 0 ? (uint64_t)event->dropped : 0;
	if (!loss->t)
		loss->t = event->t;
	if (!process->t_lost)
		process->t_lost = event->t;
	loss->dropped = sum(loss->dropped, dropped);
	process->dropped = sum(process->dropped, dropped);
}

/* -- facts about descriptors ---------------------------------------------------------------------------------- */

/* The socket that such a call missed: the number's last one. */
static struct socket_life *missed_life(const struct traced_process *process, const struct trace_event *event,
				       struct descriptor *descriptor)
{
	struct socket_life *life = life_find(process, event->sock);
	if (!life && event->sock < 0 && descriptor)
		life = descriptor->now ? descriptor->now : descriptor->last;
	return life;
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
	if (!life) {
		life = life_new(replay, process, event, event->sock, true);
	} else if (!life->open) {
		*contradiction = "a leak of a socket that was closed before; left out";
		return false;
	}
	descriptor_open(replay, process, event->fd, life);
	learn(life, event, 0);
	life->leaked = true;
	moment->life = life;
	moment->descriptor = descriptor_find(process, event->fd);
	return true;
}

/* A line that gives a number to a socket. */
static void on_opening(struct replay *replay, struct moment *moment, int effect, const char **contradiction)
{
	const struct trace_event *event = moment->event;
	struct traced_process *process = moment->process;
	int64_t fd = effect == OP_DUPS ? event->newfd : event->fd;
	struct socket_life *life = life_find(process, event->sock);
	if (fd < 0) {
		*contradiction = "a socket with a negative descriptor; left out";
		return;
	}
	if (effect == OP_DUPS && !life) {
		struct descriptor *old = descriptor_find(process, event->fd);
		life = old ? old->now : NULL;
	}
	if (!life) {
		if (effect == OP_DUPS && !process->t_lost)
			*contradiction = "a duplicate of a socket that was never made";
		life = life_new(replay, process, event, event->sock, !event->inherited && effect != OP_INHERITS);
	} else if (effect == OP_MAKES && event->from == STATE_NONE) {
		*contradiction = "a socket made again under a number that was given";
	}
	descriptor_open(replay, process, fd, life);
	life->inheritable |= effect == OP_DUPS && !event->cloexec;
	moment->life = life;
}

static bool failed(const struct trace_event *event) { return event->ret != NO_RET && event->ret < 0; }

/* close() that fails has closed all the same, but for a number that was none. */
static bool closes(const struct trace_event *event, int effect)
{
	if (event->note == NOTE_closed_unseen)
		return true;
	if (effect == OP_DUPS)
		return event->newfd == NO_FD && !failed(event) && event->from > STATE_NONE &&
		       strncmp(event->op, "dup", 3) == 0;
	return effect == OP_CLOSES && !(failed(event) && event->error && strcmp(event->error, "EBADF") == 0);
}

static void on_fact(struct replay *replay, struct moment *moment, const char **contradiction)
{
	const struct trace_event *event = moment->event;
	struct traced_process *process = moment->process;
	int effect = effect_of(event->op);
	struct descriptor *descriptor = descriptor_find(process, event->fd);

	if (event->note == NOTE_sweep || event->note == NOTE_inside)
		return; /* nothing changes by it */
	if (missed(event)) {
		moment->life = missed_life(process, event, descriptor);
	} else if (closes(event, effect)) {
		struct socket_life *life = descriptor ? descriptor->now : NULL;
		bool unseen = event->note == NOTE_closed_unseen;
		bool other = life && event->sock >= 0 && life->sock >= 0 && life->sock != event->sock;
		if (other && process->t_lost) {
			/* The lines that closed it, and made this one, are among those lost. */
			descriptor_close(replay, process, descriptor, NULL);
			life = NULL;
		} else if (other) {
			*contradiction = "a close of a socket that is not what this descriptor is";
		} else if (life) {
			descriptor_close(replay, process, descriptor, event);
			moment->ended = life->open == 0 && !unseen; /* else it ended before, nobody knows when */
		} else if (!process->exited && !process->t_lost)
			*contradiction = descriptor && descriptor->last
						 ? "a close, not tagged as a violation, of what was closed before"
						 : "a close of a socket that was never made";
		moment->life = life;
		process->unseen += unseen;
	} else if ((effect == OP_DUPS && event->newfd != NO_FD && !failed(event)) ||
		   (effect == OP_MAKES && event->from <= STATE_NONE && !failed(event)) ||
		   (effect == OP_RECEIVES && event->from == STATE_NONE && event->to > STATE_NONE) || event->inherited) {
		on_opening(replay, moment, effect, contradiction);
	} else {
		moment->life = life_find(process, event->sock);
		if (!moment->life && event->sock < 0 && descriptor)
			moment->life = descriptor->now;
		if (!moment->life && event->sock >= 0 && event->from > STATE_NONE && !process->exited &&
		    !process->t_lost)
			*contradiction = "a socket that was never made, or is closed";
	}

	struct socket_life *life = moment->life;
	if (life) {
		learn(life, event, effect);
		life->intended |= event->note == NOTE_intended;
		life->inheritable |= event->note == NOTE_inheritable;
		if (event->cookie && !life->cookie && cookie_bind(replay->cookies, life, event->cookie))
			replay->sockets--;
		cookie_update(life);
		if (event->cookie && effect == OP_PASSES)
			cookie_sent(life->cookie);
		if (event->cookie && effect == OP_RECEIVES)
			cookie_received(life->cookie);
	}
	moment->descriptor = descriptor_find(process, event->fd);
}

bool replay_event(struct replay *replay, const struct trace_event *event, struct moment *moment,
		  const char **contradiction)
{
	struct file_process *place = place_of(replay, event);
	struct traced_process *process = place->process;
	*contradiction = NULL;
	*moment = (struct moment){.event = event, .tag = tag_of(event)};
	if (event->kind == EVENT_PROCESS) {
		on_process(replay, place, event);
		return false;
	}
	if (!process && (event->kind == EVENT_EXEC || event->kind == EVENT_SPAWN))
		return false;
	if (!process)
		process = process_new(replay, place, event);
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
	case EVENT_EXIT: on_exit_line(replay, process, event, contradiction); return false;
	case EVENT_LOST: on_lost(process, event); return false;
	case EVENT_LEAK:
	case EVENT_FD: break;
	case EVENT_PROCESS: return false;
	}
	moment->process = process;
	moment->stack = stack_ref(process, event->stack);
	if (event->kind == EVENT_LEAK)
		return on_leak(replay, moment, contradiction);
	process->exec_pending = false;
	process->events++;
	replay->events++;
	on_fact(replay, moment, contradiction);
	return true;
}

/* -- ends ----------------------------------------------------------------------------------------------------- */

/* Whether a number that this machine's processes see may be this process's. */
static bool may_be(const struct traced_process *process, int64_t pid, int64_t pidns)
{
	return process->pid == pid && (process->pidns < 0 || pidns < 0 || process->pidns == pidns);
}

void replay_waited(struct replay *replay, pid_t pid, int64_t pidns, int status)
{
	struct traced_process *waited = NULL;
	for (struct traced_process *process = replay->first; process; process = process->next)
		if (may_be(process, pid, pidns))
			waited = process; /* the last image */
	if (!waited || waited->replaced)
		return;
	if (WIFSIGNALED(status)) {
		waited->end = END_SIGNAL;
		waited->signal = WTERMSIG(status);
	} else if (WIFEXITED(status)) {
		waited->end = waited->exec_pending ? END_EXEC : END_EXIT;
		waited->status = WEXITSTATUS(status);
	}
}

void replay_killed(struct replay *replay, int64_t pid, int signal, int64_t t)
{
	struct traced_process *killed = NULL;
	/* The number may have been used again: the latest that began before, and was not heard of since. */
	for (struct traced_process *process = replay->first; process; process = process->next)
		if (process->pid == pid && process->end == END_UNKNOWN && !process->replaced && !process->exited &&
		    process->t_last <= t && (!killed || process->t_first >= killed->t_first))
			killed = process;
	if (!killed)
		return;
	killed->end = END_SIGNAL;
	killed->signal = signal;
	killed->t_died = t;
}

void replay_command(struct replay *replay, pid_t pid, int64_t pidns, const char *exe, const char *const *argv)
{
	for (const struct traced_process *process = replay->first; process; process = process->next)
		if (may_be(process, pid, pidns))
			return;
	struct traced_process *process = process_alloc(pid);
	process->announced = true;
	process->ppid = getpid();
	process->how = intern("exec");
	process->exe = intern(exe);
	while (argv && argv[process->n_argv])
		process->n_argv++;
	process->argv = xcalloc(process->n_argv + 1, sizeof *process->argv);
	for (size_t i = 0; i < process->n_argv; i++)
		process->argv[i] = xstrdup(argv[i]);
	process->untraced = true;
	process->next = replay->first;
	replay->first = process;
	if (!replay->last)
		replay->last = process;
}

static enum process_end find_end(struct traced_process *process)
{
	if (process->replaced || process->exec_pending)
		return END_EXEC;
	if (process->exited)
		return END_EXIT;
	switch (process_alive(process->pid, process->pidns, process->start, process->boot, process->host)) {
	case ALIVE: return END_RUNNING;
	case GONE: return END_SIGNAL;
	case MAY_LIVE: process->may_live = true; break;
	case CANNOT_TELL: break;
	}
	return END_UNKNOWN;
}

void replay_finish(struct replay *replay)
{
	for (struct traced_process *process = replay->first; process; process = process->next)
		if (process->end == END_UNKNOWN)
			process->end = find_end(process);
}

struct traced_process *replay_processes(const struct replay *replay) { return replay->first; }

struct replay_totals replay_totals(const struct replay *replay)
{
	struct replay_totals totals = {.sockets = replay->sockets, .events = replay->events};
	for (const struct traced_process *process = replay->first; process; process = process->next) {
		totals.processes++;
		totals.dropped = sum(totals.dropped, process->dropped);
		if (process->open_peak > totals.open_peak)
			totals.open_peak = process->open_peak;
	}
	return totals;
}

static void process_free(struct replay *replay, struct traced_process *process)
{
	process->replaced = true;
	process_shrink(replay, process);
	stack_refs_free(process);
	exec_sites_free(process);
	struct origin *origin, *next;
	HASH_ITER (hh, process->origins, origin, next) {
		HASH_DEL(process->origins, origin);
		free(origin);
	}
	for (size_t i = 0; i < process->n_argv; i++)
		free(process->argv[i]);
	free(process->argv);
	free(process);
}

void replay_free(struct replay *replay)
{
	struct file_process *place, *next_place;
	HASH_CLEAR(by_pid, replay->by_pid);
	while (replay->first) {
		struct traced_process *next = replay->first->next;
		process_free(replay, replay->first);
		replay->first = next;
	}
	HASH_ITER (hh, replay->places, place, next_place) {
		HASH_DEL(replay->places, place);
		free(place);
	}
	cookies_free(replay->cookies);
	free(replay);
}
