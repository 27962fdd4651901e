/* Few local ports, of which a program soon has none left.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

enum { PORTS = 4 };

static inline int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), done = -1;

	if (fd >= 0) {
		done = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
		close(fd);
	}
	return done;
}

/* Into a network of our own, with its loopback up; no root is needed where users may make namespaces. 0, or -1. */
static inline int own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	char map[32];
	int fd, done;

	snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || put_text("/proc/self/uid_map", map))
		return -1;
	fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	done = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return done;
}

/* Call first. The sockets that narrow() is given have PORTS ports among them: by a range of their own (Linux 6.3), else as the whole network
 * has no more. */
static int first_port;

static inline void ask_for_few_ports(void)
{
	int low = 32768, high = 60999, fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	uint32_t all = 0;
	FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	if (range) {
		EXPECT(fscanf(range, "%d %d", &low, &high) == 2 && high - low >= PORTS);
		fclose(range);
	}
	if (!setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &all, sizeof all))
		first_port = low + getpid() % ((high - low) / PORTS) * PORTS; /* others that run now have others */
	else
		MUST(own_network() || put_text("/proc/sys/net/ipv4/ip_local_port_range", "40000 40003") ? -1 : 0);
	close(fd);
}

static inline int narrow(int fd)
{
	uint32_t range = (uint32_t)first_port | (uint32_t)(first_port + PORTS - 1) << 16;

	if (first_port)
		MUST(setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range));
	return fd;
}
