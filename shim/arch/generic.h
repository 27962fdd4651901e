/* Fallbacks for what an architecture's header did not define: see arch.h. Correct wherever pointers have 64 bits, the stack grows down and
 * clone(2) takes its flags first.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ARCH_GENERIC_H
#define SHIM_ARCH_GENERIC_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the result, or -errno. Does not set errno and is no cancellation point. This one goes through libc's syscall(2), not the hook of
 * that name. */
#ifndef ARCH_SYSCALL
#define ARCH_SYSCALL_BY_LIBC
long arch_syscall(long n, long a, long b, long c, long d, long e, long f);
#endif

/* The largest size of pages. */
#ifndef ARCH_PAGE
#define ARCH_PAGE 65536
#endif

/* "": use libc's clock_gettime. */
#ifndef ARCH_CLOCK
#define ARCH_CLOCK ""
#endif

/* 0: the unwinder walks each stack, and no walk is remembered. Otherwise defines: the DWARF numbers of the registers that locate frames;
 * which registers a function preserves, each with a slot of its own (-1: none); and how to get a caller's canonical frame address from its
 * callee's __builtin_frame_address, where the caller's frame pointer is saved. A return address must lie right below that address. */
#ifndef ARCH_FRAMES
#define ARCH_FRAMES 0
enum { ARCH_FRAME_POINTER = -2, ARCH_STACK_POINTER = -3, ARCH_RETURN = -4 };
enum { ARCH_SLOTS = 1 };
static inline int arch_slot(int reg) { return -(reg != ARCH_FRAME_POINTER); }
static inline bool arch_keeps(int reg) { return reg < 0; }
static inline uintptr_t arch_cfa(uintptr_t frame) { return frame; }
#endif

/* Offsets, in words from the frame pointer of a frame of HotSpot's interpreter: the current instruction (0: unknown), the caller's stack
 * pointer, and the method. The return address, with the caller's frame pointer below it, must lie right below a caller's frame. */
#ifndef ARCH_JAVA_AT
#define ARCH_JAVA_AT 0
enum { ARCH_JAVA_SP, ARCH_JAVA_METHOD };
#endif

/* The target of the plain jump in the ARCH_JUMP bytes from `at` on, or 0 if there is none. */
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

/* Memory will do. */
#ifndef ARCH_VECTOR
#define ARCH_VECTOR "m"
#endif

/* Defines vfork. It expands in hooks/process.c, after the functions it uses. This child has memory of its own while its parent waits, so
 * nothing it returns to can be overwritten. Otherwise it is treated as elsewhere: it is not recorded before it execs. */
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
