/* Writes what is open beside the trace, when descriptors run out or a signal asks for it: open.schema.json. signal(7),
 * getrlimit(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"
#include "shim/process/process.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/model/dump.h"
#include "shim/model/version.h"
#include "shim/stack/depot.h"
#include "shim/stack/module.h"
#include "shim/state/options.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"
#include "shim/track/event.h"
#include "shim/track/places.h"

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SECOND 1000000000ull
#define MINUTE (60 * SECOND)
#define BETWEEN (SECOND / 4) /* ns between two scans, since one takes some ms */

/* -- the document --------------------------------------------------------------------------------------------- */

enum { BUFFER = 1 << 16, LONGEST = 1 << 14 }; /* BUFFER: bytes written at once; LONGEST: a place with its examples */

struct document {
	char path[OPTION_PATH + 40], trace[OPTION_PATH + 40], name[OPTION_PATH + 40];
	const char *why;
	const struct held_places *places;
	uint64_t limit, room; /* room: the largest file allowed */
	long fd, error;
	size_t used, written;
	char buffer[BUFFER];
};

static void flush(struct document *d, const char *text, size_t len)
{
	if (d->error || !len)
		return;
	long n = d->written + len > d->room ? -EFBIG : sys3(SYS_write, d->fd, text, len);
	if (n != (long)len)
		d->error = n < 0 ? n : -ENOSPC;
	d->written += len;
}

static void spill(struct document *d)
{
	flush(d, d->buffer, d->used);
	d->used = 0;
}

static void put(struct document *d, const char *text, size_t len)
{
	if (d->used + len > BUFFER)
		spill(d);
	if (len > BUFFER) {
		flush(d, text, len);
		return;
	}
	memcpy(d->buffer + d->used, text, len);
	d->used += len;
}

#define PUT(text) put(d, text, sizeof(text) - 1)

/* Begins an object in the buffer, of at most LONGEST bytes. Each key is written with a comma before it, so `first` has
 * the first key. */
static struct jsonl begin(struct document *d, const char *first)
{
	if (d->used + LONGEST > BUFFER)
		spill(d);
	char *start = d->buffer + d->used;
	return (struct jsonl){.start = start, .at = stpcpy(start, first), .end = start + LONGEST - 64};
}

static void end(struct document *d, const struct jsonl *j) { d->used += (size_t)(j->at - j->start); }

static void put_head(struct document *d)
{
	struct jsonl j = begin(d, "{\"schema\":\"" OPEN_SCHEMA "\"");
	struct timespec wall = {0};
	sys_clock(CLOCK_REALTIME, &wall);
	jsonl_word(&j, "version", SOCKSAN_VERSION);
	jsonl_word(&j, "why", d->why);
	jsonl_uint(&j, "t", d->places->now);
	jsonl_seconds(&j, "wall", (uint64_t)wall.tv_sec * SECOND + (uint64_t)wall.tv_nsec);
	jsonl_int(&j, "pid", process_pid());
	jsonl_uint(&j, "limit", d->limit);
	jsonl_int(&j, "open", d->places->open);
	if (d->places->rest)
		jsonl_uint(&j, "rest", d->places->rest);
	jsonl_uint(&j, "dropped", __atomic_load_n(&trace_dropped, __ATOMIC_RELAXED));
	jsonl_str(&j, "trace", d->trace);
	end(d, &j);
}

static void put_line(struct document *d, const char *text, size_t len, unsigned *n)
{
	if (!text)
		return;
	put(d, *n ? ",\n" : "\n", *n ? 2 : 1);
	put(d, text, len);
	++*n;
}

static void put_lines(struct document *d)
{
	size_t len;
	unsigned n = 0;
	const char *text = own_told(&len);
	if (text) {
		PUT(",\n\"process\":");
		put(d, text, len);
	}
	PUT(",\n\"modules\":[");
	for (unsigned id = 1; id <= MODULE_IDS; id++) {
		text = module_told(id, &len);
		put_line(d, text, len, &n);
	}
	PUT("],\n\"stacks\":[");
	n = 0;
	for (unsigned i = 0; i < d->places->n; i++) {
		const struct held_place *p = &d->places->list[i];
		unsigned before = 0;
		while (before < i && d->places->list[before].stack != p->stack)
			before++;
		text = before == i ? depot_told(p->stack, &len) : NULL;
		put_line(d, text, len, &n);
	}
	PUT("]");
}

static void put_example(struct jsonl *j, const struct sample *e)
{
	jsonl_word(j, "state", state_name(e->life.state));
	if (e->t)
		jsonl_uint(j, "t", e->t);
	if (e->tid)
		jsonl_int(j, "tid", e->tid);
	if (e->sock)
		jsonl_uint(j, "sock", e->sock);
	if (e->rx)
		jsonl_uint(j, "rx", e->rx);
	if (e->tx)
		jsonl_uint(j, "tx", e->tx);
	if (e->last)
		jsonl_uint(j, "last", e->last);
	if (e->close_wait)
		jsonl_uint(j, "close_wait", e->close_wait);
	if (e->local_len)
		jsonl_address(j, "local", (const void *)&e->local, e->local_len);
	if (e->peer_len)
		jsonl_address(j, "peer", (const void *)&e->peer, e->peer_len);
}

static void put_place(struct document *d, const struct held_place *p, bool first)
{
	struct jsonl j = begin(d, first ? "\n{\"open\":" : ",\n{\"open\":");
	j.at = jsonl_decimal(j.at, p->open);
	if (p->op)
		jsonl_word(&j, "op", p->op);
	if (p->stack)
		jsonl_uint(&j, "stack", p->stack);
	record_kind(&j, p->life);
	if (p->ages)
		jsonl_uint(&j, "ages", p->ages);
	if (p->rx)
		jsonl_uint(&j, "rx", p->rx);
	if (p->tx)
		jsonl_uint(&j, "tx", p->tx);
	if (p->last)
		jsonl_uint(&j, "last", p->last);
	j.at = stpcpy(j.at, ",\"states\":{");
	for (unsigned state = STATE_NONE + 1, n = 0; state < STATES; state++) {
		if (!p->states[state])
			continue;
		j.at = stpcpy(stpcpy(stpcpy(j.at, n++ ? ",\"" : "\""), state_name(state)), "\":");
		j.at = jsonl_decimal(j.at, p->states[state]);
	}
	j.at = stpcpy(j.at, "},\"examples\":[");
	for (unsigned i = 0; i < p->examples; i++) {
		j.at = stpcpy(j.at, i ? ",{\"fd\":" : "{\"fd\":");
		j.at = jsonl_decimal(j.at, (uint64_t)p->example[i].fd);
		put_example(&j, &p->example[i]);
		j.at = stpcpy(j.at, "}");
	}
	j.at = stpcpy(j.at, "]}");
	end(d, &j);
}

/* -- the file: complete at any moment, since it is renamed into place ------------------------------------------ */

static void write_document(void *p)
{
	struct document *d = p;
	const int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL;
	d->error = 0;
	d->used = d->written = 0;
	d->fd = sys_open(d->path, flags, 0600);
	if (d->fd == -EEXIST) { /* left by a process killed while writing it */
		sys3(SYS_unlinkat, AT_FDCWD, d->path, 0);
		d->fd = sys_open(d->path, flags, 0600);
	}
	if (d->fd < 0) {
		d->error = d->fd;
		return;
	}
	put_head(d);
	put_lines(d);
	PUT(",\n\"places\":[");
	for (unsigned i = 0; i < d->places->n; i++)
		put_place(d, &d->places->list[i], i == 0);
	PUT("]}\n");
	spill(d);
	sys1(SYS_close, d->fd);
	if (!process.on) /* detached meanwhile */
		d->error = -ECANCELED;
	if (!d->error)
		d->error = sys5(SYS_renameat2, AT_FDCWD, d->path, AT_FDCWD, d->name, 0);
	if (d->error)
		sys3(SYS_unlinkat, AT_FDCWD, d->path, 0);
}

/* `full`: the host's descriptor table is full, so the errand must not run on it. */
static bool by_errand(struct document *d, bool full)
{
	d->error = -EAGAIN;
	if (errand(write_document, d, ERRAND_EMPTY, full) && d->error == -EMFILE)
		errand(write_document, d, ERRAND_EMPTY, true);
	return !d->error;
}

/* Another thread may still be writing the first line of the trace. */
static void await_trace(void)
{
	static const struct timespec half_ms = {.tv_nsec = 500000};
	size_t len;
	trace_open();
	for (int turn = 0; trace_is_open() && !own_told(&len) && turn < 20; turn++)
		sys5(SYS_ppoll, NULL, 0, &half_ms, NULL, 0); /* not nanosleep: see park() in hooks/attach.c */
}

static bool find_names(struct document *d)
{
	size_t any;
	await_trace();
	if (!own_told(&any))
		return false;
	if (!trace_path(d->trace, sizeof d->trace))
		return false;
	size_t len = strlen(d->trace) - (sizeof ".jsonl" - 1);
	memcpy(d->name, d->trace, len);
	strcpy(d->name + len, OPEN_SUFFIX);
	strcpy(stpcpy(d->path, d->name), ".new");
	return true;
}

static void tell(const struct document *d)
{
	char text[96], *at = jsonl_decimal(text, (uint64_t)d->places->open);
	at = stpcpy(at, d->places->open == 1 ? " descriptor is open, of " : " descriptors are open, of ");
	strcpy(jsonl_decimal(at, d->limit), ": `socksan snapshot ");
	say(text, d->name, "` shows what opened them");
}

static void make_document(const char *why, const struct held_places *places, uint64_t limit)
{
	struct document *d =
		sys_mmap(NULL, sizeof *d, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct rlimit room;
	if (!d)
		return;
	d->why = why;
	d->places = places;
	d->limit = limit;
	d->room = sys4(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &room) ? 0 : room.rlim_cur;
	if (find_names(d) && by_errand(d, places->full))
		tell(d);
	sys2(SYS_munmap, d, sizeof *d);
}

/* -- when ----------------------------------------------------------------------------------------------------- */

enum why { WHY_NEAR, WHY_OUT, WHY_SIGNAL };

/* Times are of watch_clock(); 0: never. */
static struct {
	bool busy;
	uint64_t written, looked[2], near; /* looked: last scan, by reason; near: last seen near the limit */
	int open;			   /* descriptors, at the last dump */
} dumps;

static uint64_t descriptor_limit(void)
{
	struct rlimit limit;
	return sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) ? 0 : limit.rlim_cur;
}

/* How many open descriptors count as near the limit; INT_MAX: none do. */
static int threshold(uint64_t limit)
{
	if (!options.dump_at || limit > INT_MAX)
		return INT_MAX;
	if (options.dump_at > 0)
		return (int)options.dump_at;
	uint64_t near = (limit * (uint64_t)-options.dump_at + 99) / 100;
	return near > 1 ? (int)near : 1;
}

static bool is_due(enum why why, const struct held_places *places, uint64_t limit, bool anew)
{
	switch (why) {
	case WHY_NEAR: /* once each time that the limit comes near, and again as the number grows */
		return places->open >= threshold(limit) && (anew || places->open >= dumps.open + dumps.open / 20);
	case WHY_OUT: return places->full;
	default: return true;
	}
}

static void look(enum why why)
{
	static const char *const words[] = {"dump_at", "emfile", "dump_signal"};
	uint64_t now = watch_clock(), limit = descriptor_limit();
	bool anew = !dumps.written || now - dumps.near > MINUTE;
	if (why == WHY_NEAR) {
		if (threshold(limit) - 1 > fd_watched) { /* the limit was raised */
			fd_watch(threshold(limit) - 1);
			return;
		}
		dumps.near = now;
	}
	if ((dumps.written && now - dumps.written < MINUTE) ||
	    (why != WHY_SIGNAL && dumps.looked[why] && now - dumps.looked[why] < BETWEEN))
		return;
	if (why != WHY_SIGNAL)
		dumps.looked[why] = now;
	struct held_places *places = places_find(limit < INT_MAX ? (int)limit : INT_MAX);
	if (!places)
		return;
	if (is_due(why, places, limit, anew)) {
		dumps.written = now;
		dumps.open = places->open;
		make_document(words[why], places, limit);
	}
	places_free(places);
}

/* One dump at a time. Signals are blocked: a handler that interrupts the dump, or jumps out of it, would leave `busy`
 * set for good. */
static void dump(enum why why)
{
	uint64_t all = ~0ull, mask;
	if (sys_off() || !process_active() || __atomic_exchange_n(&dumps.busy, true, __ATOMIC_ACQUIRE))
		return;
	if (!sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof all)) {
		look(why);
		sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
	}
	__atomic_store_n(&dumps.busy, false, __ATOMIC_RELEASE);
}

static void near(void) { dump(WHY_NEAR); }
static void out(void)
{
	if (options.dump_at) /* it may have been on at an earlier attach only */
		dump(WHY_OUT);
}
static void asked(int signal)
{
	(void)signal;
	dump(WHY_SIGNAL);
}

/* Not by sigaction(), which sanitizers interpose. A handler that the host sets later replaces this one. */
static void install(void)
{
	struct sigaction action = {.sa_handler = asked, .sa_flags = SA_RESTART | SA_ONSTACK}, former;
	int (*set)(int, const struct sigaction *, struct sigaction *) =
		(__typeof__(set))dlsym(RTLD_NEXT, "__sigaction");
	if (!set)
		set = sigaction;
	set((int)options.dump_signal, &action, &former);
}

void own_dumps_end(void)
{
	struct {
		void (*handler)(int);
		uint64_t rest[8]; /* the kernel's is shorter */
	} now = {0};
	if (options.dump_signal && !sys4(SYS_rt_sigaction, options.dump_signal, NULL, &now, 8) && now.handler != asked)
		say("dump_signal: the program handles that signal itself, so nothing was written on it", NULL, NULL);
}

void own_dumps_forget(void) { memset(&dumps, 0, sizeof dumps); }

void process_dumps(void)
{
	int at = threshold(descriptor_limit());
	if (options.dump_at) {
		watch_near = near;
		watch_out = out;
	}
	fd_watch(at == INT_MAX ? INT_MAX : at - 1);
	if (options.dump_signal)
		install();
}
