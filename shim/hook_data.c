/* read(2), write(2) and their kin. On a number that holds no socket: one load and a jump. On a socket: counters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"

/* read and write serve every kind of descriptor, and must cost nothing where there is no socket. */
#define PLAIN(fd) \
	fd_word word = fd_load(fd); \
	if (__builtin_expect(fd_kind(word) == FD_UNKNOWN || fd_kind(word) == FD_OTHER, 1))

static inline struct call data_begin(int fd, fd_word word)
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

#define IN(name, want, how, ...) \
	struct call c = data_begin(fd, word); \
	ssize_t ret = REAL(name)(__VA_ARGS__); \
	data_end(&c, #name, ACT_recv, want, ret, how); \
	return ret

#define OUT(name, want, how, flags, ...) \
	struct call c = data_begin(fd, word); \
	bool told = c.socket && data_forbidden(&c, #name, flags); \
	ssize_t ret = REAL(name)(__VA_ARGS__); \
	if (!told) \
		data_end(&c, #name, ACT_send, want, ret, how); \
	return ret

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	PLAIN(fd)
	return REAL(read)(fd, buf, n);
	IN(read, n, 0, fd, buf, n);
}

EXPORT ssize_t __read_chk(int fd, void *buf, size_t n, size_t room)
{
	PLAIN(fd)
	return REAL(__read_chk)(fd, buf, n, room);
	IN(__read_chk, n, 0, fd, buf, n, room);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	PLAIN(fd)
	return REAL(readv)(fd, iov, n);
	IN(readv, 1, 0, fd, iov, n);
}

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	PLAIN(fd)
	return REAL(write)(fd, buf, n);
	OUT(write, n, 0, 0, fd, buf, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	PLAIN(fd)
	return REAL(writev)(fd, iov, n);
	OUT(writev, 1, 0, 0, fd, iov, n);
}

#define SOCKET_WORD(fd) fd_word word = fd_load(fd)

/* A peek moves no bytes; MSG_TRUNC and MSG_OOB tell lengths that are none of the stream's. */
#define RECV(name, flags, ...) \
	SOCKET_WORD(fd); \
	struct call c = data_begin(fd, word); \
	ssize_t ret = REAL(name)(__VA_ARGS__); \
	if (!(flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) || ret < 0) \
		data_end(&c, #name, ACT_recv, n, ret, SOCKET_CALL); \
	return ret

EXPORT ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	RECV(recv, flags, fd, buf, n, flags);
}

EXPORT ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags)
{
	RECV(__recv_chk, flags, fd, buf, n, room, flags);
}

EXPORT ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	RECV(recvfrom, flags, fd, buf, n, flags, addr, len);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *restrict buf, size_t n, size_t room, int flags, struct sockaddr *restrict addr,
			      socklen_t *restrict len)
{
	RECV(__recvfrom_chk, flags, fd, buf, n, room, flags, addr, len);
}

EXPORT ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	SOCKET_WORD(fd);
	OUT(send, n, SOCKET_CALL, flags, fd, buf, n, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr, socklen_t len)
{
	SOCKET_WORD(fd);
	OUT(sendto, n, SOCKET_CALL, flags, fd, buf, n, flags, addr, len);
}

/* From a file or a socket to a socket: both ends may count. */
#define MOVE(name, from_fd, to_fd, ...) \
	struct call from = data_begin(from_fd, fd_load(from_fd)), to = data_begin(to_fd, fd_load(to_fd)); \
	bool told = to.socket && data_forbidden(&to, #name, 0); \
	ssize_t ret = REAL(name)(__VA_ARGS__); \
	if (ret > 0 || (ret < 0 && errno == EBADF)) { \
		data_end(&from, #name, ACT_recv, 1, ret, SEVERAL); \
		data_end(&to, #name, ACT_send, 1, ret, SEVERAL); \
	} else if (!told && to.socket) { \
		data_end(&to, #name, ACT_send, 1, ret, SEVERAL); \
	} else if (ret == 0 && from.socket) { \
		data_end(&from, #name, ACT_recv, n, ret, SEVERAL); \
	} \
	return ret

EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t n)
{
	MOVE(sendfile, in, out, out, in, offset, n);
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t n)
{
	MOVE(sendfile64, in, out, out, in, offset, n);
}

EXPORT ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t n, unsigned flags)
{
	MOVE(splice, in, out, in, in_offset, out, out_offset, n, flags);
}
