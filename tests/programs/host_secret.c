/* Sends and receives a secret, which its environment holds, by every call that moves bytes, and misuses some of them with it in hand:
 * the secret is in no trace and no report.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static char *secret;
static size_t size;

static void pass(int from, int to)
{
	char got[256];
	struct iovec out = {secret, size}, in = {got, sizeof got};
	char control[CMSG_SPACE(sizeof(int))];
	struct mmsghdr send_one = {.msg_hdr = {.msg_iov = &out, .msg_iovlen = 1}},
		       receive_one = {.msg_hdr = {.msg_iov = &in,
						  .msg_iovlen = 1,
						  .msg_control = control,
						  .msg_controllen = sizeof control}};

	EXPECT(write(from, secret, size) == (ssize_t)size);
	EXPECT(read(to, got, sizeof got) == (ssize_t)size);
	EXPECT(writev(from, &out, 1) == (ssize_t)size);
	EXPECT(readv(to, &in, 1) == (ssize_t)size);
	EXPECT(send(from, secret, size, 0) == (ssize_t)size);
	EXPECT(recv(to, got, sizeof got, MSG_PEEK) == (ssize_t)size);
	EXPECT(recv(to, got, sizeof got, 0) == (ssize_t)size);
	EXPECT(sendto(from, secret, size, 0, NULL, 0) == (ssize_t)size);
	EXPECT(recvfrom(to, got, sizeof got, 0, NULL, NULL) == (ssize_t)size);
	EXPECT(sendmsg(from, &send_one.msg_hdr, 0) == (ssize_t)size);
	EXPECT(recvmsg(to, &receive_one.msg_hdr, 0) == (ssize_t)size);
	EXPECT(sendmmsg(from, &send_one, 1, 0) == 1);
	receive_one.msg_hdr.msg_controllen = sizeof control;
	EXPECT(recvmmsg(to, &receive_one, 1, 0, NULL) == 1);
}

static void pass_files(int from, int to)
{
	char got[256];
	int file = MUST(memfd_create("secret", MFD_CLOEXEC)), ends[2];
	off_t start = 0;

	MUST(pipe(ends));
	EXPECT(write(file, secret, size) == (ssize_t)size);
	EXPECT(sendfile(from, file, &start, size) == (ssize_t)size);
	EXPECT(splice(to, NULL, ends[1], NULL, size, 0) == (ssize_t)size);
	EXPECT(read(ends[0], got, sizeof got) == (ssize_t)size);
	close(ends[0]);
	close(ends[1]);
	close(file);
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int ends[2], tcp[2], udp, buffer;

	EXPECT(getenv("HOST_SECRET") != NULL);
	secret = getenv("HOST_SECRET");
	size = strlen(secret);
	signal(SIGPIPE, SIG_IGN);

	connection(tcp);
	pass(tcp[0], tcp[1]);
	pass_files(tcp[0], tcp[1]);
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	pass(ends[0], ends[1]);
	close(ends[1]);
	EXPECT(send(ends[0], secret, size, 0) < 0 && errno == EPIPE);
	close(ends[0]);
	EXPECT(send(ends[0], secret, size, 0) < 0 && errno == EBADF);
	EXPECT(setsockopt(tcp[0], SOL_SOCKET, SO_BINDTODEVICE, secret, (socklen_t)size) < 0);
	EXPECT(ioctl(tcp[0], FIONREAD, &buffer) == 0);

	udp = MUST(socket(AF_INET, SOCK_DGRAM, 0));
	MUST(bind(udp, (struct sockaddr *)&at, sizeof at));
	MUST(getsockname(udp, (struct sockaddr *)&at, &len));
	EXPECT(sendto(udp, secret, size, 0, (struct sockaddr *)&at, sizeof at) == (ssize_t)size);
	EXPECT(connect(udp, (struct sockaddr *)&at, sizeof at) == 0);
	char got[256];
	EXPECT(recv(udp, got, sizeof got, 0) == (ssize_t)size);
	EXPECT(write(tcp[0], secret, size) == (ssize_t)size);
	printf("passed\n");
	return 0; /* all that is left is leaked, some of it unread */
}
