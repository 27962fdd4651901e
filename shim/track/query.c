/* Kernel queries about sockets in the table: see query.h; proc(5), tcp(7), socket(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/query.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/stack/stack.h"
#include "shim/state/options.h"
#include "shim/trace/jsonl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static uint64_t number(const char **at, unsigned base)
{
	uint64_t n = 0;
	for (;; ++*at) {
		unsigned digit = **at >= '0' && **at <= '9'   ? (unsigned)(**at - '0')
				 : **at >= 'a' && **at <= 'f' ? (unsigned)(**at - 'a') + 10
							      : 99;
		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

/* The direction in which a thread waits in a system call, by the rows of hooks.def. */
static enum side side_of(uint64_t call)
{
	switch ((long)call) {
#define HOOK(name, family, effect, inside, ...) __VA_OPT__(case __VA_ARGS__ : return inside;)
#include "shim/model/hooks.def"
	default: return NEVER;
	}
}

/* Whether another thread polls this descriptor; its array is most likely on its stack, and may be gone by now. */
static bool polls(const struct pollfd *from, int fd)
{
	struct pollfd copy;
	return peek(&copy, from, sizeof copy) && copy.fd == fd;
}

struct look {
	char path[ERRAND_PROC + 64], text[128];
	long n;
};

static void look(void *p)
{
	struct look *l = p;
	long file = sys_open(l->path, O_RDONLY | O_CLOEXEC, 0);
	if (file < 0)
		return;
	l->n = sys3(SYS_read, file, l->text, sizeof l->text - 1);
	sys1(SYS_close, file);
}

bool query_inside(int tid, int fd, fd_word w)
{
	struct look l = {.n = 0};
	strcpy(jsonl_decimal(stpcpy(errand_proc(l.path), "/task/"), (uint64_t)tid), "/syscall");
	errand(look, &l, ERRAND_EMPTY, false);
	if (l.n <= 0 || *l.text < '0' || *l.text > '9') /* running, or not in a system call */
		return false;
	l.text[l.n] = 0;
	const char *at = l.text;
	uint64_t call = number(&at, 10);
	if (strncmp(at, " 0x", 3))
		return false;
	at += 3;
	uint64_t first = number(&at, 16);
	int on = (int)first;
	switch (side_of(call)) {
	case READING:
	case WRITING:
	case WATCHING: return w ? fd_load(on) == w : on == fd;
	case POLLING: return !w && !strncmp(at, " 0x1 ", 5) && polls((const void *)(uintptr_t)first, fd);
	default: return false;
	}
}

/* Closes at each place that left nothing unread; counts up to ENOUGH, then wraps. */
enum { ENOUGH = 64 };
static uint16_t clean[STACK_IDS + 1];

/* A query at each close would cost a short connection three percent. A place with many closes that never left a byte is checked at one
 * close in options.unread_every from then on, and at every close again after a hit. */
static bool due(uint32_t place)
{
	uint32_t closes = __atomic_load_n(&clean[place], __ATOMIC_RELAXED) + 1u;
	bool ask = closes <= ENOUGH || (options.unread_every && closes >= ENOUGH + (uint32_t)options.unread_every);
	if (closes > ENOUGH && (ask || !options.unread_every))
		closes = ENOUGH;
	__atomic_store_n(&clean[place], (uint16_t)closes, __ATOMIC_RELAXED);
	return ask;
}

int query_unread(int fd, uint32_t place)
{
	int unread = 0;
	struct linger linger = {0};
	struct tcp_info info;
	bool known = place <= STACK_IDS;
	if ((known && !due(place)) || sys3(SYS_ioctl, fd, FIONREAD, &unread) || unread <= 0)
		return 0;
	if (known)
		__atomic_store_n(&clean[place], 0, __ATOMIC_RELAXED);
	if (!sys_getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) && linger.l_onoff && !linger.l_linger)
		return 0;
	if (!sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info) && info.tcpi_state == TCP_CLOSE)
		return 0;
	return unread;
}

/* The kernel's names for descriptors without a file, after "anon_inode:". */
static const struct {
	const char *name;
	enum kind kind;
} anonymous[] = {{"[eventpoll]", KIND_epoll},	{"[eventfd]", KIND_eventfd}, {"[timerfd]", KIND_timerfd},
		 {"[signalfd]", KIND_signalfd}, {"inotify", KIND_inotify},   {"[pidfd]", KIND_pidfd}};

/* By its name in /proc, where its mode does not say enough. */
static enum kind named_kind(int fd, enum kind otherwise)
{
	static const char anon[] = "anon_inode:";
	char path[32], name[64];
	*jsonl_decimal(stpcpy(path, "/proc/self/fd/"), (uint64_t)fd) = 0;
	long n = sys4(SYS_readlinkat, AT_FDCWD, path, name, sizeof name - 1);
	if (n <= 0)
		return otherwise;
	name[n] = 0;
	if (!strncmp(name, "pidfd:", 6))
		return KIND_pidfd;
	if (!strncmp(name, "/memfd:", 7))
		return KIND_memfd;
	for (size_t i = 0; i < sizeof anonymous / sizeof *anonymous && !strncmp(name, anon, sizeof anon - 1); i++)
		if (!strcmp(name + sizeof anon - 1, anonymous[i].name))
			return anonymous[i].kind;
	return otherwise;
}

/* TTY_MAJOR, TTYAUX_MAJOR, the UNIX98 slaves and masters, USB serial lines: querying the device itself could disturb it. */
static bool is_terminal(unsigned device)
{
	return device == 4 || device == 5 || (device >= 128 && device <= 143) || device == 166 || device == 188;
}

/* A socket's name in the file system, opened with O_PATH, has a socket's mode. */
static bool is_socket(int fd)
{
	int type;
	return !sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, sizeof type);
}

enum kind kernel_kind(int fd, enum kind otherwise)
{
	struct stat st;
	if (sys2(SYS_fstat, fd, &st))
		return otherwise;
	switch (st.st_mode & S_IFMT) {
	case S_IFSOCK: return is_socket(fd) ? KIND_socket : KIND_file;
	case S_IFDIR: return KIND_dir;
	case S_IFIFO: return KIND_pipe;
	case S_IFLNK:
	case S_IFBLK: return KIND_file;
	case S_IFCHR: return is_terminal(major(st.st_rdev)) ? KIND_terminal : KIND_file;
	case S_IFREG: return st.st_nlink && (st.st_size || major(st.st_dev)) ? KIND_file : named_kind(fd, KIND_file);
	default: return named_kind(fd, KIND_other);
	}
}

/* An IPv6 connect also fails with EADDRNOTAVAIL if there is no source address. If it has a route, and so an MTU, it got as far as looking
 * for a port: tcp_v6_connect(). */
bool query_no_port(int fd, const struct sockaddr *peer)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof name;
	int mtu;
	if (sys3(SYS_getsockname, fd, &name, &len) || name.sin6_port)
		return false;
	if (!peer || name.sin6_family == AF_INET)
		return true;
	memcpy(&name, peer, sizeof name);
	return IN6_IS_ADDR_V4MAPPED(&name.sin6_addr) || !sys_getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, sizeof mtu);
}

bool still_there(int fd, const struct socket *s)
{
	enum kind kind = life_kind(socket_life(s));
	if (kind != KIND_socket) {
		enum kind now = kernel_kind(fd, KIND_socket);
		/* To the kernel, a message queue and some memory are regular files. */
		return now == kind || (now == KIND_file && (kind == KIND_memfd || kind == KIND_other));
	}
	uint64_t cookie, known = socket_cookie(s);
	return !sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie) && (!known || known == cookie);
}

uint64_t cookie_of(int fd, fd_word w)
{
	struct socket *s = socket_of(w);
	if (!s)
		return 0;
	uint64_t sock = socket_id(s), cookie = socket_cookie(s);
	if (!cookie) {
		if (sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie) || fd_load(fd) != w)
			return 0;
		socket_keep_cookie(s, cookie, sock);
	}
	return cookie;
}

/* The inode of a pipe without a name, with the direction of this end: unique, as no cookie is that large. "pipe:[4711]" */
static uint64_t pipe_cookie(int fd)
{
	char path[32], name[32];
	*jsonl_decimal(stpcpy(path, "/proc/self/fd/"), (uint64_t)(unsigned)fd) = 0;
	long n = sys4(SYS_readlinkat, AT_FDCWD, path, name, sizeof name - 1), flags = sys2(SYS_fcntl, fd, F_GETFL);
	name[n > 0 ? n : 0] = 0;
	if (strncmp(name, "pipe:[", 6) || flags < 0)
		return 0;
	const char *at = name + 6;
	uint64_t inode = number(&at, 10);
	return inode && *at == ']' ? 1ull << 63 | (uint64_t)(flags & O_ACCMODE) << 60 | inode : 0;
}

uint64_t identity_of(int fd, fd_word w)
{
	struct socket *s = socket_of(w);
	struct life life = s ? socket_life(s) : (struct life){0};
	if (!s || life_kind(life) == KIND_socket)
		return cookie_of(fd, w);
	uint64_t sock = socket_id(s), cookie = socket_cookie(s);
	if (!cookie && life_kind(life) == KIND_pipe && !(life.flags & WAS_BOUND)) {
		if (!(cookie = pipe_cookie(fd)) || fd_load(fd) != w)
			return 0;
		socket_keep_cookie(s, cookie, sock);
	}
	return cookie;
}

static uint8_t tcp_state(int kernel)
{
	switch (kernel) {
	case TCP_ESTABLISHED: return STATE_ESTABLISHED;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV: return STATE_CONNECTING;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2: return STATE_FIN_WAIT;
	case TCP_CLOSE_WAIT: return STATE_CLOSE_WAIT;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT: return STATE_CLOSING;
	case TCP_LISTEN: return STATE_LISTENING;
	default: return STATE_CLOSED;
	}
}

bool kernel_life(int fd, struct life *life)
{
	int family, type, listening = 0;
	struct tcp_info info;
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	if (sys_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, sizeof family) ||
	    sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, sizeof type))
		return false;
	*life = (struct life){.state = STATE_CLOSED, .family = (uint8_t)family, .type = (uint8_t)type};
	bool inet = family == AF_INET || family == AF_INET6;
	sys_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, sizeof listening);
	if (listening)
		life->state = STATE_LISTENING;
	else if (inet && type == SOCK_STREAM && !sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info))
		life->state = tcp_state(info.tcpi_state);
	else if (!sys3(SYS_getpeername, fd, &name, &len))
		life->state = type != SOCK_DGRAM && watch_ended(fd) ? STATE_CLOSE_WAIT : STATE_ESTABLISHED;
	len = sizeof name;
	if (!sys3(SYS_getsockname, fd, &name, &len)) {
		bool bound = inet ? ((struct sockaddr_in *)&name)->sin_port != 0 : len > sizeof name.ss_family;
		if (bound) {
			life->flags |= WAS_BOUND;
			if (life->state == STATE_CLOSED)
				life->state = STATE_BOUND;
		}
	}
	/* Its past is unknown: calls that only its past could forbid are allowed. */
	life->flags |= WAS_CONNECTED | (listening ? WAS_LISTENING : 0);
	return true;
}
