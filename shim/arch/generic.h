/* What an architecture's header did not define: see arch.h. Correct on every one on which pointers have 64 bits, the stack grows down and
 * clone(2) takes its flags first.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ARCH_GENERIC_H
#define SHIM_ARCH_GENERIC_H

#include <stdbool.h>
#include <stdint.h>

/* The result, or -errno. No errno, no cancellation point. Here by libc's syscall(2), not the hook of that name. */
#ifndef ARCH_SYSCALL
#define ARCH_SYSCALL_BY_LIBC
long arch_syscall(long n, long a, long b, long c, long d, long e, long f);
#endif

/* "": the time is libc's. */
#ifndef ARCH_CLOCK
#define ARCH_CLOCK ""
#endif

/* 0: each stack is walked by the unwinder, and no walk is remembered. Else the numbers in DWARF of the registers by which frames lie, which
 * registers a function leaves as they were, each with a slot of its own (-1: none), and a caller's canonical frame address from its callee's
 * __builtin_frame_address, where the caller's frame pointer is kept. A return address has to lie right below that. */
#ifndef ARCH_FRAMES
#define ARCH_FRAMES 0
enum { ARCH_FRAME_POINTER = -2, ARCH_STACK_POINTER = -3, ARCH_RETURN = -4 };
enum { ARCH_SLOTS = 1 };
static inline int arch_slot(int reg) { return -(reg != ARCH_FRAME_POINTER); }
static inline bool arch_keeps(int reg) { return reg < 0; }
static inline uintptr_t arch_cfa(uintptr_t frame) { return frame; }
#endif

/* Words from the frame pointer of a frame of HotSpot's interpreter: the instruction it is at; 0: it is not known where. Its caller's stack
 * pointer; its method. The return address, and the caller's frame pointer below it, have to lie right below the frame of a caller. */
#ifndef ARCH_JAVA_AT
#define ARCH_JAVA_AT 0
enum { ARCH_JAVA_SP, ARCH_JAVA_METHOD };
#endif

/* The target of the plain jump in the ARCH_JUMP bytes from `at` on; 0: they are none. */
#ifndef ARCH_JUMP
#define ARCH_JUMP 1
static inline uintptr_t arch_jump(const unsigned char *at)
{
	(void)at;
	return 0;
}
#endif

/* The relocations of imports, by <elf.h>; none. */
#ifndef ARCH_JUMP_SLOT
#define ARCH_JUMP_SLOT 0xffffffff
#define ARCH_GLOB_DAT 0xffffffff
#endif

/* Defines vfork, from what stands before its use in hooks/process.c. A child on memory of its own, for which its parent waits: what it
 * returns to cannot be overwritten. It is recorded as elsewhere, which is not at all until it execs. */
#ifndef ARCH_VFORK
#define ARCH_VFORK                                                                        \
	pid_t vfork(void)                                                                 \
	{                                                                                 \
		struct vforking given = vfork_give();                                     \
		long pid = arch_syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0, 0); \
		if (pid)                                                                  \
			return vfork_parent(pid, given.vforked, given.t);                 \
		vfork_child();                                                            \
		return 0;                                                                 \
	}
#endif

#endif
