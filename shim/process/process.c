/* The process as the trace sees it: see process.h; proc(5), madvise(2), pthread_atfork(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/process.h"

#include "shim/model/board.h"
#include "shim/api/check.h"
#include "shim/trace/jsonl.h"
#include "shim/model/options.h"
#include "shim/kernel/peek.h"
#include "shim/track/record.h"
#include "shim/stack/stack.h"
#include "shim/kernel/sys.h"
#include "shim/trace/trace.h"
#include "shim/model/version.h"
#include "shim/kernel/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

static int alive_fallback = 1;
struct process process = {.alive = &alive_fallback};

static const char *how = "exec";
static uint64_t started; /* t of the process line; the inherited sockets follow it, one ns each */
static bool ended;

/* The file's beginning, at most size - 1 bytes, NUL-terminated: its length, 0 when it cannot be read. */
static size_t slurp(const char *path, char *buffer, size_t size)
{
	size_t len = 0;
	long fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0), n;
	if (fd >= 0) {
		while (len < size - 1 && (n = sys3(SYS_read, fd, buffer + len, size - 1 - len)) > 0)
			len += (size_t)n;
		sys1(SYS_close, fd);
	}
	buffer[len] = 0;
	return len;
}

/* Field 22 of /proc/self/stat: when this process began, in clock ticks since boot. */
static uint64_t start_ticks(void)
{
	char stat[1024];
	slurp("/proc/self/stat", stat, sizeof stat);
	const char *at = strrchr(stat, ')'); /* the name before it may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	uint64_t n = 0;
	for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n;
}

/* What tells this process from all others that ever had its pid; 0 and "" where /proc does not say. */
struct identity {
	uint64_t start, pidns;
	char boot[40];
};

static struct identity identify(void)
{
	struct identity id = {.start = start_ticks()};
	struct stat st;
	slurp("/proc/sys/kernel/random/boot_id", id.boot, sizeof id.boot);
	id.boot[strcspn(id.boot, "\n")] = 0;
	if (!sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/pid", &st, 0))
		id.pidns = st.st_ino;
	return id;
}

static bool has_number(const char *line, const char *key, uint64_t n)
{
	char text[64], *at = stpcpy(text, key);
	at = jsonl_decimal(at, n);
	strcpy(at, ",");
	return strstr(line, text);
}

/* Each key stands before all text of others, in which a quote would be escaped. */
static bool owns(const char *line)
{
	static const char process_line[] = "{\"ev\":\"process\",";
	struct identity id = identify();
	char boot[64];
	strcpy(stpcpy(stpcpy(boot, ",\"boot\":\""), id.boot), "\",");
	return id.start && id.pidns && *id.boot && !strncmp(line, process_line, sizeof process_line - 1) &&
	       has_number(line, ",\"pid\":", (uint64_t)process.pid) && has_number(line, ",\"start\":", id.start) &&
	       has_number(line, ",\"pidns\":", id.pidns) && strstr(line, boot);
}

static void write_process(void)
{
	char *scratch = trace_scratch(), *line = scratch + TRACE_LINE_MAX;
	if (!scratch)
		return;
	struct identity id = identify();
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "process");
	struct timespec wall, mono;
	struct rlimit nofile = {0};
	struct utsname uts;
	sys_clock(CLOCK_MONOTONIC, &mono);
	sys_clock(CLOCK_REALTIME, &wall);
	uint64_t now = (uint64_t)mono.tv_sec * 1000000000 + (uint64_t)mono.tv_nsec;
	uint64_t epoch = (uint64_t)wall.tv_sec * 1000000000 + (uint64_t)wall.tv_nsec;
	sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &nofile);
	jsonl_uint(&j, "t", started);
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "schema", 1);
	jsonl_str(&j, "version", SOCKSAN_VERSION);
	jsonl_seconds(&j, "wall", epoch - (now > started ? now - started : 0));
	jsonl_int(&j, "ppid", sys0(SYS_getppid));
	jsonl_str(&j, "how", how);
	jsonl_uint(&j, "start", id.start);
	if (id.pidns)
		jsonl_uint(&j, "pidns", id.pidns);
	jsonl_uint(&j, "nofile", nofile.rlim_cur);
	if (*id.boot)
		jsonl_str(&j, "boot", id.boot);
	if (!sys1(SYS_uname, &uts))
		jsonl_str(&j, "host", uts.nodename);
	jsonl_str(&j, "exe", stack_exe);
	jsonl_array(&j, "argv");
	size_t len = options.argv ? slurp("/proc/self/cmdline", scratch, TRACE_LINE_MAX / 2) : 0;
	for (size_t at = 0; at < len; at += strlen(scratch + at) + 1)
		jsonl_add(&j, scratch + at, strlen(scratch + at));
	jsonl_array_end(&j);
	trace_put_as(TRACE_PLACE, line, jsonl_close(&j));
	trace_scratch_end(scratch);
}

static void write_inherited(int fd, struct socket *s, uint64_t t)
{
	struct sockaddr_storage local, peer;
	bool forked = how[0] == 'f';
	struct event e = event(forked ? "fork" : "execve", fd);
	e.t = t;
	e.sock = s->sock;
	e.life = socket_life(s);
	e.to = e.life.state;
	e.has_kind = true;
	e.inherited = true;
	e.cookie = cookie_of(fd, fd_load(fd));
	if (!forked) { /* a parent's trace has them otherwise */
		e.local_len = sizeof local;
		e.peer_len = sizeof peer;
		if (!sys3(SYS_getsockname, fd, &local, &e.local_len))
			e.local = (void *)&local;
		if (!sys3(SYS_getpeername, fd, &peer, &e.peer_len))
			e.peer = (void *)&peer;
	}
	record(&e);
}

static void opened(void)
{
	uint64_t t = started;
	struct socket *s;
	write_process();
	for (int fd = 0; (s = socket_next(&fd)); fd++)
		if (socket_life(s).flags & INHERITED)
			write_inherited(fd, s, ++t);
}

/* Takes the stamp of the process line, and one for each inherited socket. */
static void stamp(int sockets)
{
	started = trace_now();
	while (sockets--)
		trace_now();
}

/* Whether another descriptor of the socket is in the table already: its word then, with one more counted. */
static bool known(int fd, fd_word *w)
{
	uint64_t cookie;
	struct socket *s;
	if (sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie))
		return false;
	for (int other = 0; (s = socket_next(&other)); other++)
		if (socket_cookie(s) == cookie) {
			*w = fd_load(other);
			return socket_ref(*w);
		}
	return false;
}

/* What is open now came from elsewhere. Returns whether any of it is worth a file: 0, 1 and 2 are passed on purpose. */
static bool adopt_descriptors(void)
{
	char buffer[2048];
	int sockets = 0;
	bool worth = false;
	long dir = sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), n;
	while (dir >= 0 && (n = sys3(SYS_getdents64, dir, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buffer + at);
			int fd = 0;
			struct life life;
			fd_word w;
			at += d->d_reclen;
			if (*d->d_name < '0' || *d->d_name > '9')
				continue;
			for (const char *p = d->d_name; *p; p++)
				fd = fd * 10 + *p - '0';
			if (fd == dir || !kernel_life(fd, &life))
				continue;
			life.flags |= INHERITED;
			if (!known(fd, &w)) {
				struct socket *s = socket_new(life, &w);
				if (!s)
					continue;
			}
			fd_swap(fd, w);
			cookie_of(fd, w);
			watch_opened();
			sockets++;
			worth |= fd > 2;
		}
	}
	if (dir >= 0)
		sys1(SYS_close, dir);
	stamp(sockets);
	return worth;
}

static void mark_alive(void)
{
	int *page = sys_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page && !sys3(SYS_madvise, page, 4096, MADV_WIPEONFORK))
		process.alive = page;
	*process.alive = 1;
}

void process_start(void)
{
	process.pid = (int)sys0(SYS_getpid);
	trace_opened = opened;
	trace_owns = owns;
	mark_alive();
	process.on = true;
	process.follow_exec = true;
	board_open();
	if (adopt_descriptors())
		trace_open();
	if (options.verbosity)
		say("watching ", stack_exe, NULL);
}

void process_child(void)
{
	struct socket *s;
	int sockets = 0;
	bool worth = false;
	if (*process.alive && process.pid == (int)sys0(SYS_getpid))
		return; /* adopted already */
	/* A trace of its own cannot be made, or its descriptors are not those in the table. */
	if (sys_off || thread.apart || process.shares_table)
		process.on = false;
	*process.alive = 1;
	process.pid = (int)sys0(SYS_getpid);
	thread.tid = thread.ids_len = 0;
	thread.vforked = thread.apart = 0;
	process.siblings = false;
	thread.sweep = (struct sweep){0};
	trace_forget();
	stack_forget();
	check_forget();
	ended = false;
	how = "fork";
	process.follow_exec = options.follow;
	if (!options.follow)
		process.on = false;
	if (!process.on)
		return;
	for (int fd = 0; (s = socket_next(&fd)); fd++) {
		s->life.flags |= INHERITED | SHARED;
		s->stack = 0;
		s->rx = s->tx = s->last = s->gap = 0;
		s->inside[0] = s->inside[1] = 0;
		sockets++;
		worth |= fd > 2;
	}
	watch_count(sockets);
	stamp(sockets);
	if (worth)
		trace_open();
}

/* Whether the kernel knows this process by the number that the trace does. In doubt, yes. */
static bool is_recorded(void)
{
	long pid = sys0(SYS_getpid);
	return pid < 0 || pid == process.pid;
}

bool process_asks(void)
{
	if (!*process.alive) {
		process_child();
		return process.on;
	}
	long tid = sys0(SYS_gettid);
	return tid < 0 || (tid == thread_tid() && (process.siblings || is_recorded()));
}

void process_strangers(int more)
{
	thread_tid(); /* this thread's, before another could take its place */
	__atomic_fetch_add(process.alive, more, __ATOMIC_ACQ_REL);
}

bool process_borrows(void)
{
	process_active(); /* adopts */
	return thread.vforked > thread.apart || !is_recorded();
}

void process_unseen(void)
{
	char line[128];
	if (!process_active() || !trace_is_open())
		return;
	struct jsonl j = jsonl_open(line, sizeof line, "lost");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "tid", thread_tid());
	jsonl_str(&j, "why", "own-table");
	trace_put(line, jsonl_close(&j));
}

void process_unshared(void)
{
	struct stat st;
	/* The kernel counts a link for each thread, and two more. A process of one thread keeps its table by this. */
	bool alone = !sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0) && st.st_nlink == 3;
	if ((alone && !process.siblings) || !process_active())
		return;
	process_unseen();
	thread.apart = 1;
	thread.vforked++;
}

uint64_t process_give(const char *op)
{
	struct socket *s;
	bool enters = false;
	if (!process_active())
		return 0;
	bool forks = !strcmp(op, "fork") || !strcmp(op, "_Fork") || !strcmp(op, "daemon");
	for (int fd = 0; (s = socket_next(&fd)); fd++) {
		fd_word w = fd_load(fd);
		if (socket_of(w) != s)
			continue; /* another thread's, which comes or goes meanwhile */
		bool kept = !forks && sys2(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC;
		enters |= !forks && !kept && fd > 2;
		if (!kept)
			socket_flag(s, SHARED);
		struct event e = event(op, fd);
		e.sock = socket_id(s);
		e.from = e.to = socket_life(s).state;
		if (socket_cookie(s) || !(e.cookie = cookie_of(fd, w)))
			continue;
		record(&e);
	}
	return enters ? trace_now() : 0;
}

void process_spawned(const char *op, int child, uint64_t t)
{
	char line[256];
	if (!t || !process_active())
		return;
	uint32_t stack = stack_here();
	struct jsonl j = jsonl_open(line, sizeof line, "spawn");
	jsonl_uint(&j, "t", t);
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "tid", thread_tid());
	jsonl_str(&j, "op", op);
	if (child)
		jsonl_int(&j, "child", child);
	if (stack)
		jsonl_uint(&j, "stack", stack);
	trace_put(line, jsonl_close(&j));
}

/* Whether this thread belongs to the process, so that what ends it ends that. */
static bool ends(void)
{
	return (process_active() || (process.on && thread.apart && thread.vforked == 1)) && is_recorded();
}

void process_exec(const char *op, const char *path, int error)
{
	if (!ends() || !trace_is_open())
		return;
	if (error)
		trace_hold(false);
	uint32_t stack = !error && process_give(op) ? stack_here() : 0;
	char *line = trace_scratch();
	if (!line) {
		trace_lose();
		if (!error)
			trace_hold(true);
		return;
	}
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "exec");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "tid", thread_tid());
	jsonl_str(&j, "op", op);
	if (error) {
		extern const char *strerrorname_np(int) __attribute__((weak));
		jsonl_int(&j, "ret", -1);
		jsonl_str(&j, "errno", strerrorname_np ? strerrorname_np(error) : "?");
	} else if (path && peek_string(line + TRACE_LINE_MAX, path, 4096) >= 0) {
		jsonl_str(&j, "path", line + TRACE_LINE_MAX);
	}
	if (stack)
		jsonl_uint(&j, "stack", stack);
	trace_put(line, jsonl_close(&j));
	trace_scratch_end(line);
	if (!error)
		trace_hold(true);
}

static int write_leaks(void)
{
	char line[512];
	struct socket *s;
	int open = 0;
	bool ask = !sys_off && !thread.apart; /* else the table's word is all there is */
	for (int fd = 0; (s = socket_next(&fd)); fd++) {
		struct life life = socket_life(s);
		fd_word w = fd_load(fd);
		if (ask && !still_there(fd, s)) {
			if (socket_of(w) == s && fd_replace(fd, w, FD_OTHER))
				closed_unseen("exit", fd, w);
			continue;
		}
		open++;
		if (life.flags & INHERITED || __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_INTENDED)
			continue;
		bool inet = ask && (life.family == AF_INET || life.family == AF_INET6);
		uint64_t close_wait = inet && life.state == STATE_ESTABLISHED ? watch_close_wait(fd) : 0;
		if (close_wait) /* the kernel knows what the program did not read */
			life.state = STATE_CLOSE_WAIT;
		else if (ask && life.state == STATE_CONNECTING) /* nor ask */
			kernel_life(fd, &life);
		struct jsonl j = jsonl_open(line, sizeof line, "leak");
		jsonl_uint(&j, "t", trace_now());
		jsonl_int(&j, "pid", process.pid);
		jsonl_int(&j, "fd", fd);
		jsonl_uint(&j, "sock", s->sock);
		jsonl_str(&j, "state", state_name(life.state));
		if (s->stack)
			jsonl_uint(&j, "stack", s->stack);
		if (__atomic_load_n(&trace_dropped, __ATOMIC_RELAXED)) /* the line of its beginning may be among them */
			record_kind(&j, life);
		if (close_wait)
			jsonl_uint(&j, "close_wait", close_wait);
		if (s->gap >= WAIT_TOLD)
			jsonl_uint(&j, "gap", s->gap);
		if (s->rx)
			jsonl_uint(&j, "rx", s->rx);
		if (s->tx)
			jsonl_uint(&j, "tx", s->tx);
		jsonl_str(&j, "violation", violation_name(VIOLATION_never_closed));
		trace_put_as(TRACE_LEAK, line, jsonl_close(&j));
	}
	return open;
}

void process_death(int pid, int signal)
{
	struct board *board = board_at_hand();
	uint32_t n = board ? __atomic_fetch_add(&board->deaths, 1, __ATOMIC_RELAXED) : BOARD_DEATHS;
	if (n >= BOARD_DEATHS)
		return;
	board->death[n].signal = (uint32_t)signal;
	board->death[n].t = trace_now();
	__atomic_store_n(&board->death[n].pid, (uint32_t)pid, __ATOMIC_RELEASE);
}

void process_exit(int status)
{
	char line[256];
	if (!ends() || !trace_is_open() || __atomic_exchange_n(&ended, true, __ATOMIC_ACQ_REL))
		return;
	if (trace_discard())
		return;
	int open = write_leaks();
	struct jsonl j = jsonl_open(line, sizeof line, "exit");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "status", status & 0xff);
	jsonl_int(&j, "open", open);
	jsonl_uint(&j, "events", __atomic_load_n(&trace_events, __ATOMIC_RELAXED));
	jsonl_uint(&j, "dropped", __atomic_load_n(&trace_dropped, __ATOMIC_RELAXED));
	size_t len = jsonl_close(&j);
	trace_put_as(TRACE_END, line, len);
	trace_finish();
	if (options.verbosity) {
		line[len - 1] = 0;
		say(line, NULL, NULL);
	}
}
