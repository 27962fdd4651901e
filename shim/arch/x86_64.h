/* x86-64: see arch.h; syscall(2), the System V psABI.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ARCH_X86_64_H
#define SHIM_ARCH_X86_64_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ARCH_SYSCALL
static inline long arch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define ARCH_PAGE 4096
#define ARCH_CLOCK "__vdso_clock_gettime"
#define ARCH_VECTOR "x"

/* A call pushes its return address right below the caller's frame. A function with a frame pointer pushes the caller's below that.
 * Registers go by their DWARF numbers. */
#define ARCH_FRAMES 1
enum { ARCH_FRAME_POINTER = 6, ARCH_STACK_POINTER = 7, ARCH_RETURN = 16 };
enum { ARCH_SLOTS = 6 };
static inline int arch_slot(int reg)
{
	return reg == 3 ? 0 : reg == ARCH_FRAME_POINTER ? 1 : reg >= 12 && reg <= 15 ? reg - 10 : -1;
}
static inline bool arch_keeps(int reg) { return arch_slot(reg) >= 0; }
static inline uintptr_t arch_cfa(uintptr_t frame) { return frame + 2 * sizeof frame; }

/* frame_x86.hpp of the JDK, 11 to 25. */
#define ARCH_JAVA_AT (-8)
enum { ARCH_JAVA_SP = -1, ARCH_JAVA_METHOD = -3 };

#define ARCH_JUMP 5
static inline uintptr_t arch_jump(const unsigned char *at)
{
	int32_t distance;
	memcpy(&distance, at + 1, sizeof distance);
	return *at == 0xe9 ? (uintptr_t)at + ARCH_JUMP + (uintptr_t)(int64_t)distance : 0;
}

#define ARCH_JUMP_SLOT R_X86_64_JUMP_SLOT
#define ARCH_GLOB_DAT R_X86_64_GLOB_DAT

#define ARCH_JUMP_BEHIND(name, first, then)              \
	__asm__(".pushsection .text\n"                   \
		".type " name ", @function\n" name ":\n" \
		".cfi_startproc\n"                       \
		"	pushq %rdi\n"                          \
		".cfi_adjust_cfa_offset 8\n"             \
		"	pushq %rsi\n"                          \
		".cfi_adjust_cfa_offset 8\n"             \
		"	pushq %rdx\n"                          \
		".cfi_adjust_cfa_offset 8\n"             \
		"	call " first "\n"                \
		"	popq %rdx\n"                           \
		".cfi_adjust_cfa_offset -8\n"            \
		"	popq %rsi\n"                           \
		".cfi_adjust_cfa_offset -8\n"            \
		"	popq %rdi\n"                           \
		".cfi_adjust_cfa_offset -8\n"            \
		"	jmp *" then "(%rip)\n"           \
		".cfi_endproc\n"                         \
		".size " name ", . - " name "\n"         \
		".popsection\n")

/* vfork returns twice from one frame, so its return address must not stay on the stack, which the child uses in between. It is kept in rdi,
 * which the kernel preserves, as it does esi and rdx, the result of vfork_give. 58 is SYS_vfork. */
#define ARCH_VFORK                            \
	__asm__(".pushsection .text\n"        \
		".globl vfork\n"              \
		".type vfork, @function\n"    \
		"vfork:\n"                    \
		".cfi_startproc\n"            \
		"	subq $8, %rsp\n"            \
		".cfi_adjust_cfa_offset 8\n"  \
		"	call vfork_give\n"          \
		"	addq $8, %rsp\n"            \
		".cfi_adjust_cfa_offset -8\n" \
		"	popq %rdi\n"                \
		".cfi_adjust_cfa_offset -8\n" \
		".cfi_register rip, rdi\n"    \
		"	movl %eax, %esi\n"          \
		"	movl $58, %eax\n"           \
		"	syscall\n"                  \
		"	pushq %rdi\n"               \
		".cfi_adjust_cfa_offset 8\n"  \
		".cfi_rel_offset rip, 0\n"    \
		"	testq %rax, %rax\n"         \
		"	jz 1f\n"                    \
		"	movq %rax, %rdi\n"          \
		"	jmp vfork_parent\n"         \
		"1:	subq $8, %rsp\n"          \
		".cfi_adjust_cfa_offset 8\n"  \
		"	call vfork_child\n"         \
		"	addq $8, %rsp\n"            \
		".cfi_adjust_cfa_offset -8\n" \
		"	xorl %eax, %eax\n"          \
		"	ret\n"                      \
		".cfi_endproc\n"              \
		".size vfork, . - vfork\n"    \
		".popsection\n")

#endif
