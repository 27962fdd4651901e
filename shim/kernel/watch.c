/* What a call alone cannot tell: see watch.h; proc(5), tcp(7), socket(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/watch.h"

#include "shim/trace/jsonl.h"
#include "shim/model/options.h"
#include "shim/kernel/peek.h"
#include "shim/stack/stack.h"
#include "shim/kernel/sys.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

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

static bool is_poll(uint64_t call)
{
#ifdef SYS_poll
	if (call == SYS_poll)
		return true;
#endif
	return call == SYS_ppoll;
}

/* Whether what another thread polls, on its stack most likely, is this number. It may be gone by now. */
static bool polls(const struct pollfd *from, int fd)
{
	struct pollfd copy;
	return peek(&copy, from, sizeof copy) && copy.fd == fd;
}

bool watch_inside(int tid, int fd, fd_word w)
{
	static const short calls[] = {SYS_read,	   SYS_write,	 SYS_readv,   SYS_writev, SYS_recvfrom,
				      SYS_sendto,  SYS_recvmsg,	 SYS_sendmsg, SYS_accept, SYS_accept4,
				      SYS_connect, SYS_recvmmsg, SYS_sendmmsg};
	char path[64], text[128], *end = stpcpy(path, "/proc/self/task/");
	strcpy(jsonl_decimal(end, (uint64_t)tid), "/syscall");
	long file = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (file < 0)
		return false;
	long n = sys3(SYS_read, file, text, sizeof text - 1);
	sys1(SYS_close, file);
	if (n <= 0 || *text < '0' || *text > '9') /* running, or not in a call */
		return false;
	text[n] = 0;
	const char *at = text;
	uint64_t call = number(&at, 10);
	if (strncmp(at, " 0x", 3))
		return false;
	at += 3;
	uint64_t first = number(&at, 16);
	int on = (int)first;
	if (!w && is_poll(call))
		return !strncmp(at, " 0x1 ", 5) && polls((const void *)(uintptr_t)first, fd);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (call == (uint64_t)calls[i])
			return w ? fd_load(on) == w : on == fd;
	return false;
}

/* Closes at each place that left nothing, up to ENOUGH and then round and round. */
enum { ENOUGH = 64 };
static uint16_t clean[STACK_IDS + 1];

/* A question at each close would cost a part in thirty of a short connection. A place of many closes that never left a byte is asked
 * at one in options.unread_every from then on, and at each again once it did. */
static bool due(uint32_t place)
{
	uint32_t closes = __atomic_load_n(&clean[place], __ATOMIC_RELAXED) + 1u;
	bool ask = closes <= ENOUGH || (options.unread_every && closes >= ENOUGH + (uint32_t)options.unread_every);
	if (closes > ENOUGH && (ask || !options.unread_every))
		closes = ENOUGH;
	__atomic_store_n(&clean[place], (uint16_t)closes, __ATOMIC_RELAXED);
	return ask;
}

int watch_unread(int fd, uint32_t place)
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

bool watch_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	return !sys3(SYS_getpeername, fd, &peer, &len);
}

static int events_of(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	struct timespec now = {0};
	return sys5(SYS_ppoll, &p, 1, &now, NULL, 0) == 1 ? p.revents : 0;
}

bool watch_ended(int fd) { return events_of(fd, POLLRDHUP) & POLLRDHUP; }

bool watch_peer_gone(int fd) { return events_of(fd, POLLOUT) & (POLLERR | POLLHUP); }

uint64_t watch_close_wait(int fd)
{
	struct tcp_info info;
	if (sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info) || info.tcpi_state != TCP_CLOSE_WAIT)
		return 0;
	return info.tcpi_last_ack_recv ? (uint64_t)info.tcpi_last_ack_recv * 1000000
				       : 1; /* whatever came last, FIN came no later */
}

uint64_t watch_timeout(int fd, bool writing)
{
	struct timeval tv = {0};
	if (sys_getsockopt(fd, SOL_SOCKET, writing ? SO_SNDTIMEO : SO_RCVTIMEO, &tv, sizeof tv))
		return 0;
	if (tv.tv_sec >= INT64_MAX / 1000000000) /* beyond what the trace can say */
		return INT64_MAX;
	return (uint64_t)tv.tv_sec * 1000000000 + (uint64_t)tv.tv_usec * 1000;
}

/* The limit is asked for anew whenever the count passes the mark, since the program may have raised it. */
static int open_sockets, mark;
enum { QUIET_, NEAR_, FULL_ };
static int episode; /* one report for each time that the limit is reached */

static int limit_mark(void)
{
	struct rlimit limit;
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) || limit.rlim_cur > 1 << 30)
		return 1 << 30;
	return (int)(limit.rlim_cur / 10 * 9 + limit.rlim_cur % 10 * 9 / 10);
}

bool watch_opened(void)
{
	int open = __atomic_add_fetch(&open_sockets, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&episode, __ATOMIC_RELAXED) == FULL_)
		episode = QUIET_; /* there was room again */
	if (open <= __atomic_load_n(&mark, __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&mark, limit_mark(), __ATOMIC_RELAXED);
	return open > mark && !__atomic_exchange_n(&episode, NEAR_, __ATOMIC_RELAXED);
}

void watch_closed(void)
{
	int open = __atomic_sub_fetch(&open_sockets, 1, __ATOMIC_RELAXED);
	if (episode == NEAR_ && open < mark / 10 * 9)
		episode = QUIET_;
}

void watch_count(int open)
{
	open_sockets = open;
	episode = QUIET_;
}

unsigned watch_open(void)
{
	int open = __atomic_load_n(&open_sockets, __ATOMIC_RELAXED);
	return open > 0 ? (unsigned)open : 0;
}

bool watch_exhausted(void)
{
	int quiet = QUIET_;
	return __atomic_compare_exchange_n(&episode, &quiet, FULL_, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
