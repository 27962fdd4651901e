/* Kernel queries: see watch.h; tcp(7), socket(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/watch.h"

#include "shim/kernel/sys.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

bool watch_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	return !sys3(SYS_getpeername, fd, &peer, &len);
}

/* For a client that has sent nothing, the last data was sent when the connection was made: tcp_finish_connect(). */
int64_t watch_connected_for(int fd)
{
	struct tcp_info info;
	if (sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info))
		return watch_connected(fd) ? 0 : -1;
	unsigned connected = 1u << TCP_ESTABLISHED | 1u << TCP_CLOSE_WAIT | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 |
			     1u << TCP_CLOSING | 1u << TCP_LAST_ACK;
	return connected >> info.tcpi_state & 1 ? (int64_t)info.tcpi_last_data_sent * 1000000 : -1;
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
				       : 1; /* whatever came last, the FIN came no later */
}

bool watch_moved(int fd)
{
	/* The rest of struct tcp_info, if libc's is shorter than the kernel's: include/uapi/linux/tcp.h. */
	enum { BYTES_RECEIVED = 128, NOTSENT_BYTES = 144, DATA_SEGS_OUT = 156, SIZE = 160 };
	char info[SIZE] = {0};
	uint64_t received;
	uint32_t waiting, sent;
	int unread = 0;
	if (sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, sizeof info) || sys3(SYS_ioctl, fd, FIONREAD, &unread))
		return false;
	memcpy(&received, info + BYTES_RECEIVED, sizeof received);
	memcpy(&waiting, info + NOTSENT_BYTES, sizeof waiting);
	memcpy(&sent, info + DATA_SEGS_OUT, sizeof sent);
	return waiting || sent || received > (uint64_t)unread;
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

/* Query the limit whenever the count passes the mark: another process may have raised it. */
int watch_sockets, watch_mark;
enum { QUIET_, NEAR_, FULL_, ROOM_ };
int watch_episode; /* one report each time the limit is reached */

static int limit_mark(void)
{
	struct rlimit limit;
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) || limit.rlim_cur > 1 << 30)
		return 1 << 30;
	return (int)(limit.rlim_cur / 10 * 9 + limit.rlim_cur % 10 * 9 / 10);
}

static bool looks;
void (*watch_near)(void);
void (*watch_out)(void);

/* Past any mark, so that the next one looks. */
void watch_look(void)
{
	__atomic_store_n(&looks, true, __ATOMIC_RELAXED);
	__atomic_store_n(&watch_mark, -1, __ATOMIC_RELAXED);
}

void watch_limit(void) { __atomic_store_n(&watch_mark, -1, __ATOMIC_RELAXED); }

void watch_high(void)
{
	if (__atomic_exchange_n(&looks, false, __ATOMIC_RELAXED) && watch_near)
		watch_near();
}

bool watch_passed(int open)
{
	__atomic_store_n(&watch_mark, limit_mark(),
			 __ATOMIC_RELAXED); /* first: watch_receded() lowers it for what follows */
	/* There was room again. A descriptor that another thread opened before the limit was reached may be counted after that, so wait for
	 * a close. */
	int room = ROOM_;
	__atomic_compare_exchange_n(&watch_episode, &room, QUIET_, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	watch_high();
	return open > watch_mark && !__atomic_exchange_n(&watch_episode, NEAR_, __ATOMIC_RELAXED);
}

void watch_receded(void)
{
	int now = __atomic_load_n(&watch_episode, __ATOMIC_RELAXED);
	int open = __atomic_load_n(&watch_sockets, __ATOMIC_RELAXED);
	if (now == FULL_) {
		__atomic_compare_exchange_n(&watch_episode, &now, ROOM_, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
		watch_limit();
	} else if (now == NEAR_ && open < watch_mark / 10 * 9) {
		watch_episode = QUIET_;
	}
}

void watch_count(int open)
{
	watch_sockets = open;
	watch_episode = QUIET_;
}

unsigned watch_open(void)
{
	int open = __atomic_load_n(&watch_sockets, __ATOMIC_RELAXED);
	return open > 0 ? (unsigned)open : 0;
}

bool watch_exhausted(int error)
{
	int quiet = QUIET_;
	if (error != EMFILE && error != ENFILE)
		return false;
	if (error == EMFILE && watch_out)
		watch_out();
	return __atomic_load_n(&watch_episode, __ATOMIC_RELAXED) == QUIET_ &&
	       __atomic_compare_exchange_n(&watch_episode, &quiet, FULL_, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
