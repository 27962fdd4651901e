/* Random sequences of every call that the shim hooks, with arguments good and bad, and of what the host can see of each:
 * `difference_calls SEED CALLS [--log=FILE] [--only=CALL] [--from=N] [--group=N] [--exec]` makes CALLS of them. Two runs of one seed must
 * write the same file; tests/support/difference.py compares them. --from=N tells on standard error what is called from the Nth on;
 * --only=CALL calls nothing else. Silent without arguments.
 *
 * What differs from process to process (numbers of processes, ports, cookies) is put aside before it is hashed. A call that may
 * wait for ever is taken out of it by SIGALRM, sent by a process that sees it asleep.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>
#include <dlfcn.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/if_alg.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <netinet/tcp.h>

extern char **environ;
ssize_t __read_chk(int fd, void *buf, size_t n, size_t room);
ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags, struct sockaddr *at, socklen_t *len);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *t, const sigset_t *mask, size_t room);
pid_t _Fork(void);

/* -- the file of results ---------------------------------------------------------------------------------------- */

struct record {
	uint32_t call; /* its row, 0xff000000 and up: a scene of that row */
	int32_t error;
	int64_t result;
	uint64_t memory; /* hash of what the call may write, and of a guard around it */
	uint64_t state;	 /* a byte for each part of what the host can see, see state(); 0: not looked at */
};

/* What results say that are no result of a call. */
enum { SEGV = -0x5e6f, JUMPED = -0x10f9, NO_ERROR = 7777 };

enum { TEXT = 1 << 20 };
static struct head {
	uint64_t begun;	   /* calls, counted from 1 */
	uint64_t text;	   /* bytes of text so far */
	uint64_t child[2]; /* what a child has to tell */
	uint32_t turn;	   /* so that the watchdog sees whether anything happens */
	uint32_t blocking; /* a call that may wait for ever is under way */
	int32_t pid, tid;  /* who makes it */
	uint32_t done;	   /* a daemon is through */
	uint32_t names;	   /* of the rows, in the text, at the start */
	uint64_t pad[2];
} * head;
static struct record *records;
static char *text;
static bool verbose;

static long raw(long n, long a, long b, long c, long d, long e, long f)
{
#ifdef __x86_64__
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#else
	long ret = syscall(n, a, b, c, d, e, f);
	return ret < 0 ? -errno : ret;
#endif
}
#define RAW1(n, a) raw(n, (long)(a), 0, 0, 0, 0, 0)
#define RAW2(n, a, b) raw(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW3(n, a, b, c) raw(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW4(n, a, b, c, d) raw(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	if (!verbose)
		return;
	va_list ap;
	va_start(ap, format);
	size_t room = TEXT - head->text;
	int n = vsnprintf(text + head->text, room, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room)
		head->text += (size_t)n;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

/* -- chance ----------------------------------------------------------------------------------------------------- */

static uint64_t seed, chance;

static unsigned pick(unsigned n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance >> 24) % n;
}

static bool one_in(unsigned n) { return pick(n) == 0; }

static void chance_of(uint64_t index)
{
	chance = mix(mix(mix(0x51ed270b, seed), index), 1);
	chance += !chance;
	pick(1);
}

#define ONE_OF(...)                                      \
	({                                               \
		static const long all[] = {__VA_ARGS__}; \
		all[pick(sizeof all / sizeof *all)];     \
	})

/* -- memory ----------------------------------------------------------------------------------------------------- */

/* A slot holds one object: a page, at whose end it lies, and a page that cannot be touched. Its last WINDOW bytes are filled
 * before a call, and hashed after it. */
enum { PAGE = 4096, STRIDE = 2 * PAGE, SLOTS = 32, LEVELS = 2, WINDOW = 768 };
#define ARENA ((char *)0x200000000000)
#define READ_ONLY (ARENA + (long)STRIDE * SLOTS * LEVELS) /* a page of zeros, and none behind it */
#define NO_ACCESS (READ_ONLY + PAGE)
#define UNMAPPED (ARENA + (1L << 30))

static int level;   /* 1 in a call from a signal handler */
static int n_slots; /* in use in this call */
static char *last_object;

static char *slot_end(int slot) { return ARENA + (long)STRIDE * (level * SLOTS + slot) + PAGE; }

/* How many bytes at p are the arena's own and may be written. */
static size_t writable(const void *p)
{
	size_t at = (size_t)((const char *)p - ARENA);
	if ((const char *)p < ARENA || at >= (size_t)STRIDE * SLOTS * LEVELS || at % STRIDE >= PAGE)
		return 0;
	return PAGE - at % STRIDE;
}

static void put(void *to, const void *from, size_t n)
{
	size_t room = writable(to);
	memcpy(to, from, n < room ? n : room);
}

static char *new_slot(size_t size)
{
	if (n_slots == SLOTS)
		n_slots--;
	uint64_t *end = (uint64_t *)slot_end(n_slots), fill = chance | 1;
	for (uint64_t *p = end - WINDOW / 8; p < end; p++)
		*p = fill *= 0x2545f4914f6cdd1d;
	return slot_end(n_slots++) - size;
}

/* Memory for an object: mostly good, and then with the end of the world right behind it, or a little further. */
static char *object(size_t size, const char *what)
{
	char *p;
	unsigned kind = pick(64);
	if (kind < 54 || level)
		p = new_slot(size) - ONE_OF(0, 0, 0, 0, 8, 8, 1, 3, 64);
	else if (kind == 54 && last_object)
		p = last_object;
	else
		switch (kind) {
		case 55: p = (char *)1; break;
		case 56: p = ONE_OF(0, 1) ? (char *)4095 : (char *)4096; break;
		case 57: p = NO_ACCESS; break;
		case 58: p = READ_ONLY + ONE_OF(0, 0, 4, 1); break;
		case 59:
		case 60: p = new_slot(size > 1 ? pick((unsigned)size) : 0); break; /* half of it */
		case 61: p = ONE_OF(0, 1) ? UNMAPPED : (char *)0xffff800000000000; break;
		case 62: p = (char *)0x8000000000001000; break;
		default: p = NULL;
		}
	last_object = p;
	size_t at = (size_t)(p - ARENA);
	if (!p)
		note("NULL");
	else if (writable(p))
		note("%s@%d-%zu", what, (int)(at / STRIDE), PAGE - at % STRIDE);
	else if (p >= READ_ONLY && p < READ_ONLY + PAGE)
		note("%s@READ_ONLY", what);
	else
		note("%s@%s", what, p == NO_ACCESS ? "NO_ACCESS" : p == UNMAPPED ? "UNMAPPED" : "WILD");
	if (verbose && p && !writable(p))
		note("(%p)", (void *)p);
	return p;
}

static void *input(const void *value, size_t size, const char *what)
{
	char *p = object(size, what);
	put(p, value, size);
	return p;
}

/* A pointer that a scene of libc's own memory takes: good. */
static void *good(const void *value, size_t size)
{
	char *p = new_slot(size);
	put(p, value, size);
	return p;
}

static uint64_t hash_memory(void)
{
	uint64_t h = 1;
	for (int i = 0; i < n_slots; i++)
		for (const uint64_t *end = (uint64_t *)slot_end(i), *p = end - WINDOW / 8; p < end; p++)
			h = mix(h, *p);
	return h;
}

static void tell_memory(void)
{
	for (int i = 0; verbose && i < n_slots; i++) {
		note(" %d:", i);
		for (const unsigned char *end = (unsigned char *)slot_end(i), *p = end - 24; p < end; p++)
			note("%02x", *p);
	}
}

static void map_arena(void)
{
	EXPECT(mmap(ARENA, (size_t)(NO_ACCESS + PAGE - ARENA), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == ARENA);
	for (int i = 0; i < SLOTS * LEVELS; i++)
		MUST(mprotect(ARENA + (long)STRIDE * i + PAGE, PAGE, PROT_NONE));
	MUST(mprotect(READ_ONLY, PAGE, PROT_READ));
	MUST(mprotect(NO_ACCESS, PAGE, PROT_NONE));
}

/* -- what the host can see -------------------------------------------------------------------------------------- */

enum { LOW = 96, WATCHED = 16 };
static int watched[WATCHED]; /* numbers above LOW that were met */
static int n_watched;
static char **first_environ;
static ino_t first_folder;
static pid_t self, group;
static volatile sig_atomic_t sigpipes, others;

static void on_segv(int sig);
static void on_alarm(int sig);
static void on_usr1(int sig);
static void on_pipe(int sig)
{
	(void)sig;
	sigpipes++;
}
static void on_other(int sig)
{
	(void)sig;
	others++;
}

static uint64_t hash_number(uint64_t h, int fd)
{
	int flags = fcntl(fd, F_GETFD);
	if (flags < 0)
		return h;
	if (fd >= LOW)
		note(" %d open", fd);
	struct stat st = {0};
	RAW2(SYS_fstat, fd, &st);
	return mix(h, (uint64_t)(fd + 1) << 40 ^ (uint64_t)flags << 36 ^ (uint64_t)(st.st_mode & S_IFMT) << 16 ^
			      (uint64_t)RAW3(SYS_fcntl, fd, F_GETFL, 0));
}

static uint64_t hash_table(void)
{
	uint64_t h = 1;
	struct rlimit limit;
	for (int fd = 0; fd < LOW; fd++)
		h = hash_number(h, fd);
	for (int i = 0; i < n_watched; i++)
		h = hash_number(h, watched[i]);
	RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	for (int i = -2; i < 3; i++)
		h = hash_number(h, (int)limit.rlim_cur + i);
	return h;
}

static uint64_t hash_limits(void)
{
	uint64_t h = 1;
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit = {0};
		RAW4(SYS_prlimit64, 0, i, 0, &limit);
		h = mix(mix(h, limit.rlim_cur), limit.rlim_max);
	}
	return h;
}

static uint64_t hash_mask(void)
{
	uint64_t mask = 0;
	RAW4(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, 8);
	return mix(1, mask);
}

static uint64_t hash_dispositions(void)
{
	void (*const known[])(int) = {SIG_DFL, SIG_IGN, on_segv, on_alarm, on_usr1, on_pipe, on_other};
	uint64_t h = 1;
	for (int sig = 1; sig < 65; sig++) {
		struct {
			void (*handler)(int);
			unsigned long flags;
			void (*restorer)(void);
			uint64_t mask;
		} a = {0};
		unsigned i = 0;
		RAW4(SYS_rt_sigaction, sig, 0, &a, 8);
		while (i < sizeof known / sizeof *known && a.handler != known[i])
			i++;
		h = mix(mix(h, i << 8 | a.flags), a.mask);
	}
	return h;
}

static uint64_t hash_text(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = mix(h, (unsigned char)*s);
	return h;
}

/* The shim's own two variables are there by nature. */
static uint64_t hash_environment(void)
{
	uint64_t h = environ == first_environ;
	for (char **e = environ; e && *e; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) && strncmp(*e, "SOCKSAN_OPTIONS=", 16))
			h = hash_text(mix(h, 1), *e);
	return h;
}

static uint64_t hash_folder(void)
{
	struct stat st = {0};
	RAW4(SYS_newfstatat, AT_FDCWD, ".", &st, 0);
	long mask = RAW1(SYS_umask, 0);
	RAW1(SYS_umask, mask);
	return mix(st.st_ino == first_folder, (uint64_t)mask);
}

static uint64_t hash_rest(void)
{
	char name[16] = "";
	siginfo_t info = {0};
	stack_t stack = {0};
	int death = 0;
	uint64_t h = 1;
	RAW2(SYS_prctl, PR_GET_NAME, name);
	RAW2(SYS_prctl, PR_GET_PDEATHSIG, &death);
	RAW2(SYS_sigaltstack, 0, &stack);
	h = hash_text(h, name);
	h = mix(mix(h, (uint64_t)death), (uint64_t)stack.ss_flags << 32 | stack.ss_size);
	h = mix(h,
		(uint64_t)RAW2(SYS_prctl, PR_GET_DUMPABLE, 0) << 4 | (uint64_t)RAW2(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0));
	h = mix(h, (uint64_t)RAW4(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) << 8 | (info.si_pid != 0));
	h = mix(h, RAW1(SYS_getpgid, 0) == group);
	return mix(mix(h, (uint64_t)sigpipes), (uint64_t)others);
}

/* From the lowest byte: table, limits, mask, dispositions, environment, folder, the rest; and cancellation, never 0. */
static uint64_t state(void)
{
	int cancel, type;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
	pthread_setcancelstate(cancel, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
	pthread_setcanceltype(type, NULL);
	const uint64_t parts[] = {hash_table(),	      hash_limits(), hash_mask(), hash_dispositions(),
				  hash_environment(), hash_folder(), hash_rest()};
	uint64_t s = 1 + 2 * (uint64_t)cancel + 4 * (uint64_t)type;
	for (int i = 6; i >= 0; i--)
		s = s << 8 | (parts[i] * 0x9e3779b97f4a7c15) >> 56;
	return s;
}

/* -- arguments -------------------------------------------------------------------------------------------------- */

enum { POOL = 48 };
static int pool[POOL], n_pool; /* numbers that calls gave, closed ones among them */
static bool crowded;	       /* too many are open: the next call is a sweep */
static struct {
	FILE *f;
	int fd;
} files[4];

static void met(long fd)
{
	if (fd < 0 || fd > INT32_MAX)
		return;
	/* else how much has come through depends on when the other end acknowledged what was sent before */
	raw(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, (long)&(int){1}, sizeof(int), 0);
	if (fd >= LOW - 8 && fd < LOW + 64)
		crowded = true;
	if (fd >= LOW) {
		for (int i = 0; i < n_watched; i++)
			if (watched[i] == fd)
				return;
		watched[n_watched < WATCHED ? n_watched++ : (int)pick(WATCHED)] = (int)fd;
	}
	for (int i = 0; i < n_pool; i++)
		if (pool[i] == fd)
			return;
	pool[n_pool < POOL ? n_pool++ : (int)pick(POOL)] = (int)fd;
}

static int soft_limit(void)
{
	struct rlimit limit;
	RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	return limit.rlim_cur < INT32_MAX ? (int)limit.rlim_cur : INT32_MAX;
}

static int number(void)
{
	unsigned kind = pick(64);
	if (kind < 54 && n_pool) {
		int fd = pool[pick((unsigned)n_pool)];
		for (int i = 0; i < 4 && kind < 46 && RAW2(SYS_fcntl, fd, F_GETFD) < 0; i++)
			fd = pool[pick((unsigned)n_pool)];
		return fd;
	}
	if (kind < 58)
		return (int)pick(LOW);
	switch (kind) {
	case 58: return -1;
	case 59: return (int)pick(3);
	case 60: return soft_limit() + (int)ONE_OF(0, -1, -2, 1, 5);
	case 61: return (int)ONE_OF(8192, 4096, 1023, 1024, 8193, 19999);
	case 62: return (int)ONE_OF(INT32_MAX, INT32_MIN, -2, 1 << 20, 100000, -100);
	default: return 3 + (int)pick(16);
	}
}

static int flags_of(const long *all, unsigned n, unsigned usual)
{
	long flags = usual;
	while (n && one_in(2))
		flags |= all[pick(n)];
	if (one_in(40))
		flags |= 1L << pick(32);
	return (int)flags;
}
#define FLAGS(usual, ...)                                             \
	({                                                            \
		static const long every[] = {__VA_ARGS__};            \
		flags_of(every, sizeof every / sizeof *every, usual); \
	})

static uint32_t own_address; /* of 127.0.0.0/8, this process's alone */

/* Builds an address, returns its right length. */
static unsigned address(struct sockaddr_storage *s)
{
	memset(s, 0, sizeof *s);
	struct sockaddr_un *un = (void *)s;
	struct sockaddr_in *in = (void *)s;
	struct sockaddr_in6 *in6 = (void *)s;
	uint16_t port = one_in(4) ? 0 : htons((uint16_t)(20000 + pick(4)));
	switch (pick(10)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		un->sun_family = AF_UNIX;
		un->sun_path[0] = 's';
		un->sun_path[1] = (char)('0' + pick(8));
		return offsetof(struct sockaddr_un, sun_path) + 3;
	case 5: un->sun_family = AF_UNIX; return offsetof(struct sockaddr_un, sun_path);
	case 6:
	case 7: *in = (struct sockaddr_in){AF_INET, port, {own_address}, {0}}; return sizeof *in;
	case 8:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		in6->sin6_addr.s6_addr[10] = in6->sin6_addr.s6_addr[11] = 0xff;
		memcpy(in6->sin6_addr.s6_addr + 12, &own_address, 4);
		return sizeof *in6;
	default: s->ss_family = (sa_family_t)ONE_OF(AF_UNSPEC, AF_UNSPEC, AF_NETLINK, 255); return sizeof *in;
	}
}

/* Where an address may have been written, the parts that are this process's alone are put aside. */
static char *names[32];
static int n_names;
static char *left_time; /* where a call may tell how long it need not have waited */

static void mask(char *p, size_t from, size_t n)
{
	size_t room = writable(p);
	for (size_t i = from; i < from + n && i < room; i++)
		p[i] = 0;
}

static void mask_name(char *p)
{
	sa_family_t family;
	if (writable(p) < sizeof family)
		return;
	memcpy(&family, p, sizeof family);
	if (family == AF_INET)
		mask(p, 2, 6);
	else if (family == AF_INET6)
		mask(p, 2, 2), mask(p, 20, 4);
	else if (family == AF_NETLINK)
		mask(p, 4, 4);
	else if (family == AF_UNIX && writable(p) > 2 && !p[2])
		mask(p, 3, 5);
}

static char *name_out(size_t room)
{
	char *p = object(room, "name");
	if (n_names < 32)
		names[n_names++] = p;
	return p;
}

/* What holds numbers that are this process's alone must not be sent as data. */
static char *own_input(const void *value, size_t size, const char *what)
{
	last_object = NULL;
	char *p = input(value, size, what);
	if (n_names < 32)
		names[n_names++] = p;
	last_object = NULL;
	return p;
}

static long odd_length(long right)
{
	if (!one_in(10))
		return right;
	return ONE_OF(0, 1, 2, 3, 15, 17, 109, 110, 111, 128, 129, 4096, -1, INT32_MAX, INT32_MIN);
}

static long a[7]; /* the arguments of the call being made */
static bool is_raw;

enum { BYTES = 400 };

static size_t some_size(void) { return one_in(8) ? pick(BYTES) : pick(24); }

/* An iovec array of n over memory that is read or written. */
static struct iovec *vectors(unsigned n)
{
	struct iovec v[4];
	for (unsigned i = 0; i < n; i++) {
		v[i].iov_len = some_size();
		v[i].iov_base = object(v[i].iov_len, "part");
		if (one_in(60))
			v[i].iov_len = (size_t)ONE_OF(-1, 1L << 62, 5000, INT32_MAX);
		note(":%zd ", (ssize_t)v[i].iov_len);
	}
	return input(v, n * sizeof *v, "iovec");
}

static struct {
	char *at;
	size_t room;
} controls[4];
static int n_controls;

/* A number to send: Unix sockets that are in flight for ever are collected by the kernel at a time of its own. */
static int right(void)
{
	int fd, domain;
	socklen_t len;
	for (int i = 0; i < 8; i++) {
		fd = number();
		len = sizeof domain;
		if (raw(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, (long)&domain, (long)&len, 0) || domain != AF_UNIX)
			return fd;
	}
	return -1;
}

static void message(struct msghdr *m, bool in)
{
	memset(m, 0, sizeof *m);
	note("{");
	if (one_in(3)) {
		struct sockaddr_storage s;
		unsigned len = in ? sizeof s : address(&s);
		m->msg_name = in ? name_out(len) : own_input(&s, len, "name");
		m->msg_namelen = (socklen_t)odd_length(len);
	}
	unsigned n = one_in(8) ? pick(4) : 1;
	m->msg_iov = vectors(n);
	m->msg_iovlen = one_in(60) ? (size_t)ONE_OF(0, 5, 1024, 1025, -1) : n;
	if (in ? !one_in(4) : one_in(3)) {
		union {
			struct cmsghdr head;
			char room[CMSG_SPACE(3 * sizeof(int)) + CMSG_SPACE(sizeof(int))];
		} c = {0};
		unsigned fds = 1 + pick(3), len = CMSG_SPACE(fds * sizeof(int));
		c.head.cmsg_level = one_in(30) ? SOL_TCP : SOL_SOCKET;
		c.head.cmsg_type = one_in(30) ? 77 : SCM_RIGHTS;
		c.head.cmsg_len = one_in(20) ? (size_t)ONE_OF(0, 1, 15, 16, 17, 4000, -1) : CMSG_LEN(fds * sizeof(int));
		for (unsigned i = 0; i < fds; i++) {
			int fd = right();
			memcpy(CMSG_DATA(&c.head) + i * sizeof fd, &fd, sizeof fd);
			if (!in)
				note(" right %d", fd);
		}
		if (in)
			len = (unsigned)ONE_OF(CMSG_SPACE(12), CMSG_SPACE(4), CMSG_SPACE(24), 64, 17, 24);
		m->msg_control = in ? object(len, "control") : input(&c, len, "control");
		m->msg_controllen = (size_t)odd_length(len);
		if (in && n_controls < 4) {
			controls[n_controls].at = m->msg_control;
			controls[n_controls++].room = len;
		}
	}
	m->msg_flags = one_in(4) ? (int)pick(256) : 0;
	note(" name %d control %zd iov %zd}", (int)m->msg_namelen, (ssize_t)m->msg_controllen, (ssize_t)m->msg_iovlen);
}

static void take_rights(void)
{
	for (int k = 0; k < n_controls; k++) {
		char *p = controls[k].at;
		size_t room = writable(p);
		room = room < controls[k].room ? room : controls[k].room;
		struct cmsghdr c;
		if (room < sizeof c)
			continue;
		memcpy(&c, p, sizeof c);
		if (c.cmsg_level == SOL_SOCKET && c.cmsg_type == SCM_CREDENTIALS)
			mask(p, CMSG_LEN(0), sizeof(pid_t));
		if (c.cmsg_level != SOL_SOCKET || c.cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + 4 <= c.cmsg_len && at + 4 <= room; at += 4) {
			int fd;
			memcpy(&fd, p + at, 4);
			met(fd);
		}
	}
}

static long file_command(long *arg)
{
	struct f_owner_ex owner = {(int)ONE_OF(0, 1, 2, 3), 0};
	struct flock lock = {.l_type = (short)ONE_OF(F_RDLCK, F_RDLCK, F_UNLCK, 9)};
	long cmd = ONE_OF(F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN, F_GETOWN_EX,
			  F_SETOWN_EX, F_GETSIG, F_SETSIG, F_GETPIPE_SZ, F_SETPIPE_SZ, F_GET_SEALS, F_GETLEASE, F_GETLK,
			  F_SETLK, F_DUPFD, F_SETFD, 9999, -1, F_GETOWN, F_SETOWN);
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC: *arg = one_in(8) ? number() : (long)pick(40); break;
	case F_SETFD: *arg = ONE_OF(0, 1, 1, 2, 3, -1, 1L << 32); break;
	case F_SETFL:
		*arg = one_in(24) ? ONE_OF(0, O_RDWR, O_APPEND)
				  : O_NONBLOCK | (one_in(4) ? ONE_OF(O_APPEND, O_RDWR, O_CLOEXEC) : 0);
		break;
	case F_SETOWN:
		*arg = ONE_OF(0, 1, 1, -1, 2);
		*arg = *arg == 1 ? -group : *arg == 2 ? self : *arg == -1 ? -99999999 : 0;
		break;
	case F_SETSIG: *arg = ONE_OF(0, SIGURG, -1, 65); break;
	case F_SETPIPE_SZ: *arg = ONE_OF(4096, 0, -1); break;
	case F_GETOWN_EX:
	case F_SETOWN_EX:
		owner.pid = one_in(2) ? 0 : owner.type == F_OWNER_PGRP ? group : self;
		last_object = NULL;
		*arg = (long)input(&owner, sizeof owner, "owner");
		last_object = NULL;
		break;
	case F_GETLK:
	case F_SETLK: *arg = (long)input(&lock, sizeof lock, "lock"); break;
	default: *arg = 0;
	}
	return cmd;
}

static long option(long *name)
{
	static const int16_t all[][2] = {{SOL_SOCKET, SO_ERROR},
					 {SOL_SOCKET, SO_TYPE},
					 {SOL_SOCKET, SO_REUSEADDR},
					 {SOL_SOCKET, SO_KEEPALIVE},
					 {SOL_SOCKET, SO_RCVBUF},
					 {SOL_SOCKET, SO_SNDBUF},
					 {SOL_SOCKET, SO_RCVTIMEO},
					 {SOL_SOCKET, SO_SNDTIMEO},
					 {SOL_SOCKET, SO_PASSCRED},
					 {SOL_SOCKET, SO_BROADCAST},
					 {SOL_SOCKET, SO_PRIORITY},
					 {IPPROTO_TCP, TCP_NODELAY},
					 {IPPROTO_TCP, TCP_CORK},
					 {IPPROTO_TCP, TCP_MAXSEG},
					 {IPPROTO_IPV6, IPV6_V6ONLY},
					 {SOL_SOCKET, SO_DOMAIN},
					 {SOL_SOCKET, SO_PROTOCOL},
					 {SOL_SOCKET, SO_PEERCRED},
					 {SOL_SOCKET, SO_COOKIE},
					 {SOL_SOCKET, SO_ACCEPTCONN},
					 {SOL_SOCKET, SO_RCVLOWAT},
					 {SOL_SOCKET, SO_LINGER},
					 {SOL_SOCKET, 999},
					 {999, 1},
					 {-1, -1},
					 {SOL_SOCKET, SO_ERROR},
					 {SOL_SOCKET, SO_REUSEPORT},
					 {IPPROTO_TCP, TCP_INFO}};
	const int16_t *o = all[pick(sizeof all / sizeof *all)];
	*name = o[1];
	return o[0];
}

/* Fills a[] as the row's letters say. */
static void arguments(const char *spec)
{
	size_t size = 0; /* of the object before */
	unsigned n = 0;	 /* things in the array before */
	long *arg = a;
	for (; *spec; spec++, arg++) {
		if (arg != a)
			note(", ");
		switch (*spec) {
		case 'f': *arg = number(); break;
		case 'i': *arg = ONE_OF(0, 1, 2, 3, -1, 7, INT32_MAX); break;
		case 't':
			*arg = one_in(3) ? number() : one_in(12) ? soft_limit() - 1 - (int)pick(70) : (long)pick(64);
			break;
		case 'D':
			*arg = one_in(30) ? ONE_OF(-1, 0, 255, 38, AF_NETLINK)
					  : ONE_OF(AF_UNIX, AF_UNIX, AF_UNIX, AF_UNIX, AF_INET, AF_INET, AF_INET6);
			break;
		case 'T':
			*arg = ONE_OF(SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET) |
			       FLAGS(0, SOCK_CLOEXEC, SOCK_CLOEXEC);
			if (!one_in(200))
				*arg |= SOCK_NONBLOCK;
			if (one_in(40))
				*arg = ONE_OF(-1, 0, 99, SOCK_NONBLOCK);
			break;
		case 'p':
			*arg = a[0] == AF_NETLINK ? 2 /* NETLINK_USERSOCK */
			       : one_in(20)	  ? ONE_OF(-1, 255, IPPROTO_TCP, IPPROTO_UDP)
						  : 0;
			break;
		case 'a': {
			struct sockaddr_storage s;
			size = address(&s);
			*arg = (long)own_input(&s, size, "address");
			note("(family %d)", s.ss_family);
			break;
		}
		case 'l': *arg = odd_length((long)size); break;
		case 'A':
			size = one_in(4) ? (size_t)ONE_OF(1, 2, 3, 8, 16) : 110;
			*arg = (long)name_out(size);
			break;
		case 'L': {
			int len = (int)odd_length((long)size);
			*arg = (long)input(&len, sizeof len, "length");
			note("=%d", len);
			break;
		}
		case 'b':
			size = some_size();
			*arg = (long)object(size, "data");
			break;
		case 'B':
			size = some_size();
			*arg = (long)object(size, "room");
			break;
		case 'z': *arg = one_in(40) ? ONE_OF(0, 1, 4096, 5000, -1, 1L << 33, INT32_MAX) : (long)size; break;
		case 'Z': *arg = ONE_OF(0, 1, 5, 30, 100, 1000, 70000); break;
		case 'R': *arg = -1; break;
		case 'U': /* libc ends a program whose array is too small */
			*arg = -1;
			a[1] &= 0xffff;
			break;
		case 'v':
			n = one_in(4) ? pick(5) : 1;
			*arg = (long)vectors(n = n < 4 ? n : 4);
			break;
		case 'c': *arg = one_in(30) ? ONE_OF(0, -1, 1, 5, 1024, 1025, 100000, INT32_MIN) : (long)n; break;
		case 'm':
		case 'M': {
			struct msghdr m;
			message(&m, *spec == 'M');
			last_object = NULL; /* over an iovec, it would make an iovec of the name */
			*arg = (long)input(&m, sizeof m, "msghdr");
			break;
		}
		case 'h':
		case 'H': {
			struct mmsghdr m[3];
			memset(m, 0, sizeof m);
			n = 1 + pick(3);
			for (unsigned i = 0; i < n; i++) {
				message(&m[i].msg_hdr, *spec == 'H');
				m[i].msg_len = pick(1000);
			}
			last_object = NULL;
			*arg = (long)input(m, n * sizeof *m, "mmsghdr");
			break;
		}
		case 'F':
			*arg = FLAGS(0, MSG_DONTWAIT, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_OOB, MSG_NOSIGNAL,
				     MSG_CMSG_CLOEXEC, MSG_ERRQUEUE, MSG_EOR, MSG_MORE, MSG_CTRUNC);
			if (one_in(60))
				*arg |= MSG_WAITALL;
			break;
		case 's': *arg = ONE_OF(0, 1, 2, 1, 0, 3, -1); break;
		case 'k': *arg = ONE_OF(0, 1, 5, 128, -1, INT32_MAX); break;
		case 'o':
			*arg = option(arg + 1);
			note("%ld, %ld", arg[0], arg[1]);
			arg++;
			continue;
		case 'w': {
			struct linger off = {(int)ONE_OF(0, 1), 0};
			struct timeval soon = {0, ONE_OF(0, 1000, -1, 1000000)};
			int value = (int)ONE_OF(0, 1, 1, 2048, -1, 100000);
			bool is_time = a[1] == SOL_SOCKET && (a[2] == SO_RCVTIMEO || a[2] == SO_SNDTIMEO);
			size = is_time ? sizeof soon : a[2] == SO_LINGER ? sizeof off : sizeof value;
			*arg = (long)input(is_time	       ? (void *)&soon
					   : a[2] == SO_LINGER ? (void *)&off
							       : &value,
					   size, "value");
			break;
		}
		case 'W':
			size = (size_t)ONE_OF(4, 4, 4, 16, 8, 1, 104);
			*arg = (long)object(size, "value");
			break;
		case 'e': *arg = ONE_OF(EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, 0, 99); break;
		case 'E': {
			struct epoll_event e = {(uint32_t)FLAGS(EPOLLIN, EPOLLOUT, EPOLLET, EPOLLONESHOT,
								EPOLLEXCLUSIVE),
						{.u64 = pick(4)}};
			*arg = (long)input(&e, sizeof e, "event");
			break;
		}
		case 'P': {
			struct pollfd p[6];
			n = one_in(3) ? 1 + pick(6) : 1;
			for (unsigned i = 0; i < n; i++) {
				p[i] = (struct pollfd){number(), (short)FLAGS(POLLIN, POLLOUT, POLLPRI, POLLRDHUP),
						       (short)pick(9)};
				note("%d:%x ", p[i].fd, p[i].events);
			}
			*arg = (long)input(p, n * sizeof *p, "pollfd");
			break;
		}
		case 'u': *arg = one_in(400) ? -1 : one_in(20) ? 1 : 0; break;
		case 'V': /* looked at between messages alone: so long that it never decides how many there are */
		case 'y':
		case 'Y': {
			long units = *spec == 'Y' ? 1 : 1000;
			struct timespec t = {0, one_in(8) ? 1000 * units : 0};
			if (*spec == 'V' && t.tv_nsec)
				t.tv_sec = 1000;
			if (one_in(30))
				t = (struct timespec){ONE_OF(0, -1, 0), ONE_OF(-1, 1000000000, 1L << 40)};
			*arg = (long)input(&t, sizeof t, "time");
			left_time = t.tv_nsec ? (char *)*arg : NULL;
			if (!*arg && !one_in(20))
				*arg = (long)READ_ONLY; /* no time at all waits for ever: seldom */
			break;
		}
		case 'S': {
			sigset_t set = {0};
			uint64_t word = one_in(3) ? (uint64_t)pick(1 << 30) << 31 : 0;
			word &= ~(1UL << (SIGSEGV - 1) | 1UL << (SIGALRM - 1) | 1UL << (SIGUSR1 - 1));
			memcpy(&set, &word, sizeof word);
			last_object = NULL;
			*arg = (long)input(&set, sizeof set, "mask");
			break;
		}
		case 'N': *arg = one_in(20) ? ONE_OF(-1, 0, 70000, INT32_MAX, 1024, 8192) : (long)pick(LOW); break;
		case 'r': {
			fd_set set;
			FD_ZERO(&set);
			for (unsigned i = pick(4); i > 0; i--) {
				int fd = number();
				if (fd >= 0 && fd < a[0] && fd < FD_SETSIZE)
					FD_SET(fd, &set);
			}
			*arg = one_in(2) ? 0 : (long)input(&set, one_in(2) ? sizeof set : 16, "set");
			break;
		}
		case 'x':
			*arg = file_command(arg + 1);
			note("%ld, %ld", arg[0], arg[1]);
			arg++;
			continue;
		case 'X': {
			int on = !one_in(30);
			arg[0] = ONE_OF(FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, SIOCATMARK, SIOCGPGRP, TIOCGWINSZ,
					0x12345678, -1);
			note("%lx, ", arg[0]);
			arg[1] = (long)input(&on, sizeof on, "int");
			arg++;
			continue;
		}
		case '2': *arg = (long)object(2 * sizeof(int), "pair"); break;
		case 'O': {
			long offset = ONE_OF(0, 0, 10, 5000, -1);
			*arg = one_in(2) ? 0 : (long)input(&offset, sizeof offset, "offset");
			break;
		}
		case 'G': *arg = FLAGS(SPLICE_F_NONBLOCK, SPLICE_F_MOVE, SPLICE_F_MORE); break;
		case 'n': { /* a path */
			static const char *const paths[] = {"/dev/null", "/dev/null", "file", "script", "none", ""};
			const char *path = paths[pick(sizeof paths / sizeof *paths)];
			*arg = (long)input(path, strlen(path) + 1, "path");
			note("(%s)", path);
			break;
		}
		case 'g': *arg = FLAGS(O_RDONLY, O_RDWR, O_CLOEXEC, O_CLOEXEC, O_NONBLOCK, O_DIRECTORY, O_PATH); break;
		case 'C': *arg = FLAGS(0, SOCK_CLOEXEC, SOCK_CLOEXEC) | (one_in(60) ? 0 : SOCK_NONBLOCK); break;
		case 'd': *arg = FLAGS(0, O_CLOEXEC, O_CLOEXEC); break;
		case 'q': /* a range: two arguments */
			arg[0] = one_in(3) ? 3 + (long)pick(100) : one_in(8) ? (long)UINT32_MAX : 20 + (long)pick(80);
			arg[1] = one_in(3) ? (long)UINT32_MAX : one_in(8) ? 0 : arg[0] + (long)pick(6);
			note("%ld, %ld", arg[0], arg[1]);
			arg++;
			continue;
		case 'Q':
			*arg = one_in(4)    ? CLOSE_RANGE_CLOEXEC
			       : one_in(16) ? ONE_OF(1, -1, 8) & ~CLOSE_RANGE_UNSHARE
					    : 0;
			break;
		case 'j': { /* an rlimit for NOFILE */
			struct rlimit limit, r = {0, 0};
			RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
			r.rlim_cur = (rlim_t)ONE_OF(1024, 1024, 256, 200, 4096, 8192, 8193, 20000);
			r.rlim_max = limit.rlim_max;
			if (one_in(16))
				r.rlim_cur = limit.rlim_max + 1;
			else if (r.rlim_cur > limit.rlim_max)
				r.rlim_cur = limit.rlim_max;
			/* what is read must be meant: a hard limit does not come back */
			*arg = one_in(12) ? (long)(char *const[]){NULL, (char *)1, NO_ACCESS, UNMAPPED}[pick(4)]
					  : (long)good(&r, sizeof r);
			note("%lx", *arg);
			note("(%ld)", (long)r.rlim_cur);
			break;
		}
		case 'J': *arg = (long)object(sizeof(struct rlimit), "old"); break;
		case 'K': *arg = one_in(8) ? ONE_OF(99, -1) : RLIMIT_NOFILE; break;
		case 'I': *arg = one_in(8) ? ONE_OF(-1, INT32_MAX) : one_in(2) ? self : 0; break;
		default: abort();
		}
		if (!strchr("aALbBvmMhHEPyYSrwW2OjJn", *spec))
			note("%ld", *arg);
	}
}

/* -- calls ------------------------------------------------------------------------------------------------------ */

enum {
	NEW = 1,    /* the result is a descriptor */
	PAIR = 2,   /* the argument of '2' takes two */
	STATE = 4,  /* look at the state afterwards */
	WAITS = 8,  /* may wait for ever */
	ALONE = 16, /* not from a handler, nor in another thread */
	KID = 32,   /* not in a child */
	RIGHTS = 64
};

struct row {
	const char *name;
	unsigned weight;
	int flags;
	long number; /* of the system call with the same arguments; 0: none */
	const char *spec;
	long (*call)(void); /* with the arguments in a[], or a scene */
};

#define FD(i) ((int)a[i])
#define PTR(i) ((void *)a[i])
#define LEN(i) ((size_t)a[i])

int pidfd_getfd(int, int, unsigned);
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);

enum { NO_MODE = ~(O_CREAT | O_TMPFILE) }; /* libc ends a program that wants one without a mode */

static int of(FILE *f) { return f ? fileno(f) : -1; }
static int of_folder(DIR *d) { return d ? dirfd(d) : -1; }

#define CALLS(C, L)                                                                                                   \
	C(socket, "DTp", 30, NEW, socket(FD(0), FD(1), FD(2)))                                                        \
	C(socketpair, "DTp2", 20, PAIR, socketpair(FD(0), FD(1), FD(2), PTR(3)))                                      \
	C(bind, "fal", 40, 0, bind(FD(0), PTR(1), (socklen_t)a[2]))                                                   \
	C(listen, "fk", 30, 0, listen(FD(0), FD(1)))                                                                  \
	C(connect, "fal", 60, WAITS, connect(FD(0), PTR(1), (socklen_t)a[2]))                                         \
	C(accept, "fAL", 60, NEW | WAITS, accept(FD(0), PTR(1), PTR(2)))                                              \
	C(accept4, "fALC", 50, NEW | WAITS, accept4(FD(0), PTR(1), PTR(2), FD(3)))                                    \
	C(shutdown, "fs", 15, 0, shutdown(FD(0), FD(1)))                                                              \
	C(setsockopt, "fowl", 30, 0, setsockopt(FD(0), FD(1), FD(2), PTR(3), (socklen_t)a[4]))                        \
	C(getsockopt, "foWL", 40, 0, getsockopt(FD(0), FD(1), FD(2), PTR(3), PTR(4)))                                 \
	C(getsockname, "fAL", 25, 0, getsockname(FD(0), PTR(1), PTR(2)))                                              \
	C(getpeername, "fAL", 25, 0, getpeername(FD(0), PTR(1), PTR(2)))                                              \
	C(close, "f", 90, 0, close(FD(0)))                                                                            \
	C(close_range, "qQ", 4, STATE, close_range((unsigned)a[0], (unsigned)a[1], FD(2)))                            \
	C(dup, "f", 20, NEW, dup(FD(0)))                                                                              \
	C(dup2, "ft", 25, NEW, dup2(FD(0), FD(1)))                                                                    \
	C(dup3, "ftd", 25, NEW, dup3(FD(0), FD(1), FD(2)))                                                            \
	C(fcntl, "fx", 60, 0, fcntl(FD(0), FD(1), PTR(2)))                                                            \
	L(fcntl64, "fx", 30, 0, fcntl64(FD(0), FD(1), PTR(2)))                                                        \
	C(ioctl, "fX", 30, 0, ioctl(FD(0), (unsigned long)a[1], PTR(2)))                                              \
	C(read, "fBz", 40, WAITS, read(FD(0), PTR(1), LEN(2)))                                                        \
	C(readv, "fvc", 30, WAITS, readv(FD(0), PTR(1), FD(2)))                                                       \
	L(recv, "fBzF", 40, WAITS, recv(FD(0), PTR(1), LEN(2), FD(3)))                                                \
	C(recvfrom, "fBzFAL", 40, WAITS, recvfrom(FD(0), PTR(1), LEN(2), FD(3), PTR(4), PTR(5)))                      \
	C(recvmsg, "fMF", 60, WAITS | RIGHTS, recvmsg(FD(0), PTR(1), FD(2)))                                          \
	C(recvmmsg, "fHcFV", 40, WAITS | RIGHTS, recvmmsg(FD(0), PTR(1), (unsigned)a[2], FD(3), PTR(4)))              \
	C(write, "fbz", 40, WAITS, write(FD(0), PTR(1), LEN(2)))                                                      \
	C(writev, "fvc", 30, WAITS, writev(FD(0), PTR(1), FD(2)))                                                     \
	L(send, "fbzF", 40, WAITS, send(FD(0), PTR(1), LEN(2), FD(3)))                                                \
	C(sendto, "fbzFal", 40, WAITS, sendto(FD(0), PTR(1), LEN(2), FD(3), PTR(4), (socklen_t)a[5]))                 \
	C(sendmsg, "fmF", 70, WAITS, sendmsg(FD(0), PTR(1), FD(2)))                                                   \
	C(sendmmsg, "fhcF", 40, WAITS, sendmmsg(FD(0), PTR(1), (unsigned)a[2], FD(3)))                                \
	C(sendfile, "ffOZ", 20, WAITS, sendfile(FD(0), FD(1), PTR(2), LEN(3)))                                        \
	L(sendfile64, "ffOZ", 10, WAITS, sendfile64(FD(0), FD(1), PTR(2), LEN(3)))                                    \
	C(splice, "fOfOZG", 25, WAITS, splice(FD(0), PTR(1), FD(2), PTR(3), LEN(4), (unsigned)a[5]))                  \
	L(__read_chk, "fBzR", 10, WAITS, __read_chk(FD(0), PTR(1), LEN(2), LEN(3)))                                   \
	L(__recv_chk, "fBzRF", 10, WAITS, __recv_chk(FD(0), PTR(1), LEN(2), LEN(3), FD(4)))                           \
	L(__recvfrom_chk, "fBzRFAL", 10, WAITS, __recvfrom_chk(FD(0), PTR(1), LEN(2), LEN(3), FD(4), PTR(5), PTR(6))) \
	L(pread, "fBzZ", 10, 0, pread(FD(0), PTR(1), LEN(2), a[3]))                                                   \
	C(pread64, "fBzZ", 10, 0, pread64(FD(0), PTR(1), LEN(2), a[3]))                                               \
	L(pwrite, "fbzZ", 10, 0, pwrite(FD(0), PTR(1), LEN(2), a[3]))                                                 \
	C(pwrite64, "fbzZ", 10, 0, pwrite64(FD(0), PTR(1), LEN(2), a[3]))                                             \
	L(lseek64, "fZs", 10, 0, lseek64(FD(0), a[1], FD(2)))                                                         \
	C(lseek, "fZs", 10, 0, lseek(FD(0), a[1], FD(2)))                                                             \
	C(fsync, "f", 5, 0, fsync(FD(0)))                                                                             \
	C(fdatasync, "f", 5, 0, fdatasync(FD(0)))                                                                     \
	C(poll, "Pcu", 50, WAITS, poll(PTR(0), (nfds_t)a[1], FD(2)))                                                  \
	L(ppoll, "PcyS", 40, WAITS, ppoll(PTR(0), (nfds_t)a[1], PTR(2), PTR(3)))                                      \
	L(__poll_chk, "PcuU", 10, WAITS, __poll_chk(PTR(0), (nfds_t)a[1], FD(2), LEN(3)))                             \
	L(__ppoll_chk, "PcySU", 10, WAITS, __ppoll_chk(PTR(0), (nfds_t)a[1], PTR(2), PTR(3), LEN(4)))                 \
	C(select, "NrrrY", 30, WAITS, select(FD(0), PTR(1), PTR(2), PTR(3), PTR(4)))                                  \
	L(pselect, "NrrryS", 30, WAITS, pselect(FD(0), PTR(1), PTR(2), PTR(3), PTR(4), PTR(5)))                       \
	C(epoll_ctl, "fefE", 40, 0, epoll_ctl(FD(0), FD(1), FD(2), PTR(3)))                                           \
	C(epoll_wait, "fBku", 40, WAITS, epoll_wait(FD(0), PTR(1), FD(2), FD(3)))                                     \
	L(epoll_pwait, "fBkuS", 20, WAITS, epoll_pwait(FD(0), PTR(1), FD(2), FD(3), PTR(4)))                          \
	L(epoll_pwait2, "fBkyS", 20, WAITS, epoll_pwait2(FD(0), PTR(1), FD(2), PTR(3), PTR(4)))                       \
	C(pipe2, "2C", 20, PAIR, pipe2(PTR(0), FD(1)))                                                                \
	L(pipe, "2", 10, PAIR, pipe(PTR(0)))                                                                          \
	L(eventfd, "pC", 15, NEW, eventfd((unsigned)a[0], FD(1)))                                                     \
	C(epoll_create1, "d", 10, NEW, epoll_create1(FD(0)))                                                          \
	C(timerfd_create, "iC", 15, NEW, timerfd_create(FD(0), FD(1)))                                                \
	C(open, "ngi", 15, NEW, open(PTR(0), FD(1), (mode_t)a[2]))                                                    \
	L(open64, "ngi", 5, NEW, open64(PTR(0), FD(1), (mode_t)a[2]))                                                 \
	C(openat, "fngi", 15, NEW, openat(FD(0), PTR(1), FD(2), (mode_t)a[3]))                                        \
	L(openat64, "fngi", 5, NEW, openat64(FD(0), PTR(1), FD(2), (mode_t)a[3]))                                     \
	L(__open_2, "ng", 5, NEW, __open_2(PTR(0), FD(1) & NO_MODE))                                                  \
	L(__open64_2, "ng", 5, NEW, __open64_2(PTR(0), FD(1) & NO_MODE))                                              \
	L(__openat_2, "fng", 5, NEW, __openat_2(FD(0), PTR(1), FD(2) & NO_MODE))                                      \
	L(__openat64_2, "fng", 5, NEW, __openat64_2(FD(0), PTR(1), FD(2) & NO_MODE))                                  \
	C(creat, "ni", 10, NEW, creat(PTR(0), (mode_t)a[1]))                                                          \
	L(creat64, "ni", 5, NEW, creat64(PTR(0), (mode_t)a[1]))                                                       \
	L(fopen, "n", 5, NEW, of(fopen(PTR(0), "re")))                                                                \
	L(fopen64, "n", 5, NEW, of(fopen64(PTR(0), "r")))                                                             \
	L(opendir, "n", 5, NEW, of_folder(opendir(PTR(0))))                                                           \
	L(signalfd, "fSC", 10, 0, signalfd(FD(0), PTR(1), FD(2)))                                                     \
	C(epoll_create, "k", 10, NEW, epoll_create(FD(0)))                                                            \
	C(inotify_init, "", 5, NEW, inotify_init())                                                                   \
	C(preadv, "fvcZ", 10, 0, preadv(FD(0), PTR(1), FD(2), a[3]))                                                  \
	L(preadv64, "fvcZ", 5, 0, preadv64(FD(0), PTR(1), FD(2), a[3]))                                               \
	C(pwritev, "fvcZ", 10, 0, pwritev(FD(0), PTR(1), FD(2), a[3]))                                                \
	L(pwritev64, "fvcZ", 5, 0, pwritev64(FD(0), PTR(1), FD(2), a[3]))                                             \
	L(ftruncate64, "fZ", 5, 0, ftruncate64(FD(0), a[1]))                                                          \
	L(waitpid, "iBd", 5, WAITS, waitpid((pid_t)a[0], PTR(1), FD(2)))                                              \
	C(wait4, "iBdJ", 5, WAITS, wait4((pid_t)a[0], PTR(1), FD(2), PTR(3)))                                         \
	L(wait3, "BdJ", 5, WAITS, wait3(PTR(0), FD(1), PTR(2)))                                                       \
	L(wait, "B", 5, WAITS, wait(PTR(0)))                                                                          \
	L(waitid, "iiBd", 5, WAITS, waitid((idtype_t)a[0], (id_t)a[1], PTR(2), FD(3)))                                \
	C(inotify_init1, "C", 10, NEW, inotify_init1(FD(0)))                                                          \
	C(pidfd_getfd, "ffp", 10, NEW, pidfd_getfd(FD(0), FD(1), (unsigned)a[2]))                                     \
	C(setrlimit, "Kj", 6, STATE, setrlimit((__rlimit_resource_t)a[0], PTR(1)))                                    \
	L(setrlimit64, "Kj", 4, STATE, setrlimit64((__rlimit_resource_t)a[0], PTR(1)))                                \
	L(prlimit, "IKjJ", 6, STATE, prlimit((pid_t)a[0], (enum __rlimit_resource)a[1], PTR(2), PTR(3)))              \
	C(prlimit64, "IKjJ", 6, STATE, prlimit64((pid_t)a[0], (enum __rlimit_resource)a[1], PTR(2), PTR(3)))

static const struct row rows[];
static const unsigned n_rows, n_calls; /* calls come first, scenes after them */

static __thread sigjmp_buf escapes[LEVELS];
static __thread volatile int guarded;
static volatile sig_atomic_t alarm_act; /* what SIGALRM does to the call that it meets; 0: nothing more */
static bool in_child;
static uint64_t nested; /* hash of the calls that handlers made */

static void on_segv(int sig)
{
	if (guarded > level)
		siglongjmp(escapes[level], SEGV);
	signal(sig, SIG_DFL);
}

/* The call, as this thread makes it. */
static long make(const struct row *r, int *error)
{
	long ret;
	int jumped;
	if (r->flags & WAITS) {
		alarm_act = 1 + (int)pick(3);
		head->blocking = !level;
	}
	guarded = level + 1;
	jumped = sigsetjmp(escapes[level], 0);
	if (!jumped) {
		errno = NO_ERROR;
		ret = is_raw ? syscall(r->number, a[0], a[1], a[2], a[3], a[4], a[5]) : r->call();
		*error = errno;
	} else {
		ret = jumped;
		*error = 0;
	}
	guarded = level;
	if (!level)
		head->blocking = 0;
	head->turn++;
	return ret;
}

/* Helpers make a call now and then in the main thread's place, while it waits. */
enum { HELPERS = 2 };
static struct helper {
	pthread_t thread;
	uint32_t asked, answered;
	int tid;
	const struct row *row;
	long ret;
	int error;
} helpers[HELPERS];
static int n_helpers;

static void *help(void *arg)
{
	struct helper *h = arg;
	h->tid = (int)RAW1(SYS_gettid, 0);
	for (uint32_t turn = 0;; turn++) {
		while (__atomic_load_n(&h->asked, __ATOMIC_ACQUIRE) == turn)
			RAW4(SYS_futex, &h->asked, FUTEX_WAIT, turn, 0);
		h->ret = make(h->row, &h->error);
		__atomic_store_n(&h->answered, turn + 1, __ATOMIC_RELEASE);
		RAW3(SYS_futex, &h->answered, FUTEX_WAKE, 1);
	}
	return NULL;
}

static long have_made(struct helper *h, const struct row *r, int *error)
{
	uint32_t turn = h->answered;
	h->row = r;
	head->tid = h->tid;
	__atomic_store_n(&h->asked, turn + 1, __ATOMIC_RELEASE);
	RAW3(SYS_futex, &h->asked, FUTEX_WAKE, 1);
	while (__atomic_load_n(&h->answered, __ATOMIC_ACQUIRE) == turn)
		RAW4(SYS_futex, &h->answered, FUTEX_WAIT, turn, 0);
	head->tid = self;
	*error = h->error;
	return h->ret;
}

/* The owner of a descriptor becomes what is the same in each run: this process, or one that is gone. */
static long common(long v)
{
	if (v == group || v == -group || (v <= 0 && v != -self))
		return v;
	return v < 0 ? -1000000001 : 1000000001;
}

static void prepare(void)
{
	n_slots = n_names = n_controls = 0;
	left_time = NULL;
	last_object = NULL;
	memset(a, 0, sizeof a);
}

static const struct row *choose(unsigned n)
{
	static unsigned sum[2]; /* of all, of the calls alone */
	unsigned *all = &sum[n == n_calls];
	for (unsigned i = 0; !*all && i < n; i++)
		for (i = 0; i < n; i++)
			*all += rows[i].weight;
	unsigned at = pick(*all), i = 0;
	while (at >= rows[i].weight)
		at -= rows[i++].weight;
	return &rows[i];
}

static const struct row *only;

static struct record call_of(const struct row *r)
{
	struct record out = {.call = (uint32_t)(r - rows)};
	int error;
	is_raw = r->number && one_in(4);
	note(is_raw ? "syscall(SYS_%s, " : "%s(", r->name);
	arguments(r->spec);
	struct helper *h = n_helpers && !in_child && !level && one_in(64) ? &helpers[pick((unsigned)n_helpers)] : NULL;
	note(h ? ") in a thread" : ")");
	out.result = h ? have_made(h, r, &error) : make(r, &error);

	for (int i = 0; i < n_names; i++)
		mask_name(names[i]);
	if (left_time)
		mask(left_time, 0, sizeof(struct timespec));
	if (r->flags & RIGHTS)
		take_rights();
	bool is_fcntl = r->spec[1] == 'x';
	if (is_fcntl && a[1] == F_GETOWN) {
		out.result = common(out.result);
	} else if ((is_fcntl && (a[1] == F_GETOWN_EX || a[1] == F_SETOWN_EX)) ||
		   (r->spec[1] == 'X' && a[1] == SIOCGPGRP)) {
		mask((char *)a[2], r->spec[1] == 'x' ? 4 : 0, 4);
	} else if (r->spec[1] == 'o' && r->spec[2] == 'W' &&
		   ((a[1] == SOL_SOCKET && (a[2] == SO_COOKIE || a[2] == SO_PEERCRED)) ||
		    (a[1] == IPPROTO_TCP && (a[2] == TCP_INFO || a[2] == TCP_MAXSEG)))) {
		mask((char *)a[3], 0, WINDOW);
	}
	if (r->flags & NEW || (is_fcntl && (a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC)))
		met(out.result);
	long pair = r->flags & PAIR ? a[strchr(r->spec, '2') - r->spec] : 0;
	if (pair && !out.result && writable((void *)pair) >= 8) {
		int fds[2];
		memcpy(fds, (void *)pair, sizeof fds);
		met(fds[0]);
		met(fds[1]);
	}
	out.error = error;
	out.memory = hash_memory();
	note(" = %ld", (long)out.result);
	tell_memory();
	if (error != NO_ERROR)
		note(" (%d %s)", error, error > 0 && error < 200 ? strerrorname_np(error) : "");
	return out;
}

/* One more call, from a signal handler. */
static void nest(void)
{
	if (level)
		return;
	long kept_a[7];
	bool kept_raw = is_raw;
	uint64_t kept_chance = chance;
	int kept_slots = n_slots, kept_names = n_names, kept_controls = n_controls, saved = errno;
	char *kept_out[32], *kept_time = left_time;
	typeof(controls[0]) kept_control[4];
	memcpy(kept_a, a, sizeof a);
	memcpy(kept_out, names, sizeof names);
	memcpy(kept_control, controls, sizeof controls);
	level = 1;
	prepare();
	chance_of(head->begun ^ 0x5555555555555555);
	note(" <in a handler: ");
	const struct row *r;
	do
		r = choose(n_calls);
	while (r->flags & (WAITS | ALONE));
	struct record out = call_of(r);
	nested = mix(mix(mix(nested, (uint64_t)out.result), (uint64_t)out.error), out.memory);
	note("> ");
	level = 0;
	memcpy(a, kept_a, sizeof a);
	memcpy(names, kept_out, sizeof names);
	memcpy(controls, kept_control, sizeof controls);
	is_raw = kept_raw;
	left_time = kept_time;
	n_slots = kept_slots;
	n_names = kept_names;
	n_controls = kept_controls;
	chance = kept_chance;
	errno = saved;
}

static void on_alarm(int sig)
{
	(void)sig;
	int act = alarm_act;
	if (!head->blocking || !act)
		return;
	alarm_act = 0;
	if (act == 1)
		nest();
	else if (act == 2 && guarded)
		siglongjmp(escapes[0], JUMPED);
}

static void on_usr1(int sig)
{
	(void)sig;
	nest();
}

/* -- scenes: what is more than one call, or needs a process of its own ------------------------------------------- */

static uint64_t scene_hash; /* what a scene has to tell beside its result */

static long told(long ret)
{
	long v = ret < 0 ? -errno : ret;
	scene_hash = mix(scene_hash, (uint64_t)v);
	return ret;
}
#define TOLD(call) (errno = NO_ERROR, told((long)(call)))

/* Closes everything, in one of the ways that there are, and makes descriptors of each kind and state again. */
static long sweep(void)
{
	unsigned how = pick(4);
	note("sweep %u", how);
	alarm_act = 0;
	head->blocking = 1; /* a connect to a full listener, a flush into a full pipe */
	for (int i = 0; i < 4; i++)
		if (files[i].f) {
			TOLD(fclose(files[i].f));
			files[i].f = NULL;
		}
	if (how == 0)
		closefrom(3);
	else if (how == 1)
		TOLD(syscall(SYS_close_range, 3, UINT32_MAX, 0));
	else if (how == 2)
		TOLD(close_range(3, UINT32_MAX, 0));
	else
		for (int fd = 3; fd < LOW + 64; fd++)
			TOLD(close(fd));
	if (how == 3)
		TOLD(close_range(LOW, UINT32_MAX, 0));
	n_pool = 0;
	crowded = false;
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			TOLD(open("/dev/null", O_RDWR));

	int fds[2], fd;
	char byte = 'x';
	static const int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
		if (!TOLD(socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))) {
			met(fds[0]);
			met(fds[1]);
			TOLD(send(fds[0], &byte, 1, 0));
			if (i == 2)
				TOLD(shutdown(fds[1], SHUT_WR));
		}
	struct sockaddr_un un = {AF_UNIX, "s0"};
	for (int i = 0; i < 2; i++) {
		un.sun_path[1] = (char)('0' + i);
		RAW1(SYS_unlink, un.sun_path);
		met(fd = (int)TOLD(socket(AF_UNIX, (i ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_NONBLOCK, 0)));
		TOLD(bind(fd, (struct sockaddr *)&un, 5));
		TOLD(listen(fd, 8));
		for (int k = 0; k < 2; k++) {
			met(fd = (int)TOLD(socket(AF_UNIX, (i ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_NONBLOCK, 0)));
			TOLD(connect(fd, (struct sockaddr *)&un, 5));
		}
	}
	struct sockaddr_in in = {AF_INET, htons(20000), {own_address}, {0}};
	int on = 1;
	met(fd = (int)TOLD(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)));
	TOLD(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	TOLD(bind(fd, (struct sockaddr *)&in, sizeof in));
	TOLD(listen(fd, 8));
	met(fd = (int)TOLD(socket(AF_INET, SOCK_STREAM, 0)));
	TOLD(connect(fd, (struct sockaddr *)&in, sizeof in));
	TOLD(fcntl(fd, F_SETFL, O_NONBLOCK));
	for (int i = 0; i < 2; i++) {
		in.sin_port = htons((uint16_t)(20001 + i));
		met(fd = (int)TOLD(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)));
		if (i)
			TOLD(connect(fd, (struct sockaddr *)&in, sizeof in));
		else
			TOLD(bind(fd, (struct sockaddr *)&in, sizeof in));
		in.sin_port = htons(20001);
	}
	met(TOLD(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)));
	met(TOLD(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)));
	if (!TOLD(pipe2(fds, O_NONBLOCK))) {
		met(fds[0]);
		met(fds[1]);
	}
	met(TOLD(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600)));
	TOLD(write(pool[n_pool - 1], "0123456789abcdef", 16));
	met(TOLD(eventfd(0, EFD_NONBLOCK)));
	met(TOLD(epoll_create1(EPOLL_CLOEXEC)));
	head->blocking = 0;
	return 0;
}

static void begin_child(void)
{
	self = (pid_t)RAW1(SYS_getpid, 0);
	head->pid = head->tid = self;
	in_child = true;
	head->child[0] = head->child[1] = 0;
}

/* Waits for a child: its status, and in the hash what it told. */
static long ended(pid_t pid)
{
	int status = 0;
	long ret;
	pid_t was = self;
	while ((ret = RAW4(SYS_wait4, pid, &status, 0, 0)) == -EINTR)
		;
	head->pid = head->tid = was;
	head->blocking = 0;
	scene_hash = mix(scene_hash, head->child[0]);
	note(" status %x told %lx", status, (unsigned long)head->child[0]);
	return ret < 0 ? ret : status;
}

static void child_calls(unsigned n)
{
	uint64_t h = 1;
	for (unsigned i = 0; i < n; i++) {
		prepare();
		note("\n    child: ");
		struct record out = call_of(choose(n_calls));
		h = mix(mix(mix(h, (uint64_t)out.result), (uint64_t)out.error), out.memory);
	}
	h = mix(h, nested);
	uint64_t s = state();
	note("\n    child: state %016lx", (unsigned long)s);
	head->child[0] = mix(mix(h, s), scene_hash);
}

static void end_child(void)
{
	unsigned how = pick(9);
	note(" end %u", how);
	switch (how) {
	case 0: _exit(3);
	case 1: _Exit(4);
	case 2: quick_exit(5);
	case 3: exit(6);
	case 4: syscall(SYS_exit_group, 7); break;
	case 5: raise(SIGKILL); break;
	case 6: raise(SIGTERM); break;
	case 7: _exit(-1);
	default: RAW1(SYS_exit_group, 8);
	}
	_exit(99);
}

static long children(void)
{
	unsigned how = pick(4), n = pick(12);
	note("%s, %u calls", how == 1 ? "_Fork" : how == 2 ? "SYS_fork" : "fork", n);
	pid_t pid = how == 1 ? _Fork() : how == 2 ? (pid_t)syscall(SYS_fork) : fork();
	if (!pid) {
		begin_child();
		child_calls(n);
		if (one_in(6)) { /* and a grandchild */
			pid = fork();
			if (!pid) {
				uint64_t first = head->child[0];
				begin_child();
				child_calls(2);
				head->child[0] = mix(first, head->child[0]);
				end_child();
			}
			ended(pid);
		}
		end_child();
	}
	return pid < 0 ? -errno : ended(pid);
}

static char own_path[4096], own_folder[4096];

/* What can be had for a string, an argv, an environment: good and bad. */
static char *path_of(bool fails)
{
	static const char *const good[] = {"/bin/true", "/bin/true", own_path, own_path, "true", "script"};
	static const char *const bad[] = {"missing", ".", "/missing/missing", "", "file/x", "plain"};
	unsigned kind = pick(12);
	if (kind < 10 || kind == 10) {
		const char *s = !fails && kind < 8 ? good[pick(6)] : bad[pick(6)];
		note("%s", s);
		return kind == 10 && fails ? UNMAPPED : (char *)s;
	}
	char *p = object(8, "path");
	if (writable(p))
		memset(p, 'p', writable(p)); /* not terminated */
	return p;
}

static char **words(bool is_env)
{
	static char *many[300];
	char *w[6] = {(char *)(is_env ? "B=2" : own_path),
		      (char *)(is_env ? "PATH=/bin:/usr/bin" : "--told"),
		      (char *)(is_env ? "C" : "x"),
		      NULL,
		      NULL,
		      NULL};
	size_t n = 4;
	unsigned kind = pick(20);
	note(" %s %u", is_env ? "env" : "argv", kind);
	switch (kind) {
	case 0: return is_env ? NULL : good(w, n * sizeof *w);
	case 1: return (char **)UNMAPPED;
	case 2: n = 3; break; /* no NULL before the page ends */
	case 3: w[2] = UNMAPPED; break;
	case 4: w[2] = (char *)1; break;
	case 5: {
		char *s = new_slot(5);
		memset(s, 'E', 5);
		w[2] = s;
		break;
	}
	case 6: return is_env ? (char **)READ_ONLY : good(w, n * sizeof *w);
	case 7: return (char **)one_in(2) ? (char **)4095 : (char **)NO_ACCESS;
	case 8:
		if (is_env)
			w[2] = (char *)(one_in(2) ? "LD_PRELOAD=" : "LD_PRELOAD=/missing.so");
		break;
	case 9:
		if (is_env)
			w[2] = (char *)"";
		break;
	case 10:
		if (!is_env)
			break;
		for (int i = 0; i < 299; i++)
			many[i] = (char *)"MANY=1";
		return many;
	case 11:
		if (is_env)
			w[2] = (char *)(one_in(2) ? "SOCKSAN_OPTIONS=" : "LD_PRELOAD");
		break;
	default:
		if (is_env)
			return environ;
	}
	return good(w, n * sizeof *w);
}

static long exec_of(unsigned how, char *path, char **argv, char **env)
{
	switch (how) {
	case 0: return execve(path, argv, env);
	case 1: return execv(path, argv);
	case 2: return execvp(path, argv);
	case 3: return execvpe(path, argv, env);
	case 4: return execl(path, own_path, "--told", "y", (char *)NULL);
	case 5: return execlp(path, own_path, "--told", "y", (char *)NULL);
	case 6: return execle(path, own_path, "--told", "y", (char *)NULL, env);
	case 7: return fexecve(number(), argv, env);
	case 8: {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? -1 : fexecve(fd, argv, env);
	}
	case 9: return execveat(AT_FDCWD, path, argv, env, (int)ONE_OF(0, 0, AT_SYMLINK_NOFOLLOW, -1));
	case 10: return syscall(SYS_execve, path, argv, env);
	default: return syscall(SYS_execveat, AT_FDCWD, path, argv, env, 0);
	}
}

static long execs(void)
{
	bool stays = one_in(2); /* it fails, and in this process */
	unsigned how = pick(12);
	note("exec %u%s ", how, stays ? " here" : "");
	if (stays && how == 8)
		how = 7;
	char *path = path_of(stays), **argv = words(false), **env = words(true);
	n_slots = 0; /* pointers to the program's own memory are in there */
	if (stays) {
		if (sigsetjmp(escapes[0], 0)) {
			guarded = 0;
			return SEGV;
		}
		guarded = 1;
		long ret = TOLD(exec_of(how, path, argv, env));
		ret = ret < 0 ? -errno : ret;
		guarded = 0;
		return ret;
	}
	unsigned n = pick(3);
	pid_t pid = one_in(4) ? _Fork() : fork();
	if (!pid) {
		begin_child();
		signal(SIGSEGV, SIG_DFL);
		while (n--)
			call_of(choose(n_calls));
		errno = NO_ERROR;
		long ret = exec_of(how, path, argv, env);
		head->child[0] = (uint64_t)(ret << 32 | errno);
		_exit(98);
	}
	return pid < 0 ? -errno : ended(pid);
}

static long spawns(void)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	sigset_t set;
	pid_t pid = -1;
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_init(&actions);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr, (short)ONE_OF(0, POSIX_SPAWN_SETSIGMASK,
						      POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK,
						      POSIX_SPAWN_RESETIDS, POSIX_SPAWN_SETPGROUP));
	for (unsigned i = pick(4); i; i--)
		switch (pick(3)) {
		case 0: posix_spawn_file_actions_adddup2(&actions, number(), (int)pick(50)); break;
		case 1: posix_spawn_file_actions_addclose(&actions, (int)pick(50)); break;
		default: posix_spawn_file_actions_addopen(&actions, (int)pick(50), "/dev/null", O_RDWR, 0);
		}
	bool by_path = one_in(2), with_actions = one_in(2), with_attr = one_in(2), with_pid = !one_in(4);
	note("posix_spawn%s ", by_path ? "" : "p");
	char *path = path_of(false), **argv = words(false), **env = words(true);
	n_slots = 0;
	long ret;
	head->child[0] = 0;
	if (sigsetjmp(escapes[0], 0)) {
		guarded = 0;
		return SEGV;
	}
	guarded = 1;
	errno = NO_ERROR;
	ret = (by_path ? posix_spawn : posix_spawnp)(with_pid ? &pid : NULL, path, with_actions ? &actions : NULL,
						     with_attr ? &attr : NULL, argv, env);
	guarded = 0;
	scene_hash = mix(scene_hash, (uint64_t)errno);
	note(" = %ld", ret);
	long status = ret ? 0 : ended(with_pid ? pid : -1);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return status << 16 | ret;
}

static long shells(void)
{
	static const char *const commands[] = {"exit 3",	  "true", "kill -9 $$", "missing 2>/dev/null", NULL,
					       "exit $DIFFERENCE"};
	const char *command = commands[pick(6)];
	head->child[0] = 0;
	if (one_in(2)) {
		note("system(%s)", command ? command : "NULL");
		return TOLD(system(command));
	}
	const char *mode = (const char *[]){"r", "w", "re", "x", "rw"}[one_in(3) ? pick(5) : 0];
	command = command ? command : "echo told";
	note("popen(%s, %s)", command, mode);
	errno = NO_ERROR;
	FILE *f = popen(command, mode);
	char line[64] = "";
	if (!f)
		return told(-1) ? -errno : 0;
	TOLD(fileno(f));
	TOLD(*mode == 'r' ? fread(line, 1, sizeof line, f) : 0);
	scene_hash = hash_text(scene_hash, line);
	return TOLD(pclose(f));
}

static long daemons(void)
{
	bool keep_folder = one_in(2), keep_files = one_in(2);
	note("daemon(%d, %d)", keep_folder, keep_files);
	head->done = 0;
	RAW2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	pid_t pid = fork();
	if (!pid) {
		begin_child();
		pid_t before = self;
		errno = NO_ERROR;
		long ret = daemon(keep_folder, keep_files);
		begin_child();
		scene_hash = mix(mix(scene_hash, (uint64_t)ret), (uint64_t)errno ^ (self != before));
		scene_hash = mix(scene_hash, state());
		if (RAW1(SYS_chdir, own_folder)) /* what is made by name is not made in / */
			_exit(97);
		child_calls(3);
		head->done = 1;
		_exit(0);
	}
	pid_t was = self;
	int status = 0;
	while (RAW4(SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	while (RAW4(SYS_wait4, -1, 0, 0, 0) > 0) /* what it holds open is closed by then */
		;
	RAW2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 0);
	head->pid = head->tid = was;
	head->blocking = 0;
	scene_hash = mix(scene_hash, head->child[0]);
	note(" status %x told %lx", status, (unsigned long)head->child[0]);
	return status | (head->done ? 0 : 1 << 20);
}

/* A vfork child has this memory: it makes few calls, and leaves by exec or _exit. */
static __attribute__((noinline)) long vforks(void)
{
	volatile long got[3] = {0};
	int fd = number(), other = (int)pick(64);
	unsigned how = pick(4);
	char *const argv[] = {own_path, (char *)"--told", NULL};
	note("vfork, close(%d), dup2(%d, %d), end %u", fd, fd, other, how);
	pid_t pid = vfork();
	if (!pid) {
		got[0] = how & 1 ? dup2(fd, other) : close(fd);
		got[1] = socket(AF_UNIX, SOCK_STREAM, 0);
		if (how == 0)
			_exit(9);
		if (how == 1)
			execve(own_path, argv, environ);
		if (how == 2)
			execv("missing", argv);
		got[2] = errno;
		_exit(10);
	}
	if (pid < 0)
		return -errno;
	head->child[0] = 0;
	for (int i = 0; i < 3; i++)
		scene_hash = mix(scene_hash, (uint64_t)got[i]);
	return ended(pid);
}

/* Makes descriptors until there are no more. */
static long exhaust(void)
{
	unsigned maker = pick(10);
	rlim_t most = (rlim_t)ONE_OF(256, 100, 64, 300, 40);
	bool hard = one_in(3);
	note("maker %u up to %d%s", maker, (int)most, hard ? " hard" : "");
	pid_t pid = fork();
	if (pid)
		return pid < 0 ? -errno : ended(pid);
	begin_child();
	struct rlimit limit;
	int fds[2] = {-1, -1}, listener = -1, n = 0;
	struct sockaddr_un un = {AF_UNIX, "x"};
	if (one_in(2))
		TOLD(close_range(8, UINT32_MAX, 0));
	if (maker == 4) {
		RAW1(SYS_unlink, "x");
		listener = (int)TOLD(socket(AF_UNIX, SOCK_STREAM, 0));
		TOLD(bind(listener, (struct sockaddr *)&un, 4));
		TOLD(listen(listener, 512));
	}
	if (maker == 5)
		TOLD(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds));
	RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	limit.rlim_cur = most;
	if (hard)
		limit.rlim_max = most;
	TOLD(setrlimit(RLIMIT_NOFILE, &limit));
	for (long ret = 0; ret >= 0 && n < 400; n++) {
		int pair[2] = {0};
		switch (maker) {
		case 0: ret = TOLD(socket(AF_UNIX, SOCK_STREAM, 0)); break;
		case 1:
			ret = TOLD(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
			scene_hash = mix(scene_hash, (uint64_t)pair[1]);
			break;
		case 2: ret = TOLD(dup(0)); break;
		case 3: ret = TOLD(fcntl(0, F_DUPFD_CLOEXEC, (int)most - 50)); break;
		case 4:
			ret = TOLD(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
			if (ret >= 0) {
				TOLD(connect((int)ret, (struct sockaddr *)&un, 4));
				ret = TOLD(accept(listener, NULL, NULL));
			}
			break;
		case 5: {
			char room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0}, byte = 'x';
			struct iovec v = {&byte, 1};
			struct msghdr m = {.msg_iov = &v,
					   .msg_iovlen = 1,
					   .msg_control = room,
					   .msg_controllen = sizeof room};
			struct cmsghdr *c = (void *)room;
			*c = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
			memcpy(CMSG_DATA(c), &fds[0], sizeof fds[0]);
			TOLD(sendmsg(fds[0], &m, 0));
			m.msg_controllen = sizeof room;
			TOLD(recvmsg(fds[1], &m, 0));
			ret = m.msg_controllen ? 0 : -1;
			scene_hash = mix(scene_hash, m.msg_controllen << 8 | (unsigned)m.msg_flags);
			break;
		}
		case 6: ret = TOLD(open("/dev/null", O_RDONLY)); break;
		case 7: ret = TOLD(pipe(pair)); break;
		case 8: ret = TOLD(dup2(0, n + 3)); break;
		default: ret = TOLD(epoll_create1(0));
		}
	}
	int open_now = 0;
	for (int fd = 0; fd < (int)most; fd++)
		open_now += fcntl(fd, F_GETFD) >= 0;
	scene_hash = mix(scene_hash, (uint64_t)open_now);
	TOLD(socket(AF_INET, SOCK_STREAM, 0));
	TOLD(fdopen(0, "r") != NULL);
	uint64_t s = state();
	note("\n    child: made %d open %d state %016lx", n, open_now, (unsigned long)s);
	head->child[0] = mix(scene_hash, s);
	for (int fd = 3; fd < (int)most + 3; fd++)
		TOLD(close(fd));
	head->child[0] = mix(head->child[0], scene_hash);
	_exit(n & 0x7f);
}

static pthread_barrier_t barrier;

static void *first_socket(void *arg)
{
	pthread_barrier_wait(&barrier);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	close(fd);
	return arg;
}

/* Threads make a socket at once, in a process that has made none. 1: limits are not what they were. */
static long race_here(void)
{
	enum { RACERS = 8 };
	pthread_t t[RACERS];
	uint64_t before = hash_limits();
	pthread_barrier_init(&barrier, NULL, RACERS);
	for (int i = 0; i < RACERS; i++)
		pthread_create(&t[i], NULL, first_socket, NULL);
	for (int i = 0; i < RACERS; i++)
		pthread_join(t[i], NULL);
	return before != hash_limits();
}

static long races(void)
{
	note("8 threads make their first socket");
	pid_t pid = fork();
	if (!pid) {
		begin_child();
		RAW1(SYS_exit_group, race_here());
	}
	return pid < 0 ? -errno : ended(pid);
}

/* A sandbox that kills for what the host does not do. */
static long sandboxes(void)
{
#define OK(n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##n, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	static struct sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
					      OK(read),
					      OK(write),
					      OK(close),
					      OK(exit_group),
					      OK(dup),
					      OK(socket),
					      OK(sendto),
					      OK(fcntl),
					      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
#undef OK
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
	unsigned how = pick(5), n = one_in(2) ? 20 : 1500;
	note("filter by %s, %u times",
	     how == 0	? "prctl"
	     : how == 1 ? "SYS_prctl"
	     : how == 2 ? "SYS_seccomp"
			: "bad arguments",
	     n);
	pid_t pid = fork();
	if (pid)
		return pid < 0 ? -errno : ended(pid);
	begin_child();
	int ends[2];
	char byte = 'x';
	TOLD(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	TOLD(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (how == 0)
		TOLD(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	else if (how == 1)
		TOLD(syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
	else if (how == 2)
		TOLD(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	else if (how == 3)
		TOLD(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, UNMAPPED));
	else
		TOLD(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, UNMAPPED));
	for (unsigned i = 0; i < n; i++) {
		TOLD(write(ends[0], &byte, 1));
		TOLD(read(ends[1], &byte, 1));
		TOLD(close((int)TOLD(dup(ends[0]))));
		TOLD(close((int)TOLD(socket(AF_UNIX, SOCK_STREAM, 0))));
		TOLD(send(ends[0], &byte, 1, MSG_DONTWAIT));
		TOLD(read(ends[1], &byte, 1));
	}
	head->child[0] = scene_hash;
	RAW1(SYS_exit_group, 5);
	return 0;
}

/* -- cancellation */

static struct cancelled {
	unsigned kind;
	int fds[2], type, tid;
	uint32_t ready;
	const struct row *row;
	bool through;
} victim;

static void *wait_for_nothing(void *arg)
{
	char byte;
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	struct mmsghdr mm = {.msg_hdr = m};
	int fd = victim.fds[0];
	struct pollfd p = {fd, POLLIN, 0};
	fd_set set;
	FD_ZERO(&set);
	if (fd >= 0)
		FD_SET(fd, &set);
	victim.tid = (int)RAW1(SYS_gettid, 0);
	pthread_setcanceltype(victim.type, NULL);
	__atomic_store_n(&victim.ready, 1, __ATOMIC_RELEASE);
	for (;;)
		switch (victim.kind) {
		case 0: read(fd, &byte, 1); break;
		case 1: readv(fd, &v, 1); break;
		case 2: recv(fd, &byte, 1, 0); break;
		case 3: recvfrom(fd, &byte, 1, 0, NULL, NULL); break;
		case 4: recvmsg(fd, &m, 0); break;
		case 5: recvmmsg(fd, &mm, 1, 0, NULL); break;
		case 6: accept(fd, NULL, NULL); break;
		case 7: accept4(fd, NULL, NULL, SOCK_CLOEXEC); break;
		case 8: poll(&p, 1, -1); break;
		case 9: ppoll(&p, 1, NULL, NULL); break;
		case 10: select(fd + 1, &set, NULL, NULL, NULL); break;
		default: pselect(fd + 1, &set, NULL, NULL, NULL, NULL);
		}
	return arg;
}

/* In a call that waits, where a signal reaches it. Whoever has blocked them all is not there yet: the shim, which waits for a child of its own
 * as it opens a file, or libc. */
static bool asleep(int pid, int tid)
{
	char path[64], text[2048];
	snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
	long fd = RAW3(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	long n = RAW3(SYS_read, fd, text, sizeof text - 1);
	RAW1(SYS_close, fd);
	text[n > 0 ? n : 0] = 0;
	const char *blocked = strstr(text, "\nSigBlk:\t");
	return blocked && strstr(text, "\nState:\tS") && !(strtoull(blocked + 9, NULL, 16) >> (SIGALRM - 1) & 1);
}

static long cancels(void)
{
	pthread_t t;
	void *ret = NULL;
	victim = (struct cancelled){.kind = pick(12),
				    .type = one_in(2) ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED};
	note("%s cancel in %u", victim.type == PTHREAD_CANCEL_DEFERRED ? "deferred" : "asynchronous", victim.kind);
	if (victim.kind == 6 || victim.kind == 7) {
		struct sockaddr_un un = {AF_UNIX, "c"};
		RAW1(SYS_unlink, "c");
		victim.fds[0] = (int)TOLD(socket(AF_UNIX, SOCK_STREAM, 0));
		TOLD(bind(victim.fds[0], (struct sockaddr *)&un, 4));
		TOLD(listen(victim.fds[0], 4));
		victim.fds[1] = -1;
	} else if (TOLD(socketpair(AF_UNIX, SOCK_STREAM, 0, victim.fds))) {
		return -1;
	}
	if (victim.fds[0] < 0)
		return -1;
	if (pthread_create(&t, NULL, wait_for_nothing, NULL))
		return -2;
	while (!__atomic_load_n(&victim.ready, __ATOMIC_ACQUIRE) || !asleep(self, victim.tid))
		RAW1(SYS_sched_yield, 0);
	pthread_cancel(t);
	pthread_join(t, &ret);
	TOLD(close(victim.fds[0]));
	TOLD(close(victim.fds[1]));
	return ret == PTHREAD_CANCELED;
}

/* A call with a cancellation pending: only a cancellation point acts on it. */
static void *call_when_cancelled(void *arg)
{
	int error;
	victim.tid = (int)RAW1(SYS_gettid, 0);
	head->tid = victim.tid;
	if (victim.type == PTHREAD_CANCEL_DEFERRED)
		pthread_cancel(pthread_self());
	make(victim.row, &error);
	victim.through = true;
	scene_hash = mix(scene_hash, (uint64_t)error);
	return arg;
}

static long pending(void)
{
	pthread_t t;
	void *ret = NULL;
	victim = (struct cancelled){.type = PTHREAD_CANCEL_DEFERRED};
	do
		victim.row = choose(n_calls);
	while (victim.row->flags & PAIR);
	is_raw = victim.row->number && one_in(4);
	note("cancelled before %s%s(", is_raw ? "SYS_" : "", victim.row->name);
	arguments(victim.row->spec);
	note(")");
	if (pthread_create(&t, NULL, call_when_cancelled, NULL))
		return -2;
	pthread_join(t, &ret);
	head->tid = self;
	head->blocking = 0;
	for (int i = 0; i < n_names; i++)
		mask_name(names[i]);
	n_slots = 0; /* what an answer may hold of this process alone is told by calls that are not cancelled */
	return (ret == PTHREAD_CANCELED) << 1 | victim.through;
}

static long signals(void)
{
	static const int some[] = {SIGUSR2, SIGCHLD, SIGURG, SIGWINCH, SIGHUP};
	int sig = some[pick(5)];
	switch (pick(4)) {
	case 0:
	case 1: note("raise(SIGUSR1)"); return raise(SIGUSR1);
	case 2: {
		unsigned how = pick(4);
		note("signal(%d, %u)", sig, how);
		signal(sig, how == 0 ? SIG_IGN : how == 1 && sig != SIGCHLD ? on_other : SIG_DFL);
		return sig != SIGHUP && sig != SIGUSR2 ? raise(sig) : 0;
	}
	default: {
		sigset_t set;
		int how = (int)ONE_OF(SIG_BLOCK, SIG_UNBLOCK, SIG_UNBLOCK, SIG_SETMASK);
		sigemptyset(&set);
		sigaddset(&set, sig);
		sigaddset(&set, one_in(2) ? SIGTERM : SIGPIPE);
		note("sigprocmask(%d, %d)", how, sig);
		return pthread_sigmask(how, &set, NULL);
	}
	}
}

static long libraries(void)
{
	static const char *const some[] = {"libresolv.so.2", "libnsl.so.1", "libmissing.so", "libBrokenLocale.so.1"};
	void *handle = dlopen(some[pick(4)], RTLD_NOW);
	note("dlopen, dlclose: %d", handle != NULL);
	return handle ? TOLD(dlclose(handle)) : -1;
}

/* Streams: fdopen, freopen, fclose. */
static long streams(void)
{
	static const char *const modes[] = {"r", "w", "r+", "a", "we", "rw", "x", "", "r+ce"};
	const char *mode = modes[pick(9)];
	unsigned i = pick(4), how = pick(3);
	FILE **f = &files[i].f;
	if (head->blocking)
		return 0;
	alarm_act = 1;
	if (!*f) {
		int fd = number();
		note("fdopen(%d, %s)", fd, mode);
		errno = NO_ERROR;
		if (!(*f = fdopen(fd, mode)))
			return told(-1);
		files[i].fd = fd;
		if (one_in(2))
			TOLD(fputs("text", *f));
		return TOLD(fileno(*f));
	}
	FILE *was = *f;
	head->blocking = 1;
	long ret;
	if (how == 0) {
		char *path = one_in(3) ? path_of(true) : (char *)"file";
		bool null = one_in(8);
		note("%s, %s) of %d", null ? " freopen(NULL" : " freopen(", mode, files[i].fd);
		errno = NO_ERROR;
		*f = (one_in(2) ? freopen : freopen64)(null ? NULL : path, mode, was);
		ret = *f ? fileno(*f) : -1;
		files[i].fd = (int)ret;
		told(ret);
	} else {
		note("fclose of %d", files[i].fd);
		*f = NULL;
		ret = TOLD(fclose(was));
	}
	head->blocking = 0;
	return ret;
}

static long controls_of_process(void)
{
	static const int some[] = {PR_SET_NAME,
				   PR_GET_NAME,
				   PR_SET_PDEATHSIG,
				   PR_GET_PDEATHSIG,
				   PR_GET_DUMPABLE,
				   PR_SET_DUMPABLE,
				   PR_GET_KEEPCAPS,
				   PR_GET_NO_NEW_PRIVS,
				   PR_GET_SECCOMP,
				   PR_GET_CHILD_SUBREAPER,
				   99999,
				   -1,
				   PR_SET_SECCOMP};
	int option = some[pick(13)];
	char name[16] = "difference";
	unsigned long arg = option == PR_SET_NAME || option == PR_GET_NAME || option == PR_GET_CHILD_SUBREAPER ||
					    option == PR_GET_PDEATHSIG
				    ? (unsigned long)input(name, sizeof name, "name")
			    : option == PR_SET_DUMPABLE ? (unsigned long)ONE_OF(1, 1, 7)
			    : option == PR_SET_SECCOMP	? (unsigned long)ONE_OF(7, 2, 2)
							: 0;
	note(" prctl(%d, %lx)", option, arg);
	if (option == PR_SET_SECCOMP)
		return one_in(2) ? TOLD(prctl(option, arg, UNMAPPED))
				 : TOLD(syscall(SYS_prctl, option, arg, UNMAPPED, 0, 0));
	return one_in(2) ? TOLD(prctl(option, arg, 0, 0, 0)) : TOLD(syscall(SYS_prctl, option, arg, 0, 0, 0));
}

static long close_from(void)
{
	int low = (int)ONE_OF(3, 10, 30, 60, 80, 90, -1, 100, INT32_MAX);
	note("closefrom(%d)", low);
	errno = NO_ERROR;
	closefrom(low);
	crowded = true;
	return told(0);
}

/* The kernel's hash functions: a listener of a kind of its own. */
static long hashes(void)
{
	struct sockaddr_alg at = {.salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256"};
	char digest[32] = "";
	int fd = (int)TOLD(socket(AF_ALG, SOCK_SEQPACKET, 0));
	note("AF_ALG");
	if (fd < 0)
		return -1;
	TOLD(bind(fd, (struct sockaddr *)&at, sizeof at));
	int op = (int)(one_in(2) ? TOLD(accept(fd, NULL, NULL)) : TOLD(accept4(fd, NULL, NULL, SOCK_CLOEXEC)));
	TOLD(send(op, "abc", 3, 0));
	TOLD(recv(op, digest, sizeof digest, 0));
	scene_hash = hash_text(scene_hash, digest);
	TOLD(close(op));
	return TOLD(close(fd));
}

/* -- the table of rows ------------------------------------------------------------------------------------------ */

#define FUNCTION(name, spec, weight, flags, call) \
	static long call_##name(void) { return (long)(call); }
CALLS(FUNCTION, FUNCTION)
#undef FUNCTION

/* Of a scene with another program, whose recorder may say on standard error that its trace is full: nobody here must read that. */
static long quietly(long (*scene)(void))
{
	int flags = fcntl(STDERR_FILENO, F_GETFD), kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	int null = open("/dev/null", O_WRONLY);
	dup2(null, STDERR_FILENO);
	if (null != STDERR_FILENO)
		close(null);
	long ret = scene();
	if (kept < 0)
		close(STDERR_FILENO);
	else if (dup2(kept, STDERR_FILENO) == STDERR_FILENO)
		fcntl(STDERR_FILENO, F_SETFD, flags);
	close(kept);
	return ret;
}

static long execs_quietly(void) { return quietly(execs); }
static long spawns_quietly(void) { return quietly(spawns); }
static long vforks_quietly(void) { return quietly(vforks); }
static long shells_quietly(void) { return quietly(shells); }

static const struct row rows[] = {
#define NUMBERED(name, spec, weight, flags, call) {#name, weight * 20, flags, SYS_##name, spec, call_##name},
#define UNNUMBERED(name, spec, weight, flags, call) {#name, weight * 20, flags, 0, spec, call_##name},
	CALLS(NUMBERED, UNNUMBERED)
#undef NUMBERED
#undef UNNUMBERED
	/* The weight of a call is 20 times that of a scene. */
	{"fork", 24, STATE, 0, NULL, children},
	{"exec", 24, STATE, 0, NULL, execs_quietly},
	{"posix_spawn", 16, STATE, 0, NULL, spawns_quietly},
	{"system", 5, STATE, 0, NULL, shells_quietly},
	{"daemon", 5, STATE, 0, NULL, daemons},
	{"vfork", 12, STATE, 0, NULL, vforks_quietly},
	{"exhaust", 12, STATE, 0, NULL, exhaust},
	{"race", 6, STATE, 0, NULL, races},
	{"seccomp", 5, STATE, 0, NULL, sandboxes},
	{"cancel", 12, STATE, 0, NULL, cancels},
	{"pending", 24, STATE, 0, NULL, pending},
	{"signal", 100, STATE, 0, NULL, signals},
	{"dlclose", 20, 0, 0, NULL, libraries},
	{"stream", 600, 0, 0, NULL, streams},
	{"prctl", 100, STATE, 0, NULL, controls_of_process},
	{"closefrom", 20, STATE, 0, NULL, close_from},
	{"alg", 4, 0, 0, NULL, hashes},
	{"sweep", 20, STATE, 0, NULL, sweep},
};
enum { ROWS = sizeof rows / sizeof *rows, SCENES = 18 };
static const unsigned n_rows = ROWS, n_calls = ROWS - SCENES;

/* -- the run ---------------------------------------------------------------------------------------------------- */

static struct record step(uint64_t index)
{
	chance_of(index);
	prepare();
	scene_hash = nested = 1;
	const struct row *r = crowded ? &rows[n_rows - 1] : only ? only : choose(n_rows);
	struct record out;
	if (r->spec) {
		out = call_of(r);
	} else {
		note("%s: ", r->name);
		errno = NO_ERROR;
		out = (struct record){.call = (uint32_t)(r - rows)};
		out.result = r->call();
		note(" = %ld told %lx", (long)out.result, (unsigned long)scene_hash);
		out.error = 0;
		out.memory = mix(hash_memory(), scene_hash);
		head->turn++;
	}
	out.memory = mix(out.memory, nested);
	if (r->flags & STATE || index % 32 == 31) {
		out.state = state();
		note(" state %016lx", (unsigned long)out.state);
	}
	note("\n");
	return out;
}

/* Sees who sleeps in a call for ever, and wakes him; says what is to be said; ends when the worker has ended. */
static void watch(pid_t worker)
{
	uint32_t turn = 0;
	uint64_t said = 0;
	int looks = 0, sleeps = 0;
	RAW3(SYS_close_range, 3, UINT32_MAX, 0);
	RAW2(SYS_prctl, PR_SET_NAME, "watchdog");
	for (bool gone = false; !gone;) {
		RAW2(SYS_nanosleep, (&(struct timespec){0, 3000000}), 0);
		gone = RAW1(SYS_getppid, 0) != worker;
		while (said < head->text) {
			long n = RAW3(SYS_write, 2, text + said, head->text - said);
			if (n <= 0)
				break;
			said += (uint64_t)n;
		}
		looks = head->turn == turn ? looks + 1 : 0;
		turn = head->turn;
		int pid = head->pid, tid = head->tid;
		/* Where the machine is busy, a call may begin long after its turn did, and it may wait for a short time only. */
		sleeps = looks && head->blocking && asleep(pid, tid) ? sleeps + 1 : 0;
		if (sleeps >= 5 && head->turn == turn)
			RAW3(SYS_tgkill, pid, tid, SIGALRM);
		if (looks > 10000 && pid > 1) { /* half a minute: nothing else helps */
			RAW2(SYS_kill, pid, SIGKILL);
			looks = 0;
		}
	}
	RAW1(SYS_exit_group, 0);
}

/* What another program finds of itself, for its exit status. */
static int tell(int argc, char **argv)
{
	uint64_t h = (uint64_t)argc;
	for (int i = 0; i < argc; i++)
		h = hash_text(mix(h, 1), argv[i]);
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) && strncmp(*e, "SOCKSAN_OPTIONS=", 16))
			h = hash_text(mix(h, 1), *e);
	h = mix(mix(mix(mix(h, hash_table()), hash_limits()), hash_mask()), hash_dispositions());
	return (int)(h % 97);
}

static void handle(int sig, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NODEFER};
	sigaction(sig, &action, NULL);
}

int main(int argc, char **argv)
{
	const char *log = NULL, *only_name = NULL;
	uint64_t calls, from = UINT64_MAX;
	if (argc > 1 && !strcmp(argv[1], "--told"))
		return tell(argc, argv);
	if (argc < 3)
		return 0;
	seed = strtoull(argv[1], NULL, 0);
	calls = strtoull(argv[2], NULL, 0);
	self = getpid();
	group = getpgrp();
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	own_address = htonl(0x7f000001 | ((uint32_t)mix(mix(1, (uint64_t)self), (uint64_t)now.tv_nsec) & 0xffff7e));
	for (int i = 3; i < argc; i++) {
		if (!strncmp(argv[i], "--log=", 6))
			log = argv[i] + 6;
		else if (!strncmp(argv[i], "--only=", 7))
			only_name = argv[i] + 7;
		else if (!strncmp(argv[i], "--from=", 7))
			from = strtoull(argv[i] + 7, NULL, 0);
		else if (!strncmp(argv[i], "--group=", 8))
			group = atoi(argv[i] + 8);
		else
			return 2;
	}
	for (unsigned i = 0; only_name && i < n_rows; i++)
		if (!strcmp(rows[i].name, only_name))
			only = &rows[i];
	EXPECT(!only_name || only);

	size_t size = sizeof *head + TEXT + calls * sizeof *records;
	int fd = log ? open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : memfd_create("log", MFD_CLOEXEC);
	EXPECT(fd >= 0 && !ftruncate(fd, (off_t)size));
	head = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	EXPECT(head != MAP_FAILED);
	RAW1(SYS_close, fd);
	text = (char *)(head + 1);
	records = (struct record *)(text + TEXT);
	head->pid = head->tid = self;
	verbose = true; /* the names of the rows, for whoever reads the file */
	for (unsigned i = 0; from == UINT64_MAX && i < n_rows; i++)
		note("%s ", rows[i].name);
	head->names = (uint32_t)head->text;
	if (from == UINT64_MAX)
		head->text = 0;
	verbose = false;

	if (!RAW2(SYS_clone, 0, 0)) /* no signal tells of its end, and no wait */
		watch(self);
	fd = MUST(open("/dev/null", O_RDWR | O_CLOEXEC));
	for (int i = 0; i < 3; i++)
		RAW2(SYS_dup2, fd, i);
	RAW1(SYS_close, fd);
	EXPECT(readlink("/proc/self/exe", own_path, sizeof own_path - 1) > 0);
	EXPECT(getcwd(own_folder, sizeof own_folder) != NULL);
	map_arena();
	struct stat st;
	MUST(stat(".", &st));
	first_folder = st.st_ino;
	umask(022);
	setenv("DIFFERENCE", "11", 1);
	first_environ = environ;
	fd = MUST(open("script", O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
	EXPECT(write(fd, "exit 7\n", 7) == 7);
	RAW1(SYS_close, fd);
	handle(SIGSEGV, on_segv);
	handle(SIGBUS, on_segv);
	handle(SIGALRM, on_alarm);
	handle(SIGUSR1, on_usr1);
	handle(SIGPIPE, on_pipe);
	signal(SIGXFSZ, SIG_IGN);

	EXPECT(dlopen("libgcc_s.so.1", RTLD_NOW) != NULL); /* a cancellation needs it, whatever limit is met by then */
	struct rlimit limit, had;
	getrlimit(RLIMIT_NOFILE, &had);
	limit = had;
	if (seed % 4 == 1 && limit.rlim_cur > 256)
		limit.rlim_cur = 256;
	else if (seed % 4 == 2 && limit.rlim_cur > 1024)
		limit.rlim_cur = 1024;
	setrlimit(RLIMIT_NOFILE, &limit);
	long raced = seed % 8 == 2 ? race_here() : 0;
	n_helpers = seed & 1 ? HELPERS : 0;
	for (int i = 0; i < n_helpers; i++)
		EXPECT(!pthread_create(&helpers[i].thread, NULL, help, &helpers[i]));
	crowded = true;
	scene_hash = (uint64_t)raced;

	for (uint64_t i = 0; i < calls; i++) {
		head->begun = i + 1;
		if (i >= from) {
			verbose = true;
			note("%lu: ", (unsigned long)i);
		}
		records[i] = step(i);
		if (!i && raced)
			records[i].result = 1;
	}
	exit(0);
}
