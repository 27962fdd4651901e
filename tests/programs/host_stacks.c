/* Calls on small stacks. `host_stacks used` prints how many bytes of a painted stack each call took; `host_stacks small` makes the same
 * calls on 8 KiB with nothing below; `host_stacks overflow` runs over its stack again and again, in calls and outside, and a handler on an
 * alternate stack jumps out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <setjmp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <ucontext.h>

static int fd, l, accepted, pair[2];
static struct sockaddr_in at;
static socklen_t len;
static char byte;
static int value;
static bool all;

static void nothing(void) {}
static void a_socket(void) { fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static void a_pair(void) { EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0); }
static void a_send(void) { EXPECT(send(pair[0], "x", 1, 0) == 1); }
static void a_recv(void) { EXPECT(recv(pair[1], &byte, 1, 0) == 1); }
static void a_write(void) { EXPECT(write(pair[0], "x", 1) == 1); }
static void a_read(void) { EXPECT(read(pair[1], &byte, 1) == 1); }
static void a_readv(void) { EXPECT(send(pair[0], "x", 1, 0) + readv(pair[1], &(struct iovec){&byte, 1}, 1) == 2); }

static void a_right(void)
{
	struct iovec iov = {&byte, 1};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = "";
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	EXPECT(sendmsg(pair[0], &m, 0) == 1 && recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC) == 1);
	memcpy(&value, CMSG_DATA(c), sizeof value);
	close(value);
}

static void a_bind(void)
{
	l = fd;
	at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	EXPECT(bind(l, (struct sockaddr *)&at, len = sizeof at) == 0);
}

static void a_listen(void) { EXPECT(listen(l, 4) == 0); }
static void a_name(void) { EXPECT(getsockname(l, (struct sockaddr *)&at, &len) == 0); }
static void a_connect(void) { EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == 0); }
static void an_accept(void) { accepted = accept4(l, NULL, NULL, SOCK_CLOEXEC); }
static void an_option(void) { EXPECT(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value) == 0); }
static void a_question(void) { EXPECT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &(socklen_t){sizeof value}) == 0); }
static void a_dup(void) { close(dup(fd)); }
static void a_shutdown(void) { EXPECT(shutdown(fd, SHUT_WR) == 0); }
static void an_end(void) { EXPECT(read(accepted, &byte, 1) == 0); }
static void a_close(void) { EXPECT(close(fd) == 0); }
static void a_second_close(void) { EXPECT(close(fd) < 0); }

static void a_range(void)
{
	EXPECT(dup2(pair[0], 100) == 100 && close_range(100, 110, 0) == 0);
	close(pair[0]);
	close(pair[1]);
	close(l);
	close(accepted);
}

static void a_fork(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	wait_for(child);
}

#define CALL(name)          \
	{                   \
		name, #name \
	}
static const struct {
	void (*make)(void);
	const char *name;
} calls[] = {
	CALL(nothing),	  CALL(a_socket),  CALL(a_pair),    CALL(a_send),	  CALL(a_recv),	    CALL(a_write),
	CALL(a_read),	  CALL(a_readv),   CALL(a_right),   CALL(a_bind),	  CALL(a_listen),   CALL(a_name),
	CALL(a_socket),	  CALL(a_connect), CALL(an_accept), CALL(an_option),	  CALL(a_question), CALL(a_dup),
	CALL(a_shutdown), CALL(an_end),	   CALL(a_close),   CALL(a_second_close), CALL(a_range),    CALL(a_fork),
};

static ucontext_t here, there;
static void (*to_make)(void);

static void enter(void) { to_make(); }

/* On a stack of its own, of so many bytes right above `stack`: how many of them it touched. */
static size_t make_on(char *stack, size_t size, void (*make)(void))
{
	size_t untouched = 0;

	memset(stack, 0x5a, size);
	getcontext(&there);
	there.uc_stack = (stack_t){.ss_sp = stack, .ss_size = size};
	there.uc_link = &here;
	to_make = make;
	makecontext(&there, enter, 0);
	swapcontext(&here, &there);
	while (untouched < size && stack[untouched] == 0x5a)
		untouched++;
	return size - untouched;
}

static void make_all(size_t size)
{
	char *stack = mmap(NULL, 4096 + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(stack != MAP_FAILED && mprotect(stack, 4096, PROT_NONE) == 0);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		size_t used = make_on(stack + 4096, size, calls[i].make);

		if (all)
			printf("%s %zu\n", calls[i].name, used);
	}
}

static sigjmp_buf out;

static void on_overflow(int number)
{
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	siglongjmp(out, number);
}

static __attribute__((noinline)) int run_over(volatile int n)
{
	volatile char room[256];

	room[n % 256] = (char)n;
	close(-1 - n % 100); /* some of the way into the shim and back */
	return n < 0 ? 0 : run_over(n + 1) + room[n % 256];
}

int main(int argc, char **argv)
{
	const char *scene = argc > 1 ? argv[1] : "small";

	all = !strcmp(scene, "used");
	if (strcmp(scene, "overflow") != 0) {
		make_all(all ? 65536 : 8192);
		printf("all went well\n");
		return 0;
	}
	MUST(sigaltstack(&(stack_t){.ss_sp = malloc(32768), .ss_size = 32768}, NULL));
	MUST(sigaction(SIGSEGV, &(struct sigaction){.sa_handler = on_overflow, .sa_flags = SA_ONSTACK}, NULL));
	MUST(setrlimit(RLIMIT_STACK, &(struct rlimit){262144, RLIM_INFINITY}));
	for (volatile int i = 0; i < 20; i++)
		if (!sigsetjmp(out, 1))
			run_over(i);
	printf("the next number is %d\n", MUST(socket(AF_INET, SOCK_STREAM, 0)));
	return 0;
}
