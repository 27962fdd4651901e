/* 64-bit ARM: see arch.h; syscall(2), vdso(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ARCH_AARCH64_H
#define SHIM_ARCH_AARCH64_H

#define ARCH_SYSCALL
static inline long arch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

#define ARCH_JUMP_SLOT R_AARCH64_JUMP_SLOT
#define ARCH_GLOB_DAT R_AARCH64_GLOB_DAT

#define ARCH_CLOCK "__kernel_clock_gettime"
#define ARCH_VECTOR "w"

#endif
