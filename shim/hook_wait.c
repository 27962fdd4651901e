/* poll(2), select(2), epoll_ctl(2): who waits for a number that is closed waits in vain, or in a busy loop.
 * They say of each number whether it is open, so nothing is looked at before the call, but for the number that is waited for alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"

/* A negative number is how a program leaves out an entry. */
static int polled(const char *op, const struct pollfd *fds, nfds_t n, int ret)
{
	int left = ret; /* entries that have something to say */
	for (nfds_t i = 0; i < n && left > 0; i++) {
		left -= fds[i].revents != 0;
		if (__builtin_expect(fds[i].revents & POLLNVAL, 0))
			not_open(op, fds[i].fd, ret);
	}
	return ret;
}

/* Who polls one socket alone is inside a call on it, as in a read with a timeout. libc's headers take what poll is given for memory
 * that it only writes, hence a number. */
static struct call alone(uintptr_t at, nfds_t n)
{
	struct call c = {.word = FD_OTHER};
	const struct pollfd *fds = (const struct pollfd *)at;
	if (n != 1 || !is_pointer(fds) || fd_kind(fd_load(fds->fd)) != FD_SOCKET)
		return c;
	c = call_begin(fds->fd);
	call_waits(&c);
	return c;
}

#define POLL(name, ...)                           \
	struct call c = alone((uintptr_t)fds, n); \
	int ret = REAL(name)(__VA_ARGS__);        \
	call_leave(&c, #name, READING);           \
	return polled(#name, fds, n, ret)

EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout) { POLL(poll, fds, n, timeout); }

EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room)
{
	POLL(__poll_chk, fds, n, timeout, room);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	POLL(ppoll, fds, n, timeout, mask);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask, size_t room)
{
	POLL(__ppoll_chk, fds, n, timeout, mask, room);
}
#undef POLL

/* EBADF is all that select says: the numbers that are closed are looked for. The kernel has read the sets, and left them alone. */
static int selected(const char *op, int n, const fd_set *const sets[3], int ret)
{
	if (__builtin_expect(ret >= 0 || errno != EBADF, 1))
		return ret;
	for (int fd = 0; fd < n; fd++)
		for (int i = 0; i < 3; i++)
			if (sets[i] && sets[i]->fds_bits[fd / NFDBITS] >> fd % NFDBITS & 1 &&
			    sys2(SYS_fcntl, fd, F_GETFD) == -EBADF) {
				not_open(op, fd, ret);
				break;
			}
	return ret;
}

EXPORT int select(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
		  struct timeval *restrict timeout)
{
	return selected("select", n, (const fd_set *[]){in, out, except}, REAL(select)(n, in, out, except, timeout));
}

EXPORT int pselect(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
		   const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
	return selected("pselect", n, (const fd_set *[]){in, out, except},
			REAL(pselect)(n, in, out, except, timeout, mask));
}

EXPORT int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	struct call c = call_begin(fd);
	int ret = REAL(epoll_ctl)(epoll, op, fd, event);
	/* A close took the number out already: libevent, libuv and Python's selectors do it once more, and say that it is fine. */
	if (op != EPOLL_CTL_DEL || !ret || errno != EBADF)
		call_check(&c, "epoll_ctl", ret, SEVERAL);
	return ret;
}
