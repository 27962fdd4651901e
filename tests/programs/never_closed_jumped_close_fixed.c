/* A signal handler jumps out of close() before the kernel has heard of it, and the program closes the descriptor once more.
 * Expect: silent
 * Sockets: 1
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <setjmp.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum { CLOSE_AFTERWARDS = 1 };

static volatile int fd;

#if defined(__x86_64__)
static sigjmp_buf back;

/* After each instruction: jumps before the one that would close fd. */
static void stepped(int number, siginfo_t *info, void *context)
{
	const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	const unsigned char *next = (const unsigned char *)registers[REG_RIP];

	(void)number;
	(void)info;
	if (registers[REG_RAX] == SYS_close && registers[REG_RDI] == fd && next[0] == 0x0f && next[1] == 0x05)
		siglongjmp(back, 1);
}

static void jump_out_of_close(void)
{
	struct sigaction action = {.sa_sigaction = stepped, .sa_flags = SA_SIGINFO};

	MUST(sigaction(SIGTRAP, &action, NULL));
	if (sigsetjmp(back, 1))
		return;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq" ::: "memory", "cc"); /* the trap flag */
	close(fd);
	EXPECT(!"closed");
}
#else
static void *cancelled(void *arg)
{
	pthread_cancel(pthread_self());
	close(fd);
	return arg;
}

static void jump_out_of_close(void)
{
	pthread_t thread;

	EXPECT(!pthread_create(&thread, NULL, cancelled, NULL) && !pthread_join(thread, NULL));
}
#endif

int main(void)
{
	fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	jump_out_of_close();
	EXPECT(fcntl(fd, F_GETFD) >= 0);
	if (CLOSE_AFTERWARDS)
		close(fd);
	return 0;
}
