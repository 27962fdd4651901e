/* A thread of another process, stopped and made to call functions: see thread.h; ptrace(2), proc(5).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/attach/thread.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>

#include "analyzer/attach/machine.h"
#include "analyzer/attach/stops.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"
#include "shim/model/attach.h"

enum {
	SKIPPED = 256,		/* bytes below the stack pointer that still belong to the thread */
	TEXT = 8192,		/* space for the text of a call, and the reply after it */
	LEAST_STACK = 80 << 10, /* the most that loading and starting the shim may need */
	SCANNED = 256 << 10,	/* bytes of the stack to search for the frame of a signal handler */
};

#define MS 1000000ll

enum { RAISED = SIGURG }; /* sent by a call when it is done. A program without a handler ignores it */

struct stopped_thread {
	const struct host *host;
	pid_t tid;
	struct machine machine;
	struct machine failing;	    /* if `interrupted`: the same, about to return EINTR to the program */
	uint64_t mask, masked;	    /* the signals that it blocks, and those to block during a call */
	uint64_t area, size;	    /* the part of its stack that is used */
	char *kept;		    /* the former contents of it */
	uint64_t sp, raising, mark; /* for calls, see machine_frame() */
	bool interrupted;	    /* in a call that fails with EINTR because of the stop */
	enum stop stopped;	    /* STOP_NONE: it is running */
	bool returns;		    /* it is returning by itself */
	int64_t since;
	sigset_t former; /* signals that socksan blocked before */
};

/* -- which thread --------------------------------------------------------------------------------------------- */

/* System calls during which no lock of malloc or of the loader is held: libc itself makes none of them while it holds one. */
static bool is_safe_call(long call, uint64_t second)
{
	switch (call) {
	case SYS_epoll_pwait:
	case SYS_ppoll:
	case SYS_pselect6:
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_read:
	case SYS_readv:
	case SYS_write:
	case SYS_writev:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_rt_sigsuspend:
	case SYS_restart_syscall: /* of waits with a timeout, which libc's locks do not use */
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
	case SYS_poll:
	case SYS_select:
	case SYS_pause:
#endif
#ifdef SYS_epoll_pwait2
	case SYS_epoll_pwait2:
#endif
		return true;
	/* Conditions, semaphores and joins wait like this; the locks of libc itself use FUTEX_WAIT. */
	case SYS_futex: return (second & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
	default: return false;
	}
}

static bool in_libc(const struct host *host, uint64_t pc)
{
	const struct remote_map *map = remote_map_at(&host->maps, pc);
	return map && map->executable && strcmp(map->name, host->libc) == 0;
}

/* Whether a signal handler is running on this stack, which may have interrupted malloc: its frame returns to libc's sigreturn. The remains
 * of an earlier frame have the signal mask that is still in effect, while a running handler blocks its own signal. */
static bool in_handler(const struct stopped_thread *thread, const struct remote_map *stack, uint64_t sp)
{
	enum { MASK = 38 }; /* words from the return address to the signal mask, uc_sigmask */
	uint64_t end = stack->end - sp > SCANNED ? sp + SCANNED : stack->end;
	size_t n = (end - sp) / sizeof(uint64_t);
	uint64_t *words = xcalloc(n, sizeof *words);
	bool found = !remote_read(thread->host->pid, sp, words, n * sizeof *words);
	for (size_t i = 0; i < n && !found; i++)
		found = words[i] == thread->host->places.sigreturn &&
			(i + MASK >= n || words[i + MASK] != thread->mask);
	free(words);
	return found;
}

/* The main stack may have grown since the mappings were read. */
static bool has_room(const struct remote_map *stack, uint64_t sp)
{
	return sp - stack->start >= LEAST_STACK || strcmp(stack->name, "[stack]") == 0;
}

/* Whether a stopped thread can be made to call a function. */
static bool may_call(const struct stopped_thread *thread, const struct machine *machine)
{
	const struct host *host = thread->host;
	const struct remote_map *stack = remote_map_at(&host->maps, machine_sp(machine));
	return is_safe_call(machine_call(machine), machine_argument(machine, 1)) &&
	       in_libc(host, machine_pc(machine)) && machine_thread(machine) && stack && !stack->executable &&
	       has_room(stack, machine_sp(machine)) && !in_handler(thread, stack, machine_sp(machine));
}

/* What /proc shows without a stop: whether the thread is waiting in such a call. */
static bool waits_well(const struct host *host, pid_t tid)
{
	char file[64];
	long call = -1;
	uint64_t second = 0;
	snprintf(file, sizeof file, "task/%d/syscall", (int)tid);
	char *text = proc_read(host->pid, file, NULL), *pc = text ? strrchr(text, ' ') : NULL;
	bool waits = pc && sscanf(text, "%ld %*x %" SCNx64, &call, &second) == 2 && is_safe_call(call, second) &&
		     in_libc(host, strtoull(pc, NULL, 16));
	free(text);
	return waits;
}

/* Reads what is needed to restore the thread later. */
static bool save(struct stopped_thread *thread)
{
	return machine_save(&thread->machine, thread->tid) &&
	       ptrace(PTRACE_GETSIGMASK, thread->tid, (void *)sizeof thread->mask, &thread->mask) == 0;
}

static bool seize(struct stopped_thread *thread, pid_t tid)
{
	thread->tid = tid;
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)PTRACE_O_TRACESYSGOOD) != 0)
		return false;
	thread->since = monotonic_now();
	if (stop_thread(tid, thread->since + 1000 * MS))
		return true;
	let_go(tid);
	errno = 0;
	return false;
}

/* Whether a signal is pending that the thread will receive once it continues. */
static bool has_signal(const struct stopped_thread *thread)
{
	char file[64];
	uint64_t own = 0, shared = 0;
	snprintf(file, sizeof file, "task/%d/status", (int)thread->tid);
	char *status = proc_read(thread->host->pid, file, NULL);
	char *pending = status ? strstr(status, "\nSigPnd:") : NULL;
	if (pending)
		sscanf(pending, "\nSigPnd: %" SCNx64 "\nShdPnd: %" SCNx64, &own, &shared);
	free(status);
	return (own | shared) & ~thread->mask;
}

/* If the call would fail only because of the stop, it is to be made again. The thread is set to do so at once, in case socksan is killed. */
static void undo_interrupt(struct stopped_thread *thread)
{
	thread->interrupted = machine_is_interrupted(&thread->machine);
	if (!thread->interrupted)
		return;
	thread->failing = thread->machine;
	machine_rewind(&thread->machine);
	machine_restore(&thread->machine, thread->tid);
}

/* If a signal has arrived, the call would have failed because of it as well. */
static const struct machine *as_it_was(const struct stopped_thread *thread)
{
	return thread->interrupted && has_signal(thread) ? &thread->failing : &thread->machine;
}

/* For a thread that is never found waiting: waits until it begins a safe call. */
static bool await_call(struct stopped_thread *thread)
{
	int64_t end = monotonic_now() + 50 * MS;
	bool entering = true;
	int signal = 0;
	enum stop stop = STOP_EVENT;
	while (monotonic_now() < end) {
		int give = stop == STOP_SIGNAL ? signal : 0;
		if (ptrace(PTRACE_SYSCALL, thread->tid, NULL, (void *)(intptr_t)give) != 0)
			return false;
		stop = next_stop(thread->tid, end, &signal);
		if (stop == STOP_NONE || stop == STOP_GONE)
			return false;
		if (stop != STOP_CALL)
			continue;
		if (entering && save(thread) && may_call(thread, &thread->machine)) {
			machine_rewind(&thread->machine);
			thread->interrupted = false;
			return true;
		}
		entering = !entering;
	}
	return false;
}

static bool take(struct stopped_thread *thread, pid_t tid, bool waiting)
{
	if (!seize(thread, tid))
		return false;
	bool saved = save(thread);
	struct machine *found = saved ? &thread->machine : NULL;
	if (saved)
		undo_interrupt(thread);
	if (saved && thread->interrupted)
		found = &thread->failing;
	if (found && may_call(thread, found)) {
		thread->stopped = STOP_EVENT;
		return true;
	}
	if (saved && thread->interrupted)
		machine_restore(as_it_was(thread), tid);
	if (!waiting && await_call(thread)) {
		thread->stopped = STOP_CALL;
		return true;
	}
	let_go(tid);
	thread->tid = 0;
	errno = 0;
	return false;
}

static size_t list_threads(pid_t pid, pid_t **list)
{
	char path[32];
	size_t n = 0, cap = 0;
	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *all = opendir(path);
	*list = NULL;
	for (struct dirent *entry; all && (entry = readdir(all));)
		if (atoi(entry->d_name) > 0) {
			GROW(*list, n, cap);
			(*list)[n++] = atoi(entry->d_name);
		}
	if (all)
		closedir(all);
	return n;
}

/* Saves a part of its stack to use for calls; it is restored later. */
static bool make_room(struct stopped_thread *thread)
{
	thread->size = TEXT + MACHINE_FRAME;
	thread->area = (machine_sp(&thread->machine) - SKIPPED - thread->size) & ~63ull;
	thread->kept = xcalloc(thread->size, 1);
	return remote_read(thread->host->pid, thread->area, thread->kept, thread->size);
}

/* From here on, the frame returns the thread to where it was, whatever happens to socksan. */
static bool prepare(struct stopped_thread *thread)
{
	static const int taken[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, RAISED};
	_Alignas(64) char image[MACHINE_FRAME];
	uint64_t none = ~0ull;
	if (!make_room(thread))
		return false;
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		none &= ~(1ull << (taken[i] - 1));
	thread->sp = machine_frame(&thread->machine, image, thread->area, &thread->host->places, thread->mask, RAISED,
				   &thread->raising, &thread->mark);
	thread->masked = none;
	return remote_write(thread->host->pid, thread->area, image, sizeof image);
}

enum taken thread_take(const struct host *host, struct stopped_thread **taken)
{
	enum { ROUNDS = 20 };
	struct stopped_thread *thread = xcalloc(1, sizeof *thread);
	sigset_t all;
	bool found = false, refused = false;
	*taken = thread;
	thread->host = host;
	prctl(PR_SET_TIMERSLACK, 1000);
	/* The terminal must not kill socksan while a thread is stopped, and stops are reported by SIGCHLD. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &thread->former);
	for (int round = 0; round < ROUNDS && !found && !refused; round++) {
		pid_t *list;
		size_t n = list_threads(host->pid, &list);
		/* First threads that are waiting; from the third round on, also those that hardly ever wait. */
		for (int running = 0; running <= (round >= 2) && !found && !refused; running++)
			for (size_t i = 0; i < n && !found && !refused; i++) {
				if (!running && !waits_well(host, list[i]))
					continue;
				found = take(thread, list[i], !running);
				refused = !found && errno && errno != ESRCH;
			}
		free(list);
		if (n == 0)
			break;
		if (!found && !refused)
			nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	if (found && !prepare(thread))
		found = false;
	return found ? TAKEN : refused ? TAKEN_REFUSED : TAKEN_NONE;
}

/* -- calls ---------------------------------------------------------------------------------------------------- */

static bool put(struct stopped_thread *thread, uint64_t sp, uint64_t function, const char *text, uint64_t a, uint64_t b)
{
	uint64_t at = thread->area + MACHINE_FRAME;
	pid_t pid = thread->host->pid;
	if (text && (strlen(text) >= TEXT - 256 || !remote_write(pid, at, text, strlen(text) + 1)))
		return false;
	/* In this order: returning restores the signal mask. */
	return machine_go(&thread->machine, thread->tid, sp, function, text ? at : a, b) &&
	       ptrace(PTRACE_SETSIGMASK, thread->tid, (void *)sizeof thread->masked, &thread->masked) == 0;
}

bool thread_call(struct stopped_thread *thread, uint64_t function, const char *text, uint64_t a, uint64_t b,
		 uint64_t *result)
{
	int64_t end = monotonic_now() + 3000 * MS;
	int signal = 0;
	if (!put(thread, thread->sp, function, text, a, b))
		return false;
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, thread->tid, NULL, NULL) != 0)
			return false;
		enum stop stop = thread->stopped = next_stop(thread->tid, end, &signal);
		thread->returns = stop == STOP_NONE;
		/* A signal that is not blocked means that the call crashed. */
		if (stop == STOP_NONE || stop == STOP_GONE || stop == STOP_SIGNAL)
			return false;
		if (stop == STOP_CALL && machine_returned(thread->tid, thread->host->places.call, thread->sp, result))
			break;
	}
	return machine_skip(thread->tid);
}

/* Whether a signal is the one that the thread sent itself. */
static bool is_raised(const struct stopped_thread *thread, int signal)
{
	siginfo_t info;
	return signal == RAISED && ptrace(PTRACE_GETSIGINFO, thread->tid, NULL, &info) == 0 && info.si_code == SI_TKILL;
}

bool thread_call_long(struct stopped_thread *thread, uint64_t function, const char *text, uint64_t b)
{
	int64_t end = monotonic_now() + 3000 * MS;
	int signal = 0;
	pid_t pid = thread->host->pid;
	enum stop stop = STOP_NONE;
	if (!remote_write(pid, thread->sp, &thread->mark, sizeof thread->mark) ||
	    !put(thread, thread->raising, function, text, 0, b))
		return false;
	do {
		int give = stop == STOP_SIGNAL && signal == RAISED ? signal : 0; /* someone else's */
		if (ptrace(PTRACE_CONT, thread->tid, NULL, (void *)(intptr_t)give) != 0)
			return false;
		stop = thread->stopped = next_stop(thread->tid, end, &signal);
		thread->returns = stop == STOP_NONE;
	} while (stop == STOP_EVENT || (stop == STOP_SIGNAL && signal == RAISED && !is_raised(thread, signal)));
	return stop == STOP_SIGNAL && signal == RAISED &&
	       remote_write(pid, thread->sp, &thread->host->places.call, sizeof thread->host->places.call);
}

bool thread_call_shim(struct stopped_thread *thread, uint64_t function, const char *text, struct attach_reply *reply)
{
	int64_t end = monotonic_now() + 3000 * MS;
	uint64_t at = thread->area + MACHINE_FRAME + TEXT - 128;
	int signal = 0;
	pid_t pid = thread->host->pid;
	*reply = (struct attach_reply){0};
	if (!remote_write(pid, at, reply, sizeof *reply) ||
	    !put(thread, thread->sp, function, text, at, text ? at : 0) ||
	    ptrace(PTRACE_CONT, thread->tid, NULL, NULL) != 0)
		return false;
	thread->stopped = STOP_NONE;
	thread->returns = true;
	while (!reply->done && monotonic_now() < end) {
		enum stop stop = next_stop(thread->tid, 0, &signal);
		if (stop == STOP_SIGNAL || stop == STOP_GONE) {
			thread->stopped = stop;
			thread->returns = false;
			return false;
		}
		if (stop != STOP_NONE)
			ptrace(PTRACE_CONT, thread->tid, NULL, NULL);
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
		if (!remote_read(pid, at, reply, sizeof *reply))
			return false;
	}
	if (!reply->done)
		return false;
	/* If it has waited too long, it is returning by itself. */
	if (stop_thread(thread->tid, monotonic_now() + 1000 * MS)) {
		thread->stopped = STOP_EVENT;
		thread->returns = !remote_read(pid, at, reply, sizeof *reply) || reply->done != 1;
	}
	return true;
}

/* From a stop at a system call, which is skipped, to a stop that was requested. */
static bool come_to_stop(struct stopped_thread *thread)
{
	int signal = 0;
	return machine_skip(thread->tid) && ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) == 0 &&
	       ptrace(PTRACE_CONT, thread->tid, NULL, NULL) == 0 &&
	       next_stop(thread->tid, monotonic_now() + 1000 * MS, &signal) == STOP_EVENT;
}

/* Restores everything. After a stop of its own, the kernel checks the registers again, and resumes a call that was interrupted. */
static void restore(struct stopped_thread *thread)
{
	/* In this order, since socksan may be killed in between: until the registers are restored, the frame is needed. */
	ptrace(PTRACE_SETSIGMASK, thread->tid, (void *)sizeof thread->mask, &thread->mask);
	machine_restore(as_it_was(thread), thread->tid);
	if (thread->kept)
		remote_write(thread->host->pid, thread->area, thread->kept, thread->size);
}

int64_t thread_release(struct stopped_thread *thread)
{
	int64_t kept = 0;
	if (thread->stopped != STOP_NONE && thread->stopped != STOP_GONE) {
		if (!thread->returns && (thread->stopped != STOP_CALL || come_to_stop(thread)))
			restore(thread);
		let_go(thread->tid);
		kept = monotonic_now() - thread->since;
	} else if (thread->stopped == STOP_NONE && thread->tid) {
		let_go(thread->tid); /* the frame returns it */
		kept = monotonic_now() - thread->since;
	}
	sigprocmask(SIG_SETMASK, &thread->former, NULL);
	free(thread->kept);
	free(thread);
	return kept;
}
