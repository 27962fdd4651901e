/* The registers of a stopped thread: how they are kept, how a call is put into it, and how it goes back to where it was. A file per machine.
 *
 * A call is put below what the thread has on its stack as the kernel puts a signal handler there: with a frame from which sigreturn(2)
 * restores all registers. When socksan is killed amid it, the thread so goes back by itself.
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

#define MACHINE_FRAME 2048 /* bytes: what machine_frame() writes is less */

/* What calls return into, in the host's libc: a system call of the number that the function returned, and a return; then sigreturn(2). A call
 * that makes many system calls of its own takes another way back, so that it need not be stopped at each: raise(3), with an argument off the
 * stack, and from there to sigreturn(2). */
struct machine_code {
	const void *call, *sigreturn, *argument;
	size_t call_size, sigreturn_size, argument_size;
};

struct machine_places {
	uint64_t call, sigreturn, argument, raise;
};
extern const struct machine_code machine_code; /* .call NULL: this machine is not known */

struct machine {
#ifdef __x86_64__
	struct user_regs_struct regs;
	char extended[16384]; /* of the floating point unit and others, as large as the kernel has it */
	size_t extended_size;
	long wait; /* in restart_syscall(2): the call that it goes on with, or -1 */
#else
	int unused;
#endif
};

/* Of a thread that is stopped. False, errno says why. */
bool machine_save(struct machine *m, pid_t tid);

/* The system call that it is in or has just left, or -1, its first two arguments, and where it and its stack are. */
long machine_call(const struct machine *m);
uint64_t machine_argument(const struct machine *m, int n);
uint64_t machine_pc(const struct machine *m);
uint64_t machine_sp(const struct machine *m);
uint64_t machine_thread(const struct machine *m); /* what its thread-local storage lies by */

/* Saved before a system call began: it is made when the thread goes on. */
void machine_rewind(struct machine *m);

/* Saved in a system call that fails with EINTR for a stop alone, as it would for a signal: epoll_wait(2) and others. */
bool machine_is_interrupted(const struct machine *m);

/* In `image` of MACHINE_FRAME bytes, which is to lie at `at`, a multiple of 64: the frame of calls. The address that a function's stack pointer
 * has. `raising`: the same for one that ends in raise(signal), before which what lies at the former is to be `*mark`. */
uint64_t machine_frame(const struct machine *m, char *image, uint64_t at, const struct machine_places *places,
		       uint64_t mask, int signal, uint64_t *raising, uint64_t *mark);

/* The thread calls a function as soon as it goes on. */
bool machine_go(const struct machine *m, pid_t tid, uint64_t sp, uint64_t function, uint64_t a, uint64_t b);

/* Whether it has come to the system call at `call`: what the function returned. */
bool machine_returned(pid_t tid, uint64_t call, uint64_t sp, uint64_t *result);

/* That system call is not made. */
bool machine_skip(pid_t tid);

/* All registers as they were. */
bool machine_restore(const struct machine *m, pid_t tid);

#endif
