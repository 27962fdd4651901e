/* x86-64: see machine.h; ptrace(2), the System V psABI, arch/x86/kernel/signal_64.c of Linux.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/attach/machine.h"

#ifdef __x86_64__

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/uio.h>

#include "analyzer/attach/remote.h"

const struct machine_code machine_code = {
	.call = "\x0f\x05\xc3", /* syscall; ret */
	.call_size = 3,
	.sigreturn = "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05", /* mov $15, %rax; syscall */
	.sigreturn_size = 9,
	.argument = "\x5f\xc3", /* pop %rdi; ret */
	.argument_size = 2,
};

enum { SYSCALL_SIZE = 2 };

/* The kernel's results for a call that it will restart: see its include/linux/errno.h. */
enum { ERESTARTSYS_ = 512, ERESTARTNOINTR_ = 513, ERESTARTNOHAND_ = 514, ERESTART_RESTARTBLOCK_ = 516 };

/* restart_syscall(2) resumes a wait whose arguments are still in the registers. Where its number is: in the code, or, from glibc 2.41 on, in
 * the frame of __internal_syscall_cancel(), which makes the call itself or has __syscall_cancel_arch() make it. */
enum { WAIT_CODE = 5 + SYSCALL_SIZE };
static const unsigned char constant[] = {0xb8},				     /* mov $NUMBER, %eax */
	cancel[WAIT_CODE] = {0x48, 0x8b, 0x44, 0x24, 0x10, 0x0f, 0x05},	     /* mov 16(%rsp), %rax; syscall */
	cancel_arch[WAIT_CODE] = {0x4c, 0x89, 0x5c, 0x24, 0x08, 0x0f, 0x05}; /* mov %r11, 8(%rsp); syscall */

static long find_wait(const struct user_regs_struct *r, pid_t tid)
{
	unsigned char code[WAIT_CODE];
	int32_t number = -1;
	bool known = false;
	if (r->orig_rax != SYS_restart_syscall || !remote_read(tid, r->rip - sizeof code, code, sizeof code))
		return -1;
	if (code[0] == constant[0])
		known = memcpy(&number, code + sizeof constant, sizeof number);
	else if (memcmp(code, cancel, sizeof code) == 0)
		known = remote_read(tid, r->rsp + 16, &number, sizeof number);
	else if (memcmp(code, cancel_arch, sizeof code) == 0)
		known = remote_read(tid, r->rsp + 40, &number, sizeof number);
	bool waits =
		number == SYS_poll || number == SYS_nanosleep || number == SYS_clock_nanosleep || number == SYS_futex;
	return known && waits ? number : -1;
}

bool machine_save(struct machine *m, pid_t tid)
{
	struct iovec extended = {m->extended, sizeof m->extended};
	if (ptrace(PTRACE_GETREGS, tid, NULL, &m->regs) != 0 ||
	    ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &extended) != 0)
		return false;
	m->extended_size = extended.iov_len;
	m->wait = find_wait(&m->regs, tid);
	return true;
}

long machine_call(const struct machine *m) { return (long)m->regs.orig_rax; }
uint64_t machine_argument(const struct machine *m, int n) { return n == 0 ? m->regs.rdi : m->regs.rsi; }
uint64_t machine_pc(const struct machine *m) { return m->regs.rip; }
uint64_t machine_sp(const struct machine *m) { return m->regs.rsp; }
uint64_t machine_thread(const struct machine *m) { return m->regs.fs_base; }

void machine_rewind(struct machine *m)
{
	m->regs.rax = m->regs.orig_rax;
	m->regs.rip -= SYSCALL_SIZE;
	m->regs.orig_rax = (unsigned long long)-1;
}

bool machine_is_interrupted(const struct machine *m)
{
	long call = machine_call(m);
	return (long)m->regs.rax == -EINTR &&
	       (call == SYS_epoll_wait || call == SYS_epoll_pwait || call == SYS_epoll_pwait2);
}

uint64_t machine_frame(const struct machine *m, char *image, uint64_t at, const struct machine_places *places,
		       uint64_t mask, int signal, uint64_t *raising, uint64_t *mark)
{
	struct user_regs_struct r = m->regs;
	long result = (long)r.rax;
	struct frame {
		uint64_t even, argument, signal, raise; /* the first so that stacks are aligned */
		uint64_t call, sigreturn;
		/* The kernel's layout, with a shorter uc_sigmask. */
		ucontext_t context;
	} *frame = (void *)(image + 8);
	char *fpu = image + 64 + sizeof *frame;

	_Static_assert(64 + sizeof *frame + 64 + 512 <= MACHINE_FRAME, "there is room");
	memset(image, 0, MACHINE_FRAME);
	/* A wait that would resume for the time that is left starts over, since sigreturn forgets that time; so does one that was already
	 * resumed, if its call is known. */
	bool again = (result <= -ERESTARTSYS_ && result >= -ERESTARTNOHAND_) || result == -ERESTART_RESTARTBLOCK_;
	long call = r.orig_rax == SYS_restart_syscall ? m->wait : (long)r.orig_rax;
	if (again && call >= 0) {
		r.rax = (unsigned long long)call;
		r.rip -= SYSCALL_SIZE;
	} else if (again && r.orig_rax == SYS_restart_syscall) {
		r.rax = (unsigned long long)-EINTR;
	}
	fpu += -(uintptr_t)(at + (uint64_t)(fpu - image)) % 64;
	memcpy(fpu, m->extended, 512);
	memset(fpu + 464, 0, 48); /* only the first 512 bytes: a call may change everything else */
	*mark = places->argument + 1;
	*frame = (struct frame){.even = places->argument + 1,
				.argument = places->argument,
				.signal = (uint64_t)signal,
				.raise = places->raise,
				.call = places->call,
				.sigreturn = places->sigreturn};
	greg_t *g = frame->context.uc_mcontext.gregs;
	g[REG_R8] = (greg_t)r.r8, g[REG_R9] = (greg_t)r.r9, g[REG_R10] = (greg_t)r.r10, g[REG_R11] = (greg_t)r.r11;
	g[REG_R12] = (greg_t)r.r12, g[REG_R13] = (greg_t)r.r13, g[REG_R14] = (greg_t)r.r14, g[REG_R15] = (greg_t)r.r15;
	g[REG_RDI] = (greg_t)r.rdi, g[REG_RSI] = (greg_t)r.rsi, g[REG_RBP] = (greg_t)r.rbp, g[REG_RBX] = (greg_t)r.rbx;
	g[REG_RDX] = (greg_t)r.rdx, g[REG_RAX] = (greg_t)r.rax, g[REG_RCX] = (greg_t)r.rcx, g[REG_RSP] = (greg_t)r.rsp;
	g[REG_RIP] = (greg_t)r.rip, g[REG_EFL] = (greg_t)r.eflags;
	g[REG_CSGSFS] = (greg_t)(r.cs | r.ss << 48);
	frame->context.uc_flags = 6;	       /* it contains the stack segment, which must be right */
	frame->context.uc_stack.ss_flags = 64; /* invalid: the alternative stack does not change */
	memcpy(&frame->context.uc_sigmask, &mask, sizeof mask);
	frame->context.uc_mcontext.fpregs = (void *)(uintptr_t)(at + (uint64_t)(fpu - image));
	*raising = at + 8;
	return at + 8 + offsetof(struct frame, call);
}

bool machine_go(const struct machine *m, pid_t tid, uint64_t sp, uint64_t function, uint64_t a, uint64_t b)
{
	struct user_regs_struct r = m->regs;
	r.orig_rax = (unsigned long long)-1;
	r.rax = 0; /* no arguments in vector registers */
	r.rip = function;
	r.rsp = sp;
	r.rbp = 0;
	r.rdi = a;
	r.rsi = b;
	r.eflags &= ~0x400ull; /* the direction flag */
	return ptrace(PTRACE_SETREGS, tid, NULL, &r) == 0;
}

bool machine_returned(pid_t tid, uint64_t call, uint64_t sp, uint64_t *result)
{
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, tid, NULL, &r) != 0 || r.rip != call + SYSCALL_SIZE || r.rsp != sp + 8)
		return false;
	*result = r.orig_rax;
	return true;
}

bool machine_skip(pid_t tid)
{
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, tid, NULL, &r) != 0)
		return false;
	r.orig_rax = (unsigned long long)-1;
	return ptrace(PTRACE_SETREGS, tid, NULL, &r) == 0;
}

bool machine_restore(const struct machine *m, pid_t tid)
{
	struct iovec extended = {(void *)m->extended, m->extended_size};
	bool fpu = ptrace(PTRACE_SETREGSET, tid, NT_X86_XSTATE, &extended) == 0;
	return ptrace(PTRACE_SETREGS, tid, NULL, &m->regs) == 0 && fpu;
}

#endif
