/* sendmsg(2), recvmsg(2) and their plural forms: bytes, and descriptors passed by SCM_RIGHTS (unix(7)).
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY message
#include "shim/hooks/hook.h"
#include "shim/kernel/peek.h"

#include <string.h>

/* Calls visit() for each descriptor in the message. Returns false if it could not be read, which a sandbox may forbid. Received data may
 * overlap the header or the ancillary data itself, so neither pointers nor lengths in them are trusted. */
static bool each_right(const struct msghdr *m, const char *op, void (*visit)(const char *op, int fd))
{
	enum { MOST = 1 << 17, SOME = 64 }; /* MOST: the kernel's limit, net.core.optmem_max, see socket(7) */
	const char *control = m->msg_control;
	size_t len = m->msg_controllen < MOST ? m->msg_controllen : MOST;
	struct cmsghdr c;
	for (size_t at = 0; at + sizeof c <= len; at += CMSG_ALIGN(c.cmsg_len)) {
		if (!peek(&c, control + at, sizeof c))
			return peek_asks();
		if (c.cmsg_len < sizeof c || c.cmsg_len > len - at)
			return true;
		if (c.cmsg_level != SOL_SOCKET || c.cmsg_type != SCM_RIGHTS)
			continue;
		int fds[SOME];
		const char *next = control + at + CMSG_LEN(0);
		for (size_t left = (c.cmsg_len - CMSG_LEN(0)) / sizeof *fds, n; left;
		     left -= n, next += n * sizeof *fds) {
			n = left < SOME ? left : SOME;
			if (!peek(fds, next, n * sizeof *fds))
				return peek_asks();
			for (size_t i = 0; i < n; i++)
				visit(op, fds[i]);
		}
	}
	return true;
}

static void sent(const char *op, int fd)
{
	fd_word w = fd_load(fd);
	struct socket *s = socket_of(w);
	if (!s)
		return;
	struct event e = event(op, fd);
	e.sock = s->sock;
	e.from = e.to = socket_life(s).state;
	e.cookie = cookie_of(fd, w);
	socket_flag(s, SHARED);
	record(&e);
}

/* Only UNIX sockets pass descriptors. */
static __attribute__((noinline)) void look_for_rights(int fd, const struct msghdr *m, const char *op,
						      void (*visit)(const char *op, int fd))
{
	struct socket *s = socket_of(fd_load(fd));
	if (process_active() && !each_right(m, op, visit) && (!s || socket_life(s).family == AF_UNIX))
		trace_lose();
}

static inline __attribute__((always_inline)) void tell_rights(int fd, const struct msghdr *m, const char *op,
							      void (*visit)(const char *op, int fd))
{
	if (m->msg_control && m->msg_controllen >= CMSG_LEN(sizeof(int)))
		look_for_rights(fd, m, op, visit);
}

/* Whether the call asked for any bytes. */
static bool asked(const struct msghdr *m)
{
	struct iovec v;
	for (size_t i = 0; i < m->msg_iovlen && i < UIO_MAXIOV && peek(&v, m->msg_iov + i, sizeof v); i++)
		if (v.iov_len)
			return true;
	return false;
}

TWINS(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), (a[0], PTR(1), a[2]))
{
	struct call c = call_begin(fd);
	bool told = data_forbidden(&c, "sendmsg", flags);
	long ret = WRITES(&c, INSIDE(&c, sendmsg, CALL(sendmsg, fd, m, flags)));
	if (ret >= 0)
		tell_rights(fd, m, "sendmsg", sent);
	if (!told)
		data_end(&c, "sendmsg", ACT_send, 1, ret, SOCKET_CALL | SEVERAL);
	return ret;
}

TWINS(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags), (fd, m, n, flags),
      (a[0], PTR(1), (unsigned)a[2], a[3]))
{
	struct call c = call_begin(fd);
	bool told = data_forbidden(&c, "sendmmsg", flags);
	long ret = WRITES(&c, INSIDE(&c, sendmmsg, CALL(sendmmsg, fd, m, n, flags)));
	long bytes = 0;
	for (int i = 0; i < ret; i++) {
		bytes += m[i].msg_len;
		tell_rights(fd, &m[i].msg_hdr, "sendmmsg", sent);
	}
	if (!told)
		data_end(&c, "sendmmsg", ACT_send, 1, ret < 0 ? ret : bytes, SOCKET_CALL | SEVERAL);
	return ret;
}

TWINS(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), (a[0], PTR(1), a[2]))
{
	struct call c = call_begin(fd);
	long ret = INSIDE(&c, recvmsg, CALL(recvmsg, fd, m, flags));
	if (ret >= 0)
		tell_rights(fd, m, "recvmsg", made_from_kernel);
	if (!moved_nothing(flags, ret))
		data_end(&c, "recvmsg", ACT_recv, ret == 0 ? asked(m) : 1, ret, SOCKET_CALL);
	return ret;
}

TWINS(int, recvmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout),
      (fd, m, n, flags, timeout), (a[0], PTR(1), (unsigned)a[2], a[3], PTR(4)))
{
	struct call c = call_begin(fd);
	long ret = INSIDE(&c, recvmmsg, CALL(recvmmsg, fd, m, n, flags, timeout));
	long bytes = 0;
	for (int i = 0; i < ret; i++) {
		bytes += m[i].msg_len;
		tell_rights(fd, &m[i].msg_hdr, "recvmmsg", made_from_kernel);
	}
	bool end = ret > 0 && !m[ret - 1].msg_len && c.life.type != SOCK_DGRAM && asked(&m[ret - 1].msg_hdr);
	if (ret < 0 || end || !(flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)))
		data_end(&c, "recvmmsg", ACT_recv, end || ret < 0, ret < 0 ? ret : bytes, SOCKET_CALL);
	return ret;
}
