/* A host that has functions of libc's names itself, in three ways: by syscall(2), by dlsym(RTLD_NEXT), by hand. `host_own_calls HOW`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dlfcn.h>
#include <sys/syscall.h>

static const char *how = "syscall";
static int closes, reads, sockets;

static long by_hand(long number, long a, long b, long c)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	errno = result < 0 ? (int)-result : errno;
	return result < 0 ? -1 : result;
#else
	return syscall(number, a, b, c);
#endif
}

static long call(const char *name, long number, long a, long b, long c)
{
	if (how[0] == 's')
		return syscall(number, a, b, c);
	if (how[0] == 'h')
		return by_hand(number, a, b, c);
	return ((int (*)(long, long, long))dlsym(RTLD_NEXT, name))(a, b, c);
}

int close(int fd)
{
	closes++;
	return (int)call("close", SYS_close, fd, 0, 0);
}

ssize_t read(int fd, void *buffer, size_t n)
{
	reads++;
	return (ssize_t)call("read", SYS_read, fd, (long)buffer, (long)n);
}

int socket(int domain, int type, int protocol)
{
	sockets++;
	return (int)call("socket", SYS_socket, domain, type, protocol);
}

int main(int argc, char **argv)
{
	char text[8];
	int ends[2], fd;

	if (argc > 1)
		how = argv[1];
	for (int i = 0; i < 3; i++) {
		connection(ends);
		EXPECT(send(ends[0], "hello", 5, 0) == 5);
		EXPECT(read(ends[1], text, sizeof text) == 5);
		EXPECT(close(ends[0]) == 0);
		EXPECT(read(ends[1], text, sizeof text) == 0);
		EXPECT(close(ends[1]) == 0);
		fd = MUST(open("/dev/null", O_RDONLY));
		EXPECT(fd == ends[1] || fd == ends[0] || fd < ends[0]);
		EXPECT(close(fd) == 0);
	}
	printf("%d sockets, %d reads, %d closes\n", sockets, reads, closes);
	return 0;
}
