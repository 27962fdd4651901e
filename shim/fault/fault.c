/* Decides which call fails, and records where calls may: see fault.h; sigaction(2), socket(7), shutdown(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/fault/fault.h"

#include "shim/fault/deaths.h"
#include "shim/kernel/sys.h"
#include "shim/stack/site.h"
#include "shim/stack/stack.h"
#include "shim/state/board.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"
#include "shim/state/self.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { SHORT = FAULT_SHORT, END = FAULT_END };

static const char *const names[] = {
#define FAULTY(call, group, page) #call,
#include "shim/model/fault.def"
};

static const bool is_memory[] = {
#define FAULTY(call, group, page) GROUP_##group == GROUP_MEMORY,
#include "shim/model/fault.def"
};

static const struct fault_row {
	enum faulty call;
	unsigned needs;
	struct fault fault;
	const char *error;
} rows[] = {
#define FAULT(call, error, effect, needs) {FAULTY_##call, needs, {error, DOES_##effect}, #error},
#include "shim/model/fault.def"
};
enum { ROWS_OF_FAULTS = sizeof rows / sizeof *rows };

/* The parsed option. */
static struct {
	bool on, learns, memory;
	enum faulty call;
	const char *error;
	uint64_t site;
	uint32_t turn;
} wanted;

/* Inside this file: an interpreter that is asked for its frames makes calls too, which are not the host's. */
static __thread bool busy;

/* -- traits of a descriptor and of the process ---------------------------------------------------------------- */

/* Whether some signal has a handler after which a waiting call returns EINTR. */
static bool is_interruptible(void)
{
	enum { SIGNALS = 64, RESTARTS = 0x10000000 };
	struct {
		uintptr_t handler;
		unsigned long flags;
		uintptr_t rest[4];
	} action;
	for (int signal = 1; signal <= SIGNALS; signal++)
		if (!sys4(SYS_rt_sigaction, signal, NULL, &action, 8) && action.handler > 1 &&
		    !(action.flags & RESTARTS))
			return true;
	return false;
}

/* Whether this process made both ends: the kernel knows who made the other end of a Unix socket. */
static bool is_own_pair(int fd, int domain)
{
	struct ucred peer;
	return domain == AF_UNIX && !sys_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, sizeof peer) &&
	       peer.pid == sys0(SYS_getpid);
}

static bool is_listener(int fd)
{
	int listens = 0;
	return !sys_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, sizeof listens) && listens;
}

static unsigned traits_of(int fd)
{
	unsigned traits = is_interruptible() ? NEED_HANDLER : 0;
	int type, domain;
	struct stat st;
	if (fd < 0)
		return traits;
	traits |= sys2(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK ? NEED_NONBLOCKING : NEED_BLOCKING;
	if (!sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, sizeof type) &&
	    !sys_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, sizeof domain)) {
		traits |= NEED_SOCKET;
		traits |= type == SOCK_STREAM ? NEED_STREAM : type == SOCK_DGRAM ? NEED_DATAGRAM : 0;
		traits |= type == SOCK_STREAM && !is_listener(fd) && !is_own_pair(fd, domain) ? NEED_PEER : 0;
		traits |= domain == AF_INET || domain == AF_INET6 ? NEED_INET : domain == AF_UNIX ? NEED_UNIX : 0;
	} else if (!sys2(SYS_fstat, fd, &st) && S_ISREG(st.st_mode)) {
		traits |= NEED_PLAIN;
	}
	return traits;
}

static bool fits(const struct fault_row *row, enum faulty call, unsigned traits)
{
	return row->call == call && !(row->needs & ~(traits | NEED_ASKED));
}

/* -- lines ---------------------------------------------------------------------------------------------------- */

/* `nth`: of the calls at the site; 0: not told. */
static void put_line(const char *what, const char *op, const char *error, uint64_t site, uint32_t nth, uint32_t stack)
{
	char *line = trace_scratch();
	if (!line)
		return;
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "fault");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	jsonl_int(&j, "tid", thread_tid());
	jsonl_word(&j, "fault", what);
	if (op)
		jsonl_word(&j, "op", op);
	if (error)
		jsonl_word(&j, "errno", error);
	if (site) {
		char digits[16];
		for (int i = 0; i < 16; i++)
			digits[i] = "0123456789abcdef"[site >> (60 - 4 * i) & 15];
		jsonl_words(&j, "site", digits, sizeof digits);
	}
	if (nth)
		jsonl_uint(&j, "nth", nth);
	if (stack)
		jsonl_uint(&j, "stack", stack);
	if (trace_put(line, jsonl_close(&j)))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED); /* so that the file is not discarded as empty */
	trace_scratch_end(line);
}

void fault_line(const char *what, const char *op, uint32_t stack) { put_line(what, op, NULL, 0, 0, stack); }

/* Hashes of site and call of the places already recorded. */
#define TOLD 16384
static uint64_t told[TOLD] __attribute__((aligned(4096)));

static bool is_news(enum faulty call, uint64_t site)
{
	uint64_t hash = mix(site, call) | 1;
	for (unsigned i = 0; i < 64; i++) {
		uint64_t *slot = &told[((hash >> 20) + i) % TOLD], seen = __atomic_load_n(slot, __ATOMIC_RELAXED);
		if (!seen && __atomic_compare_exchange_n(slot, &seen, hash, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
		if (seen == hash)
			return false;
	}
	return false; /* full: what is recorded is enough */
}

static void tell_site(enum faulty call, int fd, uint64_t site, uint32_t stack)
{
	char errors[256], *at = errors;
	if (!is_news(call, site))
		return;
	unsigned traits = traits_of(fd);
	for (const struct fault_row *row = rows; row < rows + ROWS_OF_FAULTS; row++) {
		if (!fits(row, call, traits))
			continue;
		if (at > errors)
			*at++ = ' ';
		at = stpcpy(at, row->error);
		if (row->needs & NEED_ASKED)
			*at++ = '?';
	}
	*at = 0;
	if (at > errors)
		put_line("site", names[call], errors, site, 0, stack);
}

/* -- the call that fails -------------------------------------------------------------------------------------- */

/* Whether it is this call's turn to fail. The count is shared by all processes of the run. */
static bool is_turn(void)
{
	static uint32_t met;
	struct board *board = board_at_hand();
	return __atomic_add_fetch(board ? &board->met : &met, 1, __ATOMIC_RELAXED) == wanted.turn;
}

static const struct fault_row *wanted_row(unsigned traits)
{
	for (const struct fault_row *row = rows; row < rows + ROWS_OF_FAULTS; row++)
		if (fits(row, wanted.call, traits) && !strcmp(row->error, wanted.error))
			return row;
	return NULL;
}

static bool look(enum faulty call, int fd, struct fault *out)
{
	uint32_t stack = stack_here();
	uint64_t site = site_of(stack);
	if (!site)
		return false;
	if (wanted.learns) {
		tell_site(call, fd, site, stack);
		return false;
	}
	if (site != wanted.site)
		return false;
	const struct fault_row *row = wanted_row(traits_of(fd));
	if (!row || !is_turn())
		return false;
	*out = row->fault;
	put_line("injected", names[call], row->error, site, wanted.turn, stack);
	return true;
}

bool fault_here(enum faulty call, int fd, struct fault *out)
{
	if (!wanted.on || busy || (wanted.learns ? is_memory[call] && !wanted.memory : call != wanted.call) ||
	    sys_off() || !process_active())
		return false;
	busy = true;
	bool fails = look(call, fd, out);
	busy = false;
	return fails;
}

/* -- what a failure does -------------------------------------------------------------------------------------- */

static void drain(int fd)
{
	enum { MOST = 4096 };
	char some[1024];
	for (int i = 0; i < MOST; i++)
		if (sys6(SYS_recvfrom, fd, (long)some, sizeof some, MSG_DONTWAIT, 0, 0) <= 0)
			return;
}

void fault_cut(int fd)
{
	sys2(SYS_shutdown, fd, SHUT_RDWR);
	drain(fd);
}

/* TCP that is disconnected resets its peer and keeps ECONNRESET for the next call; only the end of the stream is missing then. */
void fault_reset(int fd)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	if (sys3(SYS_connect, fd, (long)&none, sizeof none) == 0)
		sys2(SYS_shutdown, fd, SHUT_RDWR);
	else
		fault_cut(fd);
}

void fault_end(int fd)
{
	sys2(SYS_shutdown, fd, SHUT_RD);
	drain(fd);
}

/* -- the option ----------------------------------------------------------------------------------------------- */

/* Takes the part before the next '/', or before the end, off the text. */
static char *word(char **text)
{
	char *start = *text, *slash = strchr(start, '/');
	if (slash)
		*slash = 0;
	*text = slash ? slash + 1 : start + strlen(start);
	return start;
}

static uint64_t number_of_base(const char *text, unsigned base)
{
	uint64_t n = 0;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text >= 'a' ? *text - 'a' + 10 : *text - '0');
		if (digit >= base)
			return 0;
		n = n * base + digit;
	}
	return n;
}

static bool read_option(void)
{
	static char copy[256];
	char *rest = copy;
	if (!strcmp(options.inject, "learn") || !strcmp(options.inject, "learn+memory")) {
		wanted.learns = true;
		wanted.memory = options.inject[sizeof "learn" - 1];
		return true;
	}
	if (strlen(options.inject) >= sizeof copy)
		return false;
	strcpy(copy, options.inject);
	const char *call = word(&rest);
	while (wanted.call < FAULTIES && strcmp(call, names[wanted.call]))
		wanted.call++;
	wanted.error = word(&rest);
	wanted.site = number_of_base(word(&rest), 16);
	wanted.turn = (uint32_t)number_of_base(word(&rest), 10);
	return wanted.call < FAULTIES && wanted.site && wanted.turn;
}

bool fault_arm(void)
{
	if (!*options.inject)
		return false;
	wanted.on = read_option();
	if (!wanted.on)
		say("SOCKSAN_OPTIONS: bad value in 'inject': no call fails", NULL, NULL);
	else
		deaths_tell();
	return wanted.on;
}
