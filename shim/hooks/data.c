/* read(2), write(2) and the like. If the descriptor is not a socket: one load and a jump. On a socket: counters.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY data
#include "shim/hooks/hook.h"

/* read and write serve every kind of descriptor and must cost nothing if it is not a socket, so the code for sockets is kept out of their
 * frames. */
#define PLAIN(name, fd) __builtin_expect((unsigned)fd < FD_LOW && real.name && fd_kind(fd_low[fd]) <= FD_OTHER, 1)

static inline __attribute__((always_inline)) struct call data_begin(int fd, fd_word word)
{
	struct call c = {.fd = fd, .word = process_active() ? word : FD_UNTOLD};
	if (fd_kind(c.word) != FD_SOCKET)
		return c;
	c.socket = socket_of(word);
	if (c.socket) {
		c.sock = c.socket->sock;
		c.life = socket_life(c.socket);
	}
	return c;
}

#define IN(name, want, how, real_call)                 \
	struct call c = data_begin(fd, word);          \
	ssize_t ret = INSIDE(&c, name, real_call);     \
	data_end(&c, #name, ACT_recv, want, ret, how); \
	return ret

#define OUT(name, want, how, flags, real_call)                    \
	struct call c = data_begin(fd, word);                     \
	bool told = c.socket && data_forbidden(&c, #name, flags); \
	ssize_t ret = WRITES(&c, INSIDE(&c, name, real_call));    \
	if (!told)                                                \
		data_end(&c, #name, ACT_send, want, ret, how);    \
	return ret

#define WORD fd_word word = fd_load(fd)

/* Most calls only move bytes on a connection, see data_quick(). All others are in full_NAME, out of the way. */
#define QUICK(name, moves, args, want, how, real_call)                    \
	const enum side side = (enum side)INSIDE_##name;                  \
	struct quick q;                                                   \
	args;                                                             \
	if ((moves) && data_quick(&q, fd, side)) {                        \
		QUICK_WAITS(&q);                                          \
		sys_clock(CLOCK_MONOTONIC_COARSE, &q.began);              \
		q.ret = side == WRITING ? WRITTEN(real_call) : real_call; \
		long ret = data_quick_end(&q, side);                      \
		if (__builtin_expect(ret > 0, 1))                         \
			return ret;                                       \
		data_unusual(&q, #name, side, want, how);                 \
		return q.ret;                                             \
	}
#define LATER(x)                   \
	__auto_type later_##x = x; \
	QUICK_WAIT(later_##x)
#define WRITTEN(real_call)                                              \
	({                                                              \
		__atomic_store_n(trace_writing, '1', __ATOMIC_RELAXED); \
		ssize_t wrote_ = (real_call);                           \
		__atomic_store_n(trace_writing, '0', __ATOMIC_RELAXED); \
		wrote_;                                                 \
	})

#define FULL(name, params) static __attribute__((noinline)) ssize_t full_##name params
#define QUICK_BODY(name, params, args, ...) \
	FULL(name, params);                 \
	HOOK_BODY(ssize_t, name, params)    \
	{                                   \
		QUICK(name, __VA_ARGS__)    \
		return full_##name args;    \
	}                                   \
	FULL(name, params)

#define PLAIN_BODY(name, params, args, ...)                                                              \
	FULL(name, params);                                                                              \
	static __attribute__((noinline)) ssize_t slow_##name params                                      \
	{                                                                                                \
		QUICK(name, true, __VA_ARGS__)                                                           \
		return full_##name args;                                                                 \
	}                                                                                                \
	HOOK_BODY(ssize_t, name, params) { return PLAIN(name, fd) ? real.name args : slow_##name args; } \
	FULL(name, params)

/* With a twin. */
#define TWIN_OF(kind, name, params, args, words, ...)                                 \
	BODY(name, params);                                                           \
	kind(name, params, args, __VA_ARGS__) { return body_##name WITH_NULL_ args; } \
	RAW(name, words)                                                              \
	BODY(name, params)
#define PLAIN_TWINS(...) TWIN_OF(PLAIN_BODY, __VA_ARGS__)
#define QUICK_TWINS(...) TWIN_OF(QUICK_BODY, __VA_ARGS__)

PLAIN_TWINS(read, (int fd, void *buf, size_t n), (fd, buf, n), (a[0], PTR(1), (size_t)a[2]), LATER(buf);
	    LATER(n), later_n, 0, real.read((int)q.fd, later_buf, later_n))
{
	WORD;
	IN(read, n, 0, CALL(read, fd, buf, n));
}

PLAIN_BODY(__read_chk, (int fd, void *buf, size_t n, size_t room), (fd, buf, n, room), LATER(buf); LATER(n);
	   LATER(room), later_n, 0, real.__read_chk((int)q.fd, later_buf, later_n, later_room))
{
	WORD;
	IN(__read_chk, n, 0, REAL(__read_chk)(fd, buf, n, room));
}

PLAIN_TWINS(readv, (int fd, const struct iovec *iov, int n), (fd, iov, n), (a[0], PTR(1), a[2]), LATER(iov);
	    LATER(n), 1, 0, real.readv((int)q.fd, later_iov, later_n))
{
	WORD;
	IN(readv, 1, 0, CALL(readv, fd, iov, n));
}

PLAIN_TWINS(write, (int fd, const void *buf, size_t n), (fd, buf, n), (a[0], PTR(1), (size_t)a[2]), LATER(buf);
	    LATER(n), later_n, 0, real.write((int)q.fd, later_buf, later_n))
{
	WORD;
	OUT(write, n, 0, 0, CALL(write, fd, buf, n));
}

PLAIN_TWINS(writev, (int fd, const struct iovec *iov, int n), (fd, iov, n), (a[0], PTR(1), a[2]), LATER(iov);
	    LATER(n), 1, 0, real.writev((int)q.fd, later_iov, later_n))
{
	WORD;
	OUT(writev, 1, 0, 0, CALL(writev, fd, iov, n));
}

/* With MSG_TRUNC and MSG_OOB, the length returned is not that of the stream. */
#define RECV(name, flags, real_call)                                \
	WORD;                                                       \
	struct call c = data_begin(fd, word);                       \
	ssize_t ret = INSIDE(&c, name, real_call);                  \
	if (!moved_nothing(flags, ret))                             \
		data_end(&c, #name, ACT_recv, n, ret, SOCKET_CALL); \
	return ret

QUICK_BODY(recv, (int fd, void *buf, size_t n, int flags), (fd, buf, n, flags), always_moves(flags), LATER(buf);
	   LATER(n); LATER(flags), later_n, SOCKET_CALL, real.recv((int)q.fd, later_buf, later_n, later_flags))
{
	RECV(recv, flags, REAL(recv)(fd, buf, n, flags));
}

QUICK_BODY(__recv_chk, (int fd, void *buf, size_t n, size_t room, int flags), (fd, buf, n, room, flags),
	   always_moves(flags), LATER(buf);
	   LATER(n); LATER(room);
	   LATER(flags), later_n, SOCKET_CALL, real.__recv_chk((int)q.fd, later_buf, later_n, later_room, later_flags))
{
	RECV(__recv_chk, flags, REAL(__recv_chk)(fd, buf, n, room, flags));
}

QUICK_TWINS(recvfrom,
	    (int fd, void *restrict buf, size_t n, int flags, struct sockaddr *restrict addr, socklen_t *restrict len),
	    (fd, buf, n, flags, addr, len), (a[0], PTR(1), (size_t)a[2], a[3], PTR(4), PTR(5)), always_moves(flags),
	    LATER(buf);
	    LATER(n); LATER(flags); LATER(addr);
	    LATER(len), later_n, SOCKET_CALL,
	    real.recvfrom((int)q.fd, later_buf, later_n, later_flags, later_addr, later_len))
{
	RECV(recvfrom, flags, CALL(recvfrom, fd, buf, n, flags, addr, len));
}

HOOK_BODY(ssize_t, __recvfrom_chk,
	  (int fd, void *restrict buf, size_t n, size_t room, int flags, struct sockaddr *restrict addr,
	   socklen_t *restrict len))
{
	RECV(__recvfrom_chk, flags, REAL(__recvfrom_chk)(fd, buf, n, room, flags, addr, len));
}

QUICK_BODY(send, (int fd, const void *buf, size_t n, int flags), (fd, buf, n, flags), true, LATER(buf); LATER(n);
	   LATER(flags), later_n, SOCKET_CALL, real.send((int)q.fd, later_buf, later_n, later_flags))
{
	WORD;
	OUT(send, n, SOCKET_CALL, flags, REAL(send)(fd, buf, n, flags));
}

QUICK_TWINS(sendto, (int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr, socklen_t len),
	    (fd, buf, n, flags, addr, len), (a[0], PTR(1), (size_t)a[2], a[3], PTR(4), a[5]), true, LATER(buf);
	    LATER(n); LATER(flags); LATER(addr);
	    LATER(len), later_n, SOCKET_CALL,
	    real.sendto((int)q.fd, later_buf, later_n, later_flags, later_addr, later_len))
{
	WORD;
	OUT(sendto, n, SOCKET_CALL, flags, CALL(sendto, fd, buf, n, flags, addr, len));
}

/* From a file or a socket to a socket: both ends may have counters. */
#define MOVE(name, from_fd, to_fd, real_call)                                                             \
	struct call from = data_begin(from_fd, fd_load(from_fd)), to = data_begin(to_fd, fd_load(to_fd)); \
	call_uses(&from, #name);                                                                          \
	call_uses(&to, #name);                                                                            \
	bool told = to.socket && data_forbidden(&to, #name, 0);                                           \
	ssize_t ret = WRITES(&to, real_call);                                                             \
	if (ret > 0 || (ret < 0 && errno == EBADF)) {                                                     \
		data_end(&from, #name, ACT_recv, 1, ret, SEVERAL);                                        \
		data_end(&to, #name, ACT_send, 1, ret, SEVERAL);                                          \
	} else if (!told && to.socket) {                                                                  \
		data_end(&to, #name, ACT_send, 1, ret, SEVERAL);                                          \
	} else if (ret == 0 && from.socket) {                                                             \
		data_end(&from, #name, ACT_recv, n, ret, SEVERAL);                                        \
	}                                                                                                 \
	return ret

TWINS(ssize_t, sendfile, (int out, int in, off_t *offset, size_t n), (out, in, offset, n),
      (a[0], a[1], PTR(2), (size_t)a[3]))
{
	MOVE(sendfile, in, out, CALL(sendfile, out, in, offset, n));
}

HOOK_BODY(ssize_t, sendfile64, (int out, int in, off64_t *offset, size_t n))
{
	MOVE(sendfile64, in, out, REAL(sendfile64)(out, in, offset, n));
}

TWINS(ssize_t, splice, (int in, off64_t *in_offset, int out, off64_t *out_offset, size_t n, unsigned flags),
      (in, in_offset, out, out_offset, n, flags), (a[0], PTR(1), a[2], PTR(3), (size_t)a[4], (unsigned)a[5]))
{
	MOVE(splice, in, out, CALL(splice, in, in_offset, out, out_offset, n, flags));
}

ALSO(__read, read);
ALSO(__write, write);
ALSO(__send, send);
