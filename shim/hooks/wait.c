/* poll(2), select(2), epoll(7). Waiting for a closed descriptor waits forever, or in a busy loop. The calls themselves report which
 * descriptors are closed, so nothing is looked up before the call, except a descriptor that is waited for alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY wait
#include "shim/hooks/hook.h"
#include "shim/kernel/peek.h"
#include "shim/lang/lang.h"
#include "shim/track/history.h"
#include "shim/track/registrations.h"

/* Whether the program asks which numbers are open: several never were. */
static bool probes(const struct pollfd *fds, unsigned n)
{
	enum { MANY = 3 };
	unsigned never = 0;
	for (unsigned i = 0; i < n && never < MANY; i++)
		never += fds[i].revents & POLLNVAL && fd_kind(fd_load(fds[i].fd)) == FD_UNKNOWN;
	return never == MANY;
}

/* The descriptor at `i` is closed, or the peer is gone. */
static __attribute__((noinline)) void not_well(const char *op, const struct pollfd *fds, unsigned n, unsigned i,
					       long ret)
{
	const struct pollfd *p = &fds[i];
	struct socket *s = process_active() ? socket_of(fd_load(p->fd)) : NULL;
	if (p->revents & POLLNVAL && !probes(fds, n))
		not_open(op, p->fd, ret);
	else if (s && lifecycle_tells_hangup(socket_life(s)))
		__atomic_fetch_or(&s->told, TOLD_END, __ATOMIC_RELAXED);
}

/* Programs skip an entry by making its descriptor negative. */
static long polled(const char *op, const struct pollfd *fds, unsigned n, long ret)
{
	long left = ret; /* entries with an event */
	for (unsigned i = 0; i < n && left > 0; i++) {
		left -= fds[i].revents != 0;
		if (__builtin_expect(fds[i].revents & (POLLNVAL | POLLHUP | POLLRDHUP), 0))
			not_well(op, fds, n, i, ret);
	}
	return ret;
}

/* A thread that polls one socket alone is inside a call on it, as in a read with a timeout. By libc's attributes, the compiler takes the
 * array given to poll as write-only, hence an integer. */
static struct call alone(uintptr_t at, unsigned n)
{
	struct call c = {.word = FD_UNTOLD};
	struct pollfd p;
	if (n != 1 || !peek(&p, (const void *)at, sizeof p) || fd_kind(fd_load(p.fd)) != FD_SOCKET)
		return c;
	c = call_begin(p.fd);
	call_waits(&c);
	return c;
}

/* A forked child that waits for what it inherited uses it. Recorded before the wait, which may last to the child's end. */
static bool may_use(void)
{
	if (__builtin_expect(unused.sockets <= 0, 1) || unused.waits <= 0 || !process_active())
		return false;
	unused.waits--;
	return true;
}

static void uses(const char *op, int fd, long ret)
{
	(void)ret;
	if (fd_kind(fd_load(fd)) != FD_SOCKET)
		return;
	struct call c = call_begin(fd);
	call_uses(&c, op);
}

static __attribute__((cold)) void uses_polled(const char *op, uintptr_t at, unsigned n)
{
	enum { SOME = 64 };
	struct pollfd some[SOME];
	for (unsigned i = 0; i < n; i++) {
		unsigned left = n - i < SOME ? n - i : SOME;
		if (i % SOME == 0 && !peek(some, (const struct pollfd *)at + i, left * sizeof *some))
			return;
		uses(op, some[i % SOME].fd, 0);
	}
}

/* The kernel takes n as an unsigned int. */
#define POLL(name, waits, real_call)                                      \
	if (may_use())                                                    \
		uses_polled(#name, (uintptr_t)fds, (unsigned)n);          \
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

/* EBADF is all that select says, so look for the closed descriptors. The kernel read no more of the sets than the size of its descriptor
 * table, and did not change them. */
static __attribute__((cold)) void each_selected(const char *op, int n, const fd_set *const sets[3], long ret,
						void (*visit)(const char *op, int fd, long ret))
{
	enum { WORD = 8 * sizeof(unsigned long) };
	if (n > fd_end()) /* nothing after this was ever recorded */
		n = fd_end();
	for (int first = 0; first < n; first += WORD) {
		unsigned long word, bits = 0;
		for (int i = 0; i < 3; i++)
			if (sets[i] && peek(&word, (const char *)sets[i] + first / 8, sizeof word))
				bits |= word;
		for (int fd = first; bits && fd < n; fd++, bits >>= 1)
			if (bits & 1)
				visit(op, fd, ret);
	}
}

static void missing(const char *op, int fd, long ret)
{
	if (sys2(SYS_fcntl, fd, F_GETFD) == -EBADF)
		not_open(op, fd, ret);
}

#define SELECT(name, real_call)                              \
	const fd_set *const sets[] = {in, out, except};      \
	if (may_use())                                       \
		each_selected(#name, n, sets, 0, uses);      \
	long ret = real_call;                                \
	if (__builtin_expect(ret < 0 && errno == EBADF, 0))  \
		each_selected(#name, n, sets, ret, missing); \
	return ret

TWINS(int, select,
      (int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except, struct timeval *restrict timeout),
      (n, in, out, except, timeout), (a[0], PTR(1), PTR(2), PTR(3), PTR(4)))
{
	SELECT(select, CALL(select, n, in, out, except, timeout));
}

TWINS(int, pselect,
      (int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
       const struct timespec *restrict timeout, const sigset_t *restrict mask),
      (n, in, out, except, timeout, mask), (a[0], PTR(1), PTR(2), PTR(3), PTR(4), PTR(5)))
{
	SELECT(pselect, CALL(pselect, n, in, out, except, timeout, mask));
}
#undef SELECT

TWINS(int, epoll_ctl, (int epoll, int op, int fd, struct epoll_event *event), (epoll, op, fd, event),
      (a[0], a[1], a[2], PTR(3)))
{
	struct call c = call_begin(fd);
	if (op != EPOLL_CTL_ADD && registrations_any())
		registration_going(c.socket, fd, epoll);
	long ret = CALL(epoll_ctl, epoll, op, fd, event);
	if (!ret && op == EPOLL_CTL_DEL)
		registration_gone(c.socket, fd, epoll);
	else if (!ret)
		registration_made(c.socket, fd, epoll, event->data.u64, op == EPOLL_CTL_ADD);
	if (__builtin_expect(!ret && lang_any(), 0))
		closing_abandoned(&c, "epoll_ctl");
	/* A close already removed the descriptor: libevent, libuv and selectors of interpreters remove it once more, on purpose. */
	if (op != EPOLL_CTL_DEL || !ret || errno != EBADF)
		call_check(&c, "epoll_ctl", ret, SEVERAL);
	if (__builtin_expect(ret == -1, 0) && errno == EBADF)
		call_refused("epoll_ctl", epoll, SEVERAL);
	return ret;
}

/* A thread that waits for what is in an epoll set is inside a call on it, as are others at the same time. */
static struct call watches(int epoll)
{
	struct call c = {.word = FD_UNTOLD};
	if (__builtin_expect(!kind_is_judged(KIND_epoll), 1))
		return c;
	c = call_begin(epoll);
	call_waits(&c);
	return c;
}

/* The events returned are examined only if a registration has outlived its descriptor. */
static inline __attribute__((always_inline)) long handed_out(const char *op, int epoll,
							     const struct epoll_event *events, long ret, uint64_t since)
{
	if (__builtin_expect(since && ret > 0, 0))
		registrations_handed_out(op, epoll, events, ret, since);
	else if (__builtin_expect(ret < 0 && errno == EBADF, 0))
		not_open(op, epoll, ret);
	return ret;
}

#define WATCH(name, real_call)                  \
	struct call c = watches(epoll);         \
	uint64_t since = registrations_begin(); \
	long ret = real_call;                   \
	call_leave(&c, #name, READING);         \
	return handed_out(#name, epoll, events, ret, since)

TWINS(int, epoll_wait, (int epoll, struct epoll_event *events, int most, int timeout), (epoll, events, most, timeout),
      (a[0], PTR(1), a[2], a[3]))
{
	WATCH(epoll_wait, CALL(epoll_wait, epoll, events, most, timeout));
}

TWINS(int, epoll_pwait, (int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask),
      (epoll, events, most, timeout, mask), (a[0], PTR(1), a[2], a[3], PTR(4)))
{
	WATCH(epoll_pwait, CALL(epoll_pwait, epoll, events, most, timeout, mask));
}

TWINS(int, epoll_pwait2,
      (int epoll, struct epoll_event *events, int most, const struct timespec *timeout, const sigset_t *mask),
      (epoll, events, most, timeout, mask), (a[0], PTR(1), a[2], PTR(3), PTR(4)))
{
	WATCH(epoll_pwait2, CALL(epoll_pwait2, epoll, events, most, timeout, mask));
}

#undef WATCH

ALSO(__poll, poll);
ALSO(__select, select);
