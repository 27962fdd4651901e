/* sendmsg(2), recvmsg(2) and their kin for many: bytes, and descriptors that travel along by SCM_RIGHTS (unix(7)).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"

#include <string.h>

/* Calls visit() for each descriptor in the message. The kernel has read or written all of it. */
static void each_right(const struct msghdr *m, const char *op, void (*visit)(const char *op, int fd))
{
	if (!m->msg_control || m->msg_controllen < sizeof(struct cmsghdr))
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR((struct msghdr *)m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(sizeof(int)))
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			visit(op, fd);
		}
	}
}

static void sent(const char *op, int fd)
{
	struct socket *s = socket_of(fd_load(fd));
	if (!s)
		return;
	struct event e = event(op, fd);
	e.sock = s->sock;
	e.from = e.to = socket_life(s).state;
	e.cookie = cookie_of(fd, s);
	socket_flag(s, SHARED);
	record(&e);
}

static void tell_rights(const struct msghdr *m, const char *op, void (*visit)(const char *op, int fd))
{
	if (m->msg_control && process_active())
		each_right(m, op, visit);
}

static size_t room(const struct msghdr *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->msg_iovlen; i++)
		n += m->msg_iov[i].iov_len;
	return n;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct call c = call_begin(fd);
	bool told = data_forbidden(&c, "sendmsg", flags);
	call_enter(&c, "sendmsg", WRITING);
	ssize_t ret = REAL(sendmsg)(fd, m, flags);
	call_leave(&c, "sendmsg", WRITING);
	if (ret >= 0)
		tell_rights(m, "sendmsg", sent);
	if (!told)
		data_end(&c, "sendmsg", ACT_send, 1, ret, SOCKET_CALL | SEVERAL);
	return ret;
}

EXPORT int sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	struct call c = call_begin(fd);
	bool told = data_forbidden(&c, "sendmmsg", flags);
	call_enter(&c, "sendmmsg", WRITING);
	int ret = REAL(sendmmsg)(fd, m, n, flags);
	call_leave(&c, "sendmmsg", WRITING);
	long bytes = 0;
	for (int i = 0; i < ret; i++) {
		bytes += m[i].msg_len;
		tell_rights(&m[i].msg_hdr, "sendmmsg", sent);
	}
	if (!told)
		data_end(&c, "sendmmsg", ACT_send, 1, ret < 0 ? ret : bytes, SOCKET_CALL | SEVERAL);
	return ret;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	struct call c = call_begin(fd);
	call_enter(&c, "recvmsg", READING);
	ssize_t ret = REAL(recvmsg)(fd, m, flags);
	call_leave(&c, "recvmsg", READING);
	if (ret >= 0)
		tell_rights(m, "recvmsg", made_from_kernel);
	if (!moved_nothing(flags, ret))
		data_end(&c, "recvmsg", ACT_recv, ret == 0 ? room(m) : 1, ret, SOCKET_CALL);
	return ret;
}

EXPORT int recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout)
{
	struct call c = call_begin(fd);
	call_enter(&c, "recvmmsg", READING);
	int ret = REAL(recvmmsg)(fd, m, n, flags, timeout);
	call_leave(&c, "recvmmsg", READING);
	long bytes = 0;
	for (int i = 0; i < ret; i++) {
		bytes += m[i].msg_len;
		tell_rights(&m[i].msg_hdr, "recvmmsg", made_from_kernel);
	}
	bool end = ret > 0 && !m[ret - 1].msg_len && c.life.type != SOCK_DGRAM && room(&m[ret - 1].msg_hdr);
	if (ret < 0 || end || !(flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)))
		data_end(&c, "recvmmsg", ACT_recv, end || ret < 0, ret < 0 ? ret : bytes, SOCKET_CALL);
	return ret;
}
