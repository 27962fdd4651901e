/* socket(2) and the like: making, binding, connecting, accepting, shutting down and querying sockets.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY socket
#include "shim/hooks/hook.h"
#include "shim/hooks/kept.h"
#include "shim/kernel/peek.h"
#include "shim/kernel/watch.h"
#include "shim/stack/frame.h"
#include "shim/track/born.h"
#include "shim/track/meeting.h"

#include <endian.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

/* All members at once. */
static inline struct life life_of(int domain, int type, enum state state)
{
	uint32_t word = htole32((uint32_t)state | (uint32_t)(uint8_t)domain << 8 | (uint32_t)(type & 0xf) << 16);
	struct life life;
	_Static_assert(offsetof(struct life, family) == 1 && offsetof(struct life, type) == 2, "their bytes");
	memcpy(&life, &word, sizeof life);
	return life;
}

KEPT_NUMBER(socket, (int domain, int type, int protocol), (domain, type, protocol))
TWINS(int, socket, (int domain, int type, int protocol), (domain, type, protocol), (a[0], a[1], a[2]))
{
	int fd = (int)MAKES(-1, CALL(socket, domain, type, protocol));
	if (fd >= 0)
		born_plain("socket", sizeof "socket" - 1, fd, life_of(domain, type, STATE_CLOSED), type & SOCK_CLOEXEC,
			   fd);
	else
		failed("socket", fd, 0, STATE_NONE);
	return fd;
}

KEPT_PAIR(socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
TWINS(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds),
      (a[0], a[1], a[2], PTR(3)))
{
	long ret = MAKES(-1, CALL(socketpair, domain, type, protocol, fds));
	if (ret)
		failed("socketpair", -1, 0, STATE_NONE);
	struct life life = life_of(domain, type, STATE_ESTABLISHED);
	life.flags = WAS_CONNECTED;
	for (int i = 0; !ret && i < 2; i++)
		made_plain("socketpair", fds[i], life, type & SOCK_CLOEXEC, 0);
	return ret;
}

/* Whether the kernel read the address as one with any port. Only `len` bytes of it are valid. */
static bool any_port(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in in = {.sin_family = AF_UNSPEC};
	if (len >= offsetof(struct sockaddr_in, sin_addr))
		memcpy(&in, addr, offsetof(struct sockaddr_in, sin_addr));
	return (in.sin_family == AF_INET || in.sin_family == AF_INET6) && !in.sin_port;
}

/* The address passed to a call, for its line, or NULL if it cannot be read. */
static const struct sockaddr *copy_of(const struct sockaddr *addr, socklen_t len, struct sockaddr_storage *copy)
{
	if (!len || len > sizeof *copy)
		return NULL;
	if (ARCH_FRAMES && frame_holds(addr, len)) /* as most do */
		return memcpy(copy, addr, len);
	return peek(copy, addr, len) ? (struct sockaddr *)copy : NULL;
}

/* The address that the kernel chose. */
static void name_of(struct event *e, struct sockaddr_storage *name)
{
	e->local_len = sizeof *name;
	if (!sys3(SYS_getsockname, e->fd, name, &e->local_len))
		e->local = (struct sockaddr *)name;
}

static bool reuses(int fd)
{
	int on = 0;
	return !sys_getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) && on;
}

TWINS(int, bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len), (a[0], PTR(1), a[2]))
{
	struct call c = call_begin(fd);
	long ret = CALL(bind, fd, addr, len);
	struct event e = event("bind", fd);
	struct sockaddr_storage copy;
	bool any = false;
	if (c.socket && (ret == 0 || errno == EADDRINUSE || errno == EADDRNOTAVAIL)) {
		e.local = ret == 0 ? addr : copy_of(addr, len, &copy); /* the kernel may not have read it */
		e.local_len = len;
		e.reuse = ret && errno == EADDRINUSE && reuses(fd);
		any = e.local && (ret == 0 || errno == EADDRINUSE) && any_port(e.local, len);
		if (any && ret == 0)
			name_of(&e, &copy);
	}
	call_end(&c, any ? ACT_bind_any : ACT_bind, ret, SOCKET_CALL, &e);
	return ret;
}

TWINS(int, listen, (int fd, int backlog), (fd, backlog), (a[0], a[1]))
{
	struct call c = call_begin(fd);
	long ret = CALL(listen, fd, backlog);
	struct event e = event("listen", fd);
	struct sockaddr_storage chosen;
	if (ret == 0 && c.socket && c.life.state == STATE_CLOSED)
		name_of(&e, &chosen);
	e.has_backlog = true;
	e.backlog = backlog;
	call_end(&c, ACT_listen, ret, SOCKET_CALL, &e);
	return ret;
}

static __attribute__((noinline)) void connected(struct call *c, const struct sockaddr *addr,
						const struct sockaddr *peer, socklen_t len, long ret)
{
	struct event e = event("connect", c->fd);
	if (c->socket && !peer && ret == 0 && !peek_asks())
		peer = addr;
	if (c->socket && (ret == 0 || (errno != EFAULT && errno != EBADF && errno != ENOTSOCK && errno != EINVAL))) {
		e.peer = peer;
		e.peer_len = len;
	}
	bool dissolve = ret == 0 && peer && len >= sizeof peer->sa_family && peer->sa_family == AF_UNSPEC;
	if (dissolve)
		socket_untell(c->socket, TOLD_END);
	call_end(c, dissolve ? ACT_disconnect : ACT_connect, ret, SOCKET_CALL, &e);
}

/* Reads the address before the call, since Ruby makes this one without its lock: meanwhile its collector, which moves objects, may protect the
 * page of a string. To touch that would run the collector's SIGSEGV handler in this thread, which has no right to. */
TWINS(int, connect, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len), (a[0], PTR(1), a[2]))
{
	const enum side side = (enum side)INSIDE_connect;
	struct call c = call_begin_inline(fd);
	struct sockaddr_storage copy;
	const struct sockaddr *peer = c.socket ? copy_of(addr, len, &copy) : NULL;
	long ret;
	if (connect_begin(&c, side)) {
		ret = CALL(connect, fd, addr, len);
		if (connect_end(&c, side, ret ? errno : 0, peer, len))
			return ret;
		call_leave(&c, "connect", side);
	} else {
		ret = INSIDE(&c, connect, CALL(connect, fd, addr, len));
	}
	connected(&c, addr, peer, len, ret);
	return ret;
}

/* Whether the address is complete, and the length is not inside it. `room`: the size of the address buffer, 0 if unknown. */
static inline bool has_peer(const struct sockaddr *addr, socklen_t room, const socklen_t *len)
{
	return room && *len <= room && (uintptr_t)len - (uintptr_t)addr >= room;
}

static __attribute__((noinline)) void accepted(const struct call *c, const char *op, int fd,
					       const struct sockaddr *addr, socklen_t room, const socklen_t *len,
					       int flags)
{
	struct event e = event(op, c->fd);
	struct sockaddr_storage peer;
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
	if (has_peer(addr, room, len)) {
		e.peer = addr;
		e.peer_len = *len;
	} else if (process_active()) {
		e.peer_len = sizeof peer;
		if (!sys3(SYS_getpeername, fd, &peer, &e.peer_len))
			e.peer = (struct sockaddr *)&peer;
	}
	e.has_ret = true;
	e.ret = fd;
	made(&e);
}

/* Learn the peer's address even if the host does not ask for it: for these families the same call returns it. For others, asking can fail,
 * and the connection would be lost. */
static bool can_lend(const struct call *c)
{
	return c->socket && (c->life.family == AF_INET || c->life.family == AF_INET6 || c->life.family == AF_UNIX);
}

#define ACCEPT(name, how, ...)                                                                      \
	struct call c = call_begin_inline(fd);                                                      \
	struct sockaddr_storage own;                                                                \
	socklen_t own_len = sizeof own, room;                                                       \
	bool lent = !addr && can_lend(&c);                                                          \
	if (lent) {                                                                                 \
		addr = (struct sockaddr *)&own;                                                     \
		len = &own_len;                                                                     \
		room = sizeof own;                                                                  \
	} else if (!addr || !peek_near(&room, len, sizeof room)) {                                  \
		room = 0;                                                                           \
	}                                                                                           \
	int ret = (int)INSIDE(&c, name, MAKES(-1, CALL_WITH(name, fd, addr, len __VA_ARGS__)));     \
	if (ret >= 0 && c.socket && has_peer(addr, room, len)) {                                    \
		struct meeting m; /* each member that is read is set, here and in made_meeting() */ \
		m.listener = fd;                                                                    \
		m.error = 0;                                                                        \
		m.peer = addr;                                                                      \
		m.peer_len = *len;                                                                  \
		m.b.op = #name;                                                                     \
		m.b.op_len = sizeof #name - 1;                                                      \
		m.b.fd = ret;                                                                       \
		m.b.life = c.life;                                                                  \
		m.b.life.state = STATE_ESTABLISHED;                                                 \
		m.b.life.flags = WAS_CONNECTED;                                                     \
		m.b.cloexec = (how)&SOCK_CLOEXEC;                                                   \
		made_meeting(&m);                                                                   \
	} else {                                                                                    \
		accepted(&c, #name, ret, addr, room, len, how);                                     \
	}                                                                                           \
	return ret

KEPT_NUMBER(accept, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len))
TWINS(int, accept, (int fd, struct sockaddr *restrict addr, socklen_t *restrict len), (fd, addr, len),
      (a[0], PTR(1), PTR(2)))
{
	ACCEPT(accept, 0, );
}

KEPT_NUMBER(accept4, (int fd, struct sockaddr *addr, socklen_t *len, int flags), (fd, addr, len, flags))
TWINS(int, accept4, (int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags),
      (fd, addr, len, flags), (a[0], PTR(1), PTR(2), a[3]))
{
	ACCEPT(accept4, flags, , flags);
}
#undef ACCEPT

TWINS(int, shutdown, (int fd, int sides), (fd, sides), (a[0], a[1]))
{
	struct call c = call_begin(fd);
	call_settle(&c, "shutdown");
	long ret = CALL(shutdown, fd, sides);
	struct event e = event("shutdown", fd);
	if (c.socket && c.life.flags & INHERITED) /* it may end a connection that another process uses */
		e.stack = stack_here();
	enum act act = sides == SHUT_RD ? ACT_shut_rd : sides == SHUT_WR ? ACT_shut_wr : ACT_shut_rdwr;
	call_end(&c, act, ret, SOCKET_CALL, &e);
	return ret;
}

TWINS(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len), (fd, level, name, value, len),
      (a[0], a[1], a[2], PTR(3), a[4]))
{
	struct call c = call_begin(fd);
	long ret = CALL(setsockopt, fd, level, name, value, len);
	call_check(&c, "setsockopt", ret, SOCKET_CALL);
	return ret;
}

/* SO_ERROR of 0 while connecting can also mean "not yet". */
static void asked_error(struct call *c, int error)
{
	if (!error) {
		call_settle(c, "getsockopt");
		return;
	}
	struct event e = event("getsockopt", c->fd);
	int saved = errno;
	errno = error;
	call_end(c, ACT_ask, -1, QUIET, &e);
	errno = saved;
}

TWINS(int, getsockopt, (int fd, int level, int name, void *restrict value, socklen_t *restrict len),
      (fd, level, name, value, len), (a[0], a[1], a[2], PTR(3), PTR(4)))
{
	struct call c = call_begin(fd);
	long ret = CALL(getsockopt, fd, level, name, value, len);
	uintptr_t apart = (uintptr_t)value > (uintptr_t)len ? (uintptr_t)value - (uintptr_t)len
							    : (uintptr_t)len - (uintptr_t)value;
	int error;
	if (ret == 0 && c.socket && level == SOL_SOCKET && name == SO_ERROR && *len == sizeof error &&
	    apart >= sizeof error) { /* otherwise the length is inside the value */
		memcpy(&error, value, sizeof error);
		asked_error(&c, error);
	} else {
		call_check(&c, "getsockopt", ret, SOCKET_CALL);
	}
	return ret;
}

TWINS(int, getsockname, (int fd, struct sockaddr *restrict addr, socklen_t *restrict len), (fd, addr, len),
      (a[0], PTR(1), PTR(2)))
{
	struct call c = call_begin(fd);
	long ret = CALL(getsockname, fd, addr, len);
	call_check(&c, "getsockname", ret, SOCKET_CALL);
	return ret;
}

TWINS(int, getpeername, (int fd, struct sockaddr *restrict addr, socklen_t *restrict len), (fd, addr, len),
      (a[0], PTR(1), PTR(2)))
{
	struct call c = call_begin(fd);
	long ret = CALL(getpeername, fd, addr, len);
	if (ret == 0)
		call_settle(&c, "getpeername");
	else if (c.socket && errno == ENOTCONN)
		socket_flag(c.socket, ASKED);
	call_check(&c, "getpeername", ret, SOCKET_CALL);
	return ret;
}

ALSO(__connect, connect);
