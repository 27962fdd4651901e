/* poll(2), select(2), epoll_ctl(2): who waits for a number that is closed waits in vain, or in a busy loop.
 * They say of each number whether it is open, so nothing is looked at before the call, but for the number that is waited for alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY wait
#include "shim/hooks/hook.h"
#include "shim/kernel/peek.h"

/* The number is closed, or the peer has gone. */
static __attribute__((noinline)) void not_well(const char *op, const struct pollfd *p, long ret)
{
	struct socket *s = process_active() ? socket_of(fd_load(p->fd)) : NULL;
	if (p->revents & POLLNVAL)
		not_open(op, p->fd, ret);
	else if (s && lifecycle_tells_hangup(socket_life(s)))
		__atomic_fetch_or(&s->told, TOLD_END, __ATOMIC_RELAXED);
}

/* A negative number is how a program leaves out an entry. */
static long polled(const char *op, const struct pollfd *fds, unsigned n, long ret)
{
	long left = ret; /* entries that have something to say */
	for (unsigned i = 0; i < n && left > 0; i++) {
		left -= fds[i].revents != 0;
		if (__builtin_expect(fds[i].revents & (POLLNVAL | POLLHUP | POLLRDHUP), 0))
			not_well(op, &fds[i], ret);
	}
	return ret;
}

/* Who polls one socket alone is inside a call on it, as in a read with a timeout. libc's headers take what poll is given for memory
 * that it only writes, hence a number. */
static struct call alone(uintptr_t at, unsigned n)
{
	struct call c = {.word = FD_OTHER};
	struct pollfd p;
	if (n != 1 || !peek(&p, (const void *)at, sizeof p) || fd_kind(fd_load(p.fd)) != FD_SOCKET)
		return c;
	c = call_begin(p.fd);
	call_waits(&c);
	return c;
}

/* The kernel takes n for an unsigned int. */
#define POLL(name, waits, real_call)                                      \
	struct call c = alone((uintptr_t)fds, (waits) ? (unsigned)n : 0); \
	long ret = real_call;                                             \
	call_leave(&c, #name, READING);                                   \
	return polled(#name, fds, (unsigned)n, ret)

TWINS(int, poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout), (PTR(0), (nfds_t)a[1], a[2]))
{
	POLL(poll, timeout, CALL(poll, fds, n, timeout));
}

HOOK_BODY(int, __poll_chk, (struct pollfd * fds, nfds_t n, int timeout, size_t room))
{
	POLL(__poll_chk, timeout, REAL(__poll_chk)(fds, n, timeout, room));
}

TWINS(int, ppoll, (struct pollfd * fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask),
      (fds, n, timeout, mask), (PTR(0), (nfds_t)a[1], PTR(2), PTR(3)))
{
	POLL(ppoll, true, CALL(ppoll, fds, n, timeout, mask));
}

HOOK_BODY(int, __ppoll_chk,
	  (struct pollfd * fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask, size_t room))
{
	POLL(__ppoll_chk, true, REAL(__ppoll_chk)(fds, n, timeout, mask, room));
}
#undef POLL

/* EBADF is all that select says: the numbers that are closed are looked for. The kernel has read no more of the sets than its table of
 * descriptors is long, and left them alone. */
static long selected(const char *op, int n, const fd_set *const sets[3], long ret)
{
	enum { WORD = 8 * sizeof(unsigned long) };
	if (__builtin_expect(ret >= 0 || errno != EBADF, 1))
		return ret;
	if (n > fd_end()) /* nothing was ever known of what follows */
		n = fd_end();
	for (int first = 0; first < n; first += WORD) {
		unsigned long word, bits = 0;
		for (int i = 0; i < 3; i++)
			if (sets[i] && peek(&word, (const char *)sets[i] + first / 8, sizeof word))
				bits |= word;
		for (int fd = first; bits && fd < n; fd++, bits >>= 1)
			if (bits & 1 && sys2(SYS_fcntl, fd, F_GETFD) == -EBADF)
				not_open(op, fd, ret);
	}
	return ret;
}

TWINS(int, select,
      (int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except, struct timeval *restrict timeout),
      (n, in, out, except, timeout), (a[0], PTR(1), PTR(2), PTR(3), PTR(4)))
{
	return selected("select", n, (const fd_set *[]){in, out, except}, CALL(select, n, in, out, except, timeout));
}

TWINS(int, pselect,
      (int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
       const struct timespec *restrict timeout, const sigset_t *restrict mask),
      (n, in, out, except, timeout, mask), (a[0], PTR(1), PTR(2), PTR(3), PTR(4), PTR(5)))
{
	return selected("pselect", n, (const fd_set *[]){in, out, except},
			CALL(pselect, n, in, out, except, timeout, mask));
}

TWINS(int, epoll_ctl, (int epoll, int op, int fd, struct epoll_event *event), (epoll, op, fd, event),
      (a[0], a[1], a[2], PTR(3)))
{
	struct call c = call_begin(fd);
	long ret = CALL(epoll_ctl, epoll, op, fd, event);
	/* A close took the number out already: libevent, libuv and interpreters' selectors do it once more, and say that it is fine. */
	if (op != EPOLL_CTL_DEL || !ret || errno != EBADF)
		call_check(&c, "epoll_ctl", ret, SEVERAL);
	return ret;
}

ALSO(__poll, poll);
ALSO(__select, select);
