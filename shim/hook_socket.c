/* socket(2) and its kin: making sockets, naming them, connecting, accepting, shutting down, asking.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"
#include "shim/watch.h"

#include <netinet/in.h>

static struct life life_of(int domain, int type, enum state state)
{
	return (struct life){.state = (uint8_t)state, .family = (uint8_t)domain, .type = (uint8_t)(type & 0xf)};
}

EXPORT int socket(int domain, int type, int protocol)
{
	int fd = REAL(socket)(domain, type, protocol);
	struct event e = event("socket", fd);
	e.has_ret = true;
	e.ret = fd;
	e.life = life_of(domain, type, STATE_CLOSED);
	e.cloexec = type & SOCK_CLOEXEC;
	if (fd >= 0)
		made(&e);
	else
		failed("socket", fd, 0, STATE_NONE);
	return fd;
}

EXPORT int socketpair(int domain, int type, int protocol, int fds[2])
{
	int ret = REAL(socketpair)(domain, type, protocol, fds);
	if (ret)
		failed("socketpair", -1, 0, STATE_NONE);
	for (int i = 0; !ret && i < 2; i++) {
		struct event e = event("socketpair", fds[i]);
		e.has_ret = true;
		e.life = life_of(domain, type, STATE_ESTABLISHED);
		e.life.flags = WAS_CONNECTED;
		e.cloexec = type & SOCK_CLOEXEC;
		made(&e);
	}
	return ret;
}

/* Port of an internet address, -1 for others. */
static int port_of(const struct sockaddr *addr)
{
	bool inet = addr->sa_family == AF_INET || addr->sa_family == AF_INET6;
	return inet ? ((const struct sockaddr_in *)addr)->sin_port : -1;
}

/* The address that the kernel chose. */
static void name_of(struct event *e, struct sockaddr_storage *name)
{
	e->local_len = sizeof *name;
	if (!sys3(SYS_getsockname, e->fd, name, &e->local_len))
		e->local = (struct sockaddr *)name;
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct call c = call_begin(fd);
	int ret = REAL(bind)(fd, addr, len);
	struct event e = event("bind", fd);
	struct sockaddr_storage chosen;
	if (ret == 0 && c.socket && port_of(addr) == 0)
		name_of(&e, &chosen);
	else if (ret == 0 || errno == EADDRINUSE || errno == EADDRNOTAVAIL) { /* the kernel has read it, so may we */
		e.local = addr;
		e.local_len = len;
	}
	call_end(&c, ret == 0 && port_of(addr) == 0 ? ACT_bind_any : ACT_bind, ret, SOCKET_CALL, &e);
	return ret;
}

EXPORT int listen(int fd, int backlog)
{
	struct call c = call_begin(fd);
	int ret = REAL(listen)(fd, backlog);
	struct event e = event("listen", fd);
	struct sockaddr_storage chosen;
	if (ret == 0 && c.socket && c.life.state == STATE_CLOSED)
		name_of(&e, &chosen);
	e.has_backlog = true;
	e.backlog = backlog;
	call_end(&c, ACT_listen, ret, SOCKET_CALL, &e);
	return ret;
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct call c = call_begin(fd);
	call_enter(&c, "connect", WRITING);
	int ret = REAL(connect)(fd, addr, len);
	call_leave(&c, "connect", WRITING);
	struct event e = event("connect", fd);
	if (ret == 0 || (errno != EFAULT && errno != EBADF && errno != ENOTSOCK && errno != EINVAL)) {
		e.peer = addr;
		e.peer_len = len;
	}
	bool dissolve = ret == 0 && addr->sa_family == AF_UNSPEC;
	call_end(&c, dissolve ? ACT_disconnect : ACT_connect, ret, SOCKET_CALL, &e);
	return ret;
}

static void accepted(const struct call *c, const char *op, int fd, const struct sockaddr *addr, socklen_t room,
		     const socklen_t *len, int flags)
{
	struct event e = event(op, c->fd);
	if (fd < 0) {
		call_end(c, ACT_accept, fd, SOCKET_CALL, &e);
		return;
	}
	e.fd = fd;
	e.has_listener = true;
	e.listener = c->fd;
	if (c->socket)
		e.life = c->life;
	else
		kernel_life(fd, &e.life);
	e.life.state = STATE_ESTABLISHED;
	e.life.flags = WAS_CONNECTED;
	e.cloexec = flags & SOCK_CLOEXEC;
	if (addr && len && *len <= room) { /* not cut short */
		e.peer = addr;
		e.peer_len = *len;
	}
	e.has_ret = true;
	e.ret = fd;
	made(&e);
}

/* A host that does not ask for the peer's address is no reason not to know it: the kernel gives it in the same call. */
#define ACCEPT(op, flags, ...)                                                     \
	struct call c = call_begin(fd);                                            \
	struct sockaddr_storage own;                                               \
	socklen_t own_len = sizeof own, room = addr && is_pointer(len) ? *len : 0; \
	bool borrow = !addr && process_active();                                   \
	struct sockaddr *at = borrow ? (struct sockaddr *)&own : addr;             \
	socklen_t *at_len = borrow ? &own_len : len;                               \
	call_enter(&c, #op, READING);                                              \
	int ret = REAL(op)(fd, at, at_len __VA_ARGS__);                            \
	call_leave(&c, #op, READING);                                              \
	accepted(&c, #op, ret, at, borrow ? sizeof own : room, at_len, flags);     \
	return ret

EXPORT int accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict len) { ACCEPT(accept, 0, ); }

EXPORT int accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags)
{
	ACCEPT(accept4, flags, , flags);
}
#undef ACCEPT

/* A connect under way may have succeeded without a word since: the kernel knows. */
static void settle(struct call *c, const char *op)
{
	if (c->life.state != STATE_CONNECTING || !watch_connected(c->fd))
		return;
	struct event e = event(op, c->fd);
	call_end(c, ACT_ask, 0, QUIET, &e);
	c->life = socket_life(c->socket);
}

EXPORT int shutdown(int fd, int sides)
{
	struct call c = call_begin(fd);
	settle(&c, "shutdown");
	int ret = REAL(shutdown)(fd, sides);
	struct event e = event("shutdown", fd);
	enum act act = sides == SHUT_RD ? ACT_shut_rd : sides == SHUT_WR ? ACT_shut_wr : ACT_shut_rdwr;
	call_end(&c, act, ret, SOCKET_CALL, &e);
	return ret;
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct call c = call_begin(fd);
	int ret = REAL(setsockopt)(fd, level, name, value, len);
	call_check(&c, "setsockopt", ret, SOCKET_CALL);
	return ret;
}

/* SO_ERROR of 0 while connecting may also mean "not yet". */
static void asked_error(struct call *c, int error)
{
	if (!error) {
		settle(c, "getsockopt");
		return;
	}
	struct event e = event("getsockopt", c->fd);
	int saved = errno;
	errno = error;
	call_end(c, ACT_ask, -1, QUIET, &e);
	errno = saved;
}

EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
	struct call c = call_begin(fd);
	int ret = REAL(getsockopt)(fd, level, name, value, len);
	if (ret == 0 && c.socket && level == SOL_SOCKET && name == SO_ERROR && *len == sizeof(int))
		asked_error(&c, *(int *)value);
	else
		call_check(&c, "getsockopt", ret, SOCKET_CALL);
	return ret;
}

EXPORT int getsockname(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	struct call c = call_begin(fd);
	int ret = REAL(getsockname)(fd, addr, len);
	call_check(&c, "getsockname", ret, SOCKET_CALL);
	return ret;
}

EXPORT int getpeername(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	struct call c = call_begin(fd);
	int ret = REAL(getpeername)(fd, addr, len);
	if (ret == 0)
		settle(&c, "getpeername");
	else if (c.socket && errno == ENOTCONN)
		socket_flag(c.socket, ASKED);
	call_check(&c, "getpeername", ret, SOCKET_CALL);
	return ret;
}
