/* The registers of a stopped thread: how to save them, make the thread call a function, and return it to where it was. One file per machine.
 *
 * The frame of a call is put below what the thread has on its stack, as the kernel does for a signal handler: sigreturn(2) restores all
 * registers from it. So if socksan is killed in the middle, the thread returns by itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_MACHINE_H
#define SOCKSAN_ANALYZER_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#define MACHINE_FRAME 2048 /* bytes: the most that machine_frame() writes */

/* Code in the host's libc to which calls return: a system call, whose number is the function's result, and a return; then sigreturn(2). A
 * function that makes many system calls returns another way, so that it need not be stopped at each of them: through raise(3), with an
 * argument popped off the stack, and from there to sigreturn(2). */
struct machine_code {
	const void *call, *sigreturn, *argument;
	size_t call_size, sigreturn_size, argument_size;
};

struct machine_places {
	uint64_t call, sigreturn, argument, raise;
};
extern const struct machine_code machine_code; /* .call is NULL if this machine is not supported */

struct machine {
#ifdef __x86_64__
	struct user_regs_struct regs;
	char extended[16384]; /* the state of the floating point unit and others, as large as the kernel makes it */
	size_t extended_size;
	long wait; /* in restart_syscall(2): the call that it resumes, or -1 */
#else
	int unused;
#endif
};

/* Saves the registers of a stopped thread. False: errno says why. */
bool machine_save(struct machine *m, pid_t tid);

/* The system call that the thread is in or has just left, or -1; its first two arguments; and its program counter and stack pointer. */
long machine_call(const struct machine *m);
uint64_t machine_argument(const struct machine *m, int n);
uint64_t machine_pc(const struct machine *m);
uint64_t machine_sp(const struct machine *m);
uint64_t machine_thread(const struct machine *m); /* the address of its thread-local storage */

/* For registers saved before a system call began: the thread makes the call when it continues. */
void machine_rewind(struct machine *m);

/* Whether they were saved in a system call, such as epoll_wait(2), that fails with EINTR because of the stop alone, as it would for a
 * signal. */
bool machine_is_interrupted(const struct machine *m);

/* Writes the frame of calls into `image` of MACHINE_FRAME bytes, to be placed at `at`, a multiple of 64. Returns the stack pointer for a
 * function. `raising`: the same for a function that returns through raise(signal); before that, `*mark` is to be stored at the former
 * address. */
uint64_t machine_frame(const struct machine *m, char *image, uint64_t at, const struct machine_places *places,
		       uint64_t mask, int signal, uint64_t *raising, uint64_t *mark);

/* Makes the thread call a function as soon as it continues. */
bool machine_go(const struct machine *m, pid_t tid, uint64_t sp, uint64_t function, uint64_t a, uint64_t b);

/* Whether the thread has reached the system call at `call`, and what the function returned. */
bool machine_returned(pid_t tid, uint64_t call, uint64_t sp, uint64_t *result);

/* Skips that system call. */
bool machine_skip(pid_t tid);

/* Restores all registers. */
bool machine_restore(const struct machine *m, pid_t tid);

#endif
