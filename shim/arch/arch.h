/* What the shim knows about the machine it is compiled for. Each architecture has a header; generic.h has fallbacks for the rest, which are
 * correct everywhere.
 *
 * A new architecture is a header and a row below. It may define any of these; generic.h defines the others:
 *
 *   ARCH_SYSCALL  arch_syscall(): a system call without libc
 *   ARCH_PAGE     the largest size of its pages
 *   ARCH_CLOCK    the name of clock_gettime(2) in the vDSO
 *   ARCH_FRAMES   where the caller's frame is, so that walks up the stack can be remembered
 *   ARCH_JAVA_AT  where a Java VM's interpreter keeps its current instruction
 *   ARCH_JUMP     arch_jump(): the target of a jump
 *   ARCH_JUMP_SLOT, ARCH_GLOB_DAT  the relocations by which imports are bound
 *   ARCH_JUMP_BEHIND(name, first, then)  a function of up to three arguments that calls `first` and jumps to where the pointer `then` leads
 *   ARCH_VFORK    a real vfork(2)
 *   ARCH_VECTOR   the constraint, in inline assembly, of a register of 16 bytes
 *
 * -DSOCKSAN_GENERIC_ARCH builds a shim for none of them, so that the fallbacks can be tested on any machine: `bazel test --config=generic`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ARCH_H
#define SHIM_ARCH_H

#if defined(SOCKSAN_GENERIC_ARCH)
#elif defined(__x86_64__)
#include "shim/arch/x86_64.h"
#elif defined(__aarch64__)
#include "shim/arch/aarch64.h"
#endif

#include "shim/arch/generic.h"

#endif
