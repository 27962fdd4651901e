/* What the wait family reports of children that exit, are killed or stop, and of none. The output under the shim must be the one without it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/mman.h>
#include <sys/resource.h>

static void *nowhere; /* an address that the kernel refuses */

static pid_t child(int signal)
{
	pid_t pid = MUST(fork());

	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		if (signal)
			raise(signal);
		_exit(3);
	}
	return pid;
}

static void told(const char *what, long ret, pid_t pid, int status)
{
	dprintf(1, "%s: %s %x %s\n", what,
		ret == pid && ret > 0 ? "the child"
		: ret == 0	      ? "0"
				      : "-1",
		(unsigned)status, errno == 12345 ? "" : strerrorname_np(errno));
}

#define TRY(call)                                \
	do {                                     \
		int status = 0x5a5a;             \
		struct rusage usage;             \
		pid_t pid = child(signals[i]);   \
		errno = 12345;                   \
		long ret = (call);               \
		told(#call, ret, pid, status);   \
		(void)usage;                     \
		kill(pid, SIGKILL);              \
		while (waitpid(-1, NULL, 0) > 0) \
			;                        \
	} while (0)

#define TRY_ID(type, id, info, flags)                                                      \
	do {                                                                               \
		siginfo_t said = {.si_pid = 0};                                            \
		pid_t pid = child(signals[i]);                                             \
		errno = 12345;                                                             \
		long ret = waitid(type, (id_t)(id), info, flags);                          \
		told("waitid(" #type ", " #info ", " #flags ")", ret, -1, said.si_status); \
		dprintf(1, "%d %d\n", said.si_code, said.si_pid == pid);                   \
		kill(pid, SIGKILL);                                                        \
		while (waitpid(-1, NULL, 0) > 0)                                           \
			;                                                                  \
	} while (0)

int main(void)
{
	static const int signals[] = {0, SIGTERM, SIGSEGV, SIGSTOP};

	nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++) {
		if (signals[i] != SIGSTOP) {
			TRY(wait(&status));
			TRY(wait(NULL));
			TRY(wait(nowhere));
			TRY(wait4(pid, NULL, 0, NULL));
			TRY_ID(P_ALL, 0, NULL, WEXITED);
			TRY_ID(P_PID, pid, nowhere, WEXITED);
			TRY_ID(P_PID, pid, &said, WEXITED | WNOWAIT);
		}
		TRY(waitpid(pid, &status, WUNTRACED));
		TRY(waitpid(1, &status, 0));
		TRY(wait3(&status, WUNTRACED, &usage));
		TRY(wait4(pid, &status, WUNTRACED, nowhere));
		TRY(wait4(-1, &status, WUNTRACED, &usage));
		TRY_ID(P_PID, pid, &said, WEXITED | WSTOPPED);
		TRY_ID(P_PID, pid, &said, 0);
		TRY_ID(P_PID, 1, &said, WEXITED | WNOHANG);
	}
	return 0;
}
