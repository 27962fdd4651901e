/* What the small programs share: checked calls, and a loopback listener to talk to.
 * Each program also passes without SockSan: status 0, or 99 when its scaffolding broke.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The value of a call that must not fail. */
#define MUST(call) must((call), #call)

static inline int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		_exit(99);
	}
	return result;
}

/* End the program when something that must hold does not. */
#define EXPECT(truth) expect((truth), #truth)

static inline void expect(int truth, const char *what)
{
	if (!truth) {
		fprintf(stderr, "expected %s\n", what);
		_exit(99);
	}
}

/* For a program that needs numbers below `files`: the limit that it was started with may be lower. */
static inline void ask_for_files(rlim_t files)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_cur >= files)
		return;
	limit.rlim_cur = files;
	MUST(setrlimit(RLIMIT_NOFILE, &limit));
}

/* A TCP socket bound to a port of the kernel's choice, *at. Nobody listens there: a connect is refused. */
static inline int bound(struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	socklen_t size = sizeof *at;

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	MUST(bind(fd, (struct sockaddr *)at, size));
	MUST(getsockname(fd, (struct sockaddr *)at, &size));
	return fd;
}

/* The same, listening. */
static inline int listener(struct sockaddr_in *at)
{
	int fd = bound(at);

	MUST(listen(fd, 16));
	return fd;
}

/* A TCP connection to *at. */
static inline int client(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	return fd;
}

/* The two ends of one TCP connection: ends[0] connected, ends[1] was accepted. */
static inline void connection(int ends[2])
{
	struct sockaddr_in at;
	int fd = listener(&at);

	ends[0] = client(&at);
	ends[1] = MUST(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	close(fd);
}

/* Receive so many bytes: what is closed unread ends in a reset. */
static inline void take(int fd, size_t n)
{
	char bytes[64];

	EXPECT(n <= sizeof bytes && recv(fd, bytes, n, MSG_WAITALL) == (ssize_t)n);
}

/* Wait for a child; it must have ended with status 0. */
static inline void wait_for(pid_t child)
{
	int status;

	MUST(waitpid(MUST(child), &status, 0));
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
