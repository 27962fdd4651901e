/* Puts itself into a seccomp sandbox that kills for any call but a few, by prctl or by syscall, and goes on using sockets from many
 * places. Its argument says which; "late" opens its first socket inside, "leaves" one that it does not close.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { ROUNDS = 2000 };

/* Another stack for each depth, so that the recorder has something new to write. */
__attribute__((noinline)) static void use_socket(int depth)
{
	volatile char frame[16];

	frame[0] = (char)depth;
	if (depth > 0) {
		use_socket(depth - 1);
		frame[1] = frame[0];
		return;
	}
	close(MUST(socket(AF_UNIX, SOCK_STREAM, 0)));
}

int main(int argc, char **argv)
{
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(socket),
		ALLOW(close),
		ALLOW(write),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};

	EXPECT(argc == 2);
	if (strcmp(argv[1], "late") != 0)
		use_socket(0);
	if (strcmp(argv[1], "leaves") == 0)
		MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EFAULT);
	use_socket(1); /* nothing is forbidden yet */
	if (strcmp(argv[1], "syscall") == 0)
		MUST((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
	else
		MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
	for (int i = 0; i < ROUNDS; i++)
		use_socket(i % 20);
	MUST((int)write(1, "done\n", 5));
	_exit(3);
}
