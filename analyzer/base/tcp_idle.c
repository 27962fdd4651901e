/* Idle TCP sockets: see tcp_idle.h; sock_diag(7), netlink(7), tcp(7).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/tcp_idle.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

struct idle_socket {
	uint64_t inode; /* the key */
	int64_t idle;
	UT_hash_handle hh;
};

static struct idle_socket *sockets;

static void forget(void)
{
	struct idle_socket *one, *next;
	HASH_ITER (hh, sockets, one, next) {
		HASH_DEL(sockets, one);
		free(one);
	}
}

static void take(const struct nlmsghdr *header)
{
	const struct inet_diag_msg *message = NLMSG_DATA(header);
	int left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof *message));
	for (const struct rtattr *at = (const void *)(message + 1); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		struct tcp_info info = {0};
		size_t n = RTA_PAYLOAD(at);
		struct idle_socket *one;
		uint64_t inode = message->idiag_inode;
		if (at->rta_type != INET_DIAG_INFO || !inode)
			continue;
		memcpy(&info, RTA_DATA(at), n < sizeof info ? n : sizeof info);
		HASH_FIND(hh, sockets, &inode, sizeof inode, one);
		if (one)
			continue;
		uint32_t ms = info.tcpi_last_data_sent < info.tcpi_last_data_recv ? info.tcpi_last_data_sent
										  : info.tcpi_last_data_recv;
		one = xcalloc(1, sizeof *one);
		one->inode = inode;
		one->idle = (int64_t)ms * 1000000;
		HASH_ADD(hh, sockets, inode, sizeof one->inode, one);
	}
}

/* -1: no more is to come. */
static int read_answer(int netlink)
{
	char buffer[32 << 10] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n = recv(netlink, buffer, sizeof buffer, 0);
	if (n <= 0)
		return -1;
	unsigned left = (unsigned)n;
	for (const struct nlmsghdr *header = (const void *)buffer; NLMSG_OK(header, left);
	     header = NLMSG_NEXT(header, left)) {
		if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
			return -1;
		if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY)
			take(header);
	}
	return 0;
}

void tcp_idle_look(void)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	static const struct timeval patience = {.tv_sec = 2};
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	forget();
	if (netlink < 0)
		return;
	setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	for (size_t i = 0; i < sizeof families; i++) {
		struct {
			struct nlmsghdr header;
			struct inet_diag_req_v2 request;
		} ask = {
			.header = {.nlmsg_len = sizeof ask,
				   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
			.request = {.sdiag_family = families[i],
				    .sdiag_protocol = IPPROTO_TCP,
				    .idiag_ext = 1 << (INET_DIAG_INFO - 1),
				    .idiag_states = ~0u},
		};
		if (send(netlink, &ask, sizeof ask, 0) < 0)
			break;
		while (read_answer(netlink) == 0)
			;
	}
	close(netlink);
}

int64_t tcp_idle(pid_t pid, int64_t fd)
{
	char path[64], text[64];
	unsigned long long inode;
	struct idle_socket *one = NULL;
	snprintf(path, sizeof path, "/proc/%d/fd/%lld", (int)pid, (long long)fd);
	ssize_t n = readlink(path, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	if (sscanf(text, "socket:[%llu]", &inode) != 1)
		return -1;
	uint64_t key = inode;
	HASH_FIND(hh, sockets, &key, sizeof key, one);
	return one ? one->idle : -1;
}
