/* read(2), write(2) and their kin. On a number that holds no socket: one load and a jump. On a socket: counters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"

/* read and write serve every kind of descriptor, and must cost nothing where there is no socket: what has to do with one is kept out
 * of their frames. */
#define PLAIN(name, fd) __builtin_expect((unsigned)fd < FD_LOW && real.name && fd_kind(fd_low[fd]) <= FD_OTHER, 1)

static inline __attribute__((always_inline)) struct call data_begin(int fd, fd_word word)
{
	struct call c = {.fd = fd, .word = process_active() ? word : FD_OTHER};
	if (fd_kind(c.word) != FD_SOCKET)
		return c;
	c.socket = socket_of(word);
	if (c.socket) {
		c.sock = c.socket->sock;
		c.life = socket_life(c.socket);
	}
	return c;
}

#define IN(name, want, how, ...)                       \
	struct call c = data_begin(fd, word);          \
	call_enter(&c, #name, READING);                \
	ssize_t ret = REAL(name)(__VA_ARGS__);         \
	call_leave(&c, #name, READING);                \
	data_end(&c, #name, ACT_recv, want, ret, how); \
	return ret

#define OUT(name, want, how, flags, ...)                          \
	struct call c = data_begin(fd, word);                     \
	bool told = c.socket && data_forbidden(&c, #name, flags); \
	call_enter(&c, #name, WRITING);                           \
	ssize_t ret = REAL(name)(__VA_ARGS__);                    \
	call_leave(&c, #name, WRITING);                           \
	if (!told)                                                \
		data_end(&c, #name, ACT_send, want, ret, how);    \
	return ret

#define SLOW static __attribute__((noinline)) ssize_t
#define WORD fd_word word = fd_load(fd)

SLOW slow_read(int fd, void *buf, size_t n)
{
	WORD;
	IN(read, n, 0, fd, buf, n);
}

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	return PLAIN(read, fd) ? real.read(fd, buf, n) : slow_read(fd, buf, n);
}

SLOW slow_read_chk(int fd, void *buf, size_t n, size_t room)
{
	WORD;
	IN(__read_chk, n, 0, fd, buf, n, room);
}

EXPORT ssize_t __read_chk(int fd, void *buf, size_t n, size_t room)
{
	return PLAIN(__read_chk, fd) ? real.__read_chk(fd, buf, n, room) : slow_read_chk(fd, buf, n, room);
}

SLOW slow_readv(int fd, const struct iovec *iov, int n)
{
	WORD;
	IN(readv, 1, 0, fd, iov, n);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	return PLAIN(readv, fd) ? real.readv(fd, iov, n) : slow_readv(fd, iov, n);
}

SLOW slow_write(int fd, const void *buf, size_t n)
{
	WORD;
	OUT(write, n, 0, 0, fd, buf, n);
}

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	return PLAIN(write, fd) ? real.write(fd, buf, n) : slow_write(fd, buf, n);
}

SLOW slow_writev(int fd, const struct iovec *iov, int n)
{
	WORD;
	OUT(writev, 1, 0, 0, fd, iov, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return PLAIN(writev, fd) ? real.writev(fd, iov, n) : slow_writev(fd, iov, n);
}

/* MSG_TRUNC and MSG_OOB tell lengths that are none of the stream's. */
#define RECV(name, flags, ...)                                      \
	WORD;                                                       \
	struct call c = data_begin(fd, word);                       \
	call_enter(&c, #name, READING);                             \
	ssize_t ret = REAL(name)(__VA_ARGS__);                      \
	call_leave(&c, #name, READING);                             \
	if (!moved_nothing(flags, ret))                             \
		data_end(&c, #name, ACT_recv, n, ret, SOCKET_CALL); \
	return ret

EXPORT ssize_t recv(int fd, void *buf, size_t n, int flags) { RECV(recv, flags, fd, buf, n, flags); }

EXPORT ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags)
{
	RECV(__recv_chk, flags, fd, buf, n, room, flags);
}

EXPORT ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags, struct sockaddr *restrict addr,
			socklen_t *restrict len)
{
	RECV(recvfrom, flags, fd, buf, n, flags, addr, len);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *restrict buf, size_t n, size_t room, int flags,
			      struct sockaddr *restrict addr, socklen_t *restrict len)
{
	RECV(__recvfrom_chk, flags, fd, buf, n, room, flags, addr, len);
}

EXPORT ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	WORD;
	OUT(send, n, SOCKET_CALL, flags, fd, buf, n, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr, socklen_t len)
{
	WORD;
	OUT(sendto, n, SOCKET_CALL, flags, fd, buf, n, flags, addr, len);
}

/* From a file or a socket to a socket: both ends may count. */
#define MOVE(name, from_fd, to_fd, ...)                                                                   \
	struct call from = data_begin(from_fd, fd_load(from_fd)), to = data_begin(to_fd, fd_load(to_fd)); \
	bool told = to.socket && data_forbidden(&to, #name, 0);                                           \
	ssize_t ret = REAL(name)(__VA_ARGS__);                                                            \
	if (ret > 0 || (ret < 0 && errno == EBADF)) {                                                     \
		data_end(&from, #name, ACT_recv, 1, ret, SEVERAL);                                        \
		data_end(&to, #name, ACT_send, 1, ret, SEVERAL);                                          \
	} else if (!told && to.socket) {                                                                  \
		data_end(&to, #name, ACT_send, 1, ret, SEVERAL);                                          \
	} else if (ret == 0 && from.socket) {                                                             \
		data_end(&from, #name, ACT_recv, n, ret, SEVERAL);                                        \
	}                                                                                                 \
	return ret

EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t n) { MOVE(sendfile, in, out, out, in, offset, n); }

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t n) { MOVE(sendfile64, in, out, out, in, offset, n); }

EXPORT ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t n, unsigned flags)
{
	MOVE(splice, in, out, in, in_offset, out, out_offset, n, flags);
}
