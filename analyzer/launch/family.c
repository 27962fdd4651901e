/* The processes that a command leaves behind with the shim in them: daemons, whose ends the report needs.
 *
 * A trace in the folder names its process. Others are found by what the shim itself needs, its options in the environment and its mapping:
 * a daemon's first process often ends before its child has written a line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/family.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/launch/launch.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"

/* Whether the text has a `process` line with this start. Quotes inside strings are escaped, so keys are found as they are written. */
static bool names_start(const char *text, size_t size, unsigned long long start)
{
	static const char opening[] = "\"ev\":\"process\"", key[] = "\"start\":";
	const char *end = text + size;

	for (const char *at = text; (at = memmem(at, (size_t)(end - at), opening, sizeof opening - 1)) != NULL; at++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *value = stop ? memmem(at, (size_t)(stop - at), key, sizeof key - 1) : NULL;

		if (value != NULL && strtoull(value + sizeof key - 1, NULL, 10) == start)
			return true;
	}
	return false;
}

/* Whether the trace belongs to the process with this start, and not to an earlier one with the same pid. */
static bool is_trace_of(const char *path, unsigned long long start)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool found = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		size_t size = (size_t)st.st_size;
		char *text = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

		if (text != MAP_FAILED) {
			found = names_start(text, size, start);
			munmap(text, size);
		}
	}
	close(fd);
	return found;
}

enum whose { NOBODYS, OURS, ANOTHERS };

/* What follows the last `key` in the options, or NULL. */
static const char *last_value(const char *options, const char *key)
{
	const char *last = NULL;

	for (const char *next = options; (next = strstr(next, key)) != NULL;)
		last = next += strlen(key);
	return last;
}

/* The run that an environment's options belong to: the last ones count, since an inner `socksan run` appends its own. Two runs may share a
 * folder; their boards distinguish them. */
static enum whose has_options(const struct family *family, const char *environment, size_t size)
{
	static const char name[] = "SOCKSAN_OPTIONS=";
	size_t length = strlen(family->dir->path);

	for (const char *at = environment; at < environment + size; at += strlen(at) + 1) {
		if (strncmp(at, name, sizeof name - 1) != 0)
			continue;
		const char *path = last_value(at, "log_path="), *board = last_value(at, "board=");
		/* The shim may have moved it to the end. */
		if (path != NULL && strncmp(path, family->dir->path, length) == 0 &&
		    strncmp(path + length, "/socksan", 8) == 0 && strchr(":", path[length + 8]) != NULL)
			return board != NULL && atoi(board) == getpid() ? OURS : ANOTHERS;
		return NOBODYS;
	}
	return NOBODYS;
}

enum presence { ABSENT, UNCLEAR, STARTING, PRESENT };

/* Whether a process of the run has started a program that may be this one, and has not loaded the shim yet. */
static bool is_awaited(const struct board *board, pid_t pid)
{
	if (!board)
		return true;
	for (size_t i = 0; i < BOARD_NEXT; i++)
		if (__atomic_load_n(&board->next[i].pid, __ATOMIC_RELAXED) == (uint32_t)pid)
			return true;
	return __atomic_load_n(&board->begun, __ATOMIC_RELAXED) > __atomic_load_n(&board->unawaited, __ATOMIC_RELAXED);
}

/* Looks for the shim in a process. In the middle of an exec there is briefly neither an environment nor a libc, and neither is visible once
 * the main thread has ended: then the next look at the traces decides. */
static enum presence shim_in(const struct family *family, pid_t pid, const struct proc_stat *stat, bool recorded)
{
	size_t size;
	char *environment = proc_read(pid, "environ", &size);
	enum whose whose = environment != NULL ? has_options(family, environment, size) : NOBODYS;
	enum presence presence = stat->state == 'Z' ? STARTING : ABSENT;

	if (recorded) {
		presence = whose == ANOTHERS ? ABSENT : PRESENT;
	} else if (environment != NULL && (whose == OURS || size == 0)) {
		char *maps = proc_read(pid, "maps", NULL);

		if (maps != NULL && strstr(maps, family->shim) != NULL)
			presence = whose == OURS ? PRESENT : STARTING;
		else if (maps == NULL || strstr(maps, "/libc.so") == NULL)
			presence = whose == OURS || is_awaited(family->board, pid) ? STARTING : UNCLEAR;
		free(maps);
	}
	free(environment);
	return presence;
}

static bool is_recorded(const struct trace_files *traces, pid_t pid, const struct proc_stat *stat)
{
	for (size_t i = 0; i < traces->n; i++)
		if (traces->files[i].pid == pid && is_trace_of(traces->files[i].path, stat->start))
			return true;
	return false;
}

/* A process has ended: it may have left a child that this look misses, unless the last one saw it in the same state. */
static void note_dead(struct family *family, size_t known, pid_t pid)
{
	size_t i = 0;

	while (i < known && family->dead.pids[i] != pid)
		i++;
	if (i == known)
		family->missed = true;
	GROW(family->dead.pids, family->dead.n, family->dead.room);
	family->dead.pids[family->dead.n++] = pid;
}

static void look_at(struct family *family, const struct trace_files *traces, size_t known_dead, pid_t pid)
{
	struct proc_stat stat;
	enum presence presence = ABSENT;

	if (proc_stat(pid, &stat) != 0) {
		family->missed = true;
		return;
	}
	if (stat.start < family->since || stat.kernel)
		return;
	if (stat.alive)
		presence = shim_in(family, pid, &stat, is_recorded(traces, pid, &stat));
	if (presence == PRESENT) {
		GROW(family->members, family->n, family->room);
		family->members[family->n].pid = pid;
		memcpy(family->members[family->n++].name, stat.name, sizeof stat.name);
	} else if (presence == STARTING) {
		family->starting = true;
	} else if (presence == UNCLEAR) {
		family->missed = true;
	} else if (!stat.alive || proc_stat(pid, &stat) != 0 || !stat.alive) {
		note_dead(family, known_dead, pid);
	}
}

static void find(struct family *family)
{
	struct trace_files traces;
	DIR *all = opendir("/proc");
	struct dirent *entry;
	size_t known_dead = family->dead.n;

	family->n = 0;
	family->starting = family->missed = false;
	if (trace_dir_list(family->dir, &traces) != 0)
		traces = (struct trace_files){0};
	while (all != NULL && (entry = readdir(all)) != NULL) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (pid > 0 && pid != getpid())
			look_at(family, &traces, known_dead, pid);
	}
	if (all != NULL)
		closedir(all);
	trace_files_free(&traces);

	family->dead.n -= known_dead;
	if (known_dead > 0)
		memmove(family->dead.pids, family->dead.pids + known_dead, family->dead.n * sizeof *family->dead.pids);
}

/* Changes whenever a process of the run makes another, or a program of it is entered. */
static uint64_t births(const struct board *board)
{
	return (uint64_t)__atomic_load_n(&board->children, __ATOMIC_RELAXED) << 32 |
	       __atomic_load_n(&board->observed, __ATOMIC_RELAXED);
}

void family_settle(struct family *family)
{
	/* A program may take long to start on a busy machine. There, strangers come and go during each look too. They may hide one of ours only if
	 * it was made by a call that no hook sees, which is worth a few looks. */
	enum { STEPS = 300, STEP_US = 10000, QUIET = 2, DOUBTS = 5, ALONE = 1 };
	int quiet = 0, doubts = 0;

	for (int i = 0; i < STEPS; i++) {
		uint64_t before = family->board ? births(family->board) : 0;
		bool alone =
			before == ALONE; /* COMMAND was entered, and no other sign is of a child: one look will do */

		find(family);
		if (family->n > 0)
			return;
		if (family->starting || (family->board && births(family->board) != before))
			quiet = doubts = 0;
		else if (family->missed && family->board)
			doubts++;
		else if (family->missed)
			quiet = 0;
		else
			/* A process born while the list was read, whose parent was gone before its entry was read, is in the next list. */
			quiet++;
		if (quiet >= (alone ? 1 : QUIET) || doubts >= (alone ? 1 : DOUBTS))
			return;
		usleep(family->starting || family->missed ? STEP_US : STEP_US / 10);
	}
}

bool family_has(const struct family *family, pid_t pid)
{
	for (size_t i = 0; i < family->n; i++)
		if (family->members[i].pid == pid)
			return true;
	return false;
}

char *family_names(const struct family *family)
{
	enum { SHOWN = 8 };
	char *names = xstrdup("");

	for (size_t i = 0; i < family->n && i <= SHOWN; i++) {
		const struct family_member *member = &family->members[i];
		char *longer = i == SHOWN
				       ? xasprintf("%s, ...", names)
				       : xasprintf("%s%s%d %s", names, i ? ", " : "", (int)member->pid, member->name);

		free(names);
		names = longer;
	}
	return names;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Whether a signal has come that asks to end. */
static bool asked_to_end(int signals)
{
	struct pollfd ready = {.fd = signals, .events = POLLIN};
	struct signalfd_siginfo info;

	while (poll(&ready, 1, 0) > 0 && read(signals, &info, sizeof info) == sizeof info) {
		if (launch_is_ending((int)info.ssi_signo))
			return true;
		if (info.ssi_signo == SIGTSTP)
			launch_stop_alike(SIGTSTP);
	}
	return false;
}

/* Sleeps until a signal comes, a member ends or the time is up. */
static void sleep_on(const struct family *family, int signals, int ms)
{
	enum { MOST = 256, LOOK_AGAIN = 200 };
	struct pollfd fds[MOST] = {{.fd = signals, .events = POLLIN}};
	nfds_t n = 1;

	for (size_t i = 0; i < family->n && n < MOST; i++) {
		int fd = (int)syscall(SYS_pidfd_open, family->members[i].pid, 0);

		if (fd >= 0)
			fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	/* The kernel has no pidfd, a member has just ended, or there are too many. */
	if (n <= family->n && (ms < 0 || ms > LOOK_AGAIN))
		ms = LOOK_AGAIN;
	poll(fds, n, ms);
	while (n > 1)
		close(fds[--n].fd);
}

bool family_wait(struct family *family, int signals)
{
	enum { QUIET_MS = 2000, QUIET_ON_TERMINAL_MS = 200 };
	long long tell_at = now_ms() + (isatty(STDERR_FILENO) ? QUIET_ON_TERMINAL_MS : QUIET_MS);
	bool told = false;

	for (;;) {
		family_settle(family);
		if (family->n == 0)
			return true;

		long long left = tell_at - now_ms();
		if (!told && left <= 0) {
			char *names = family_names(family);

			complain("COMMAND has ended; waiting for %zu background process%s it left: %s (interrupt to "
				 "report now)",
				 family->n, family->n == 1 ? "" : "es", names);
			free(names);
			told = true;
		}
		sleep_on(family, signals, told ? -1 : (int)left + 1);
		if (asked_to_end(signals))
			return false;
	}
}
