/* What the shim knows of the machine that it is compiled for. A header per architecture says what is known there; generic.h says the rest,
 * in a way that is correct on all of them.
 *
 * A new architecture is a header and a row below. It may define any of these, and leaves the others to generic.h:
 *
 *   ARCH_SYSCALL  arch_syscall(): a system call without libc
 *   ARCH_CLOCK    the name of clock_gettime(2) in the vDSO
 *   ARCH_FRAMES   where the caller's frame lies, so that walks up the stack are remembered
 *   ARCH_JAVA_AT  where a Java VM's interpreter keeps what it is at
 *   ARCH_JUMP     arch_jump(): where a jump leads
 *   ARCH_JUMP_SLOT, ARCH_GLOB_DAT  the relocations by which imports are bound
 *   ARCH_JUMP_BEHIND(name, first, then)  a function of up to three arguments that calls `first` and jumps to where the pointer `then` leads
 *   ARCH_VFORK    vfork(2) as such
 *
 * -DSOCKSAN_GENERIC_ARCH builds a shim that knows of none, so that the rest is tested on any machine: `bazel test --config=generic`.
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
