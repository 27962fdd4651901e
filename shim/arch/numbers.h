/* System calls that newer architectures have not, by the number -1: open, poll and the like, which others of theirs do.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ARCH_NUMBERS_H
#define SHIM_ARCH_NUMBERS_H

#include <sys/syscall.h>

#ifndef SYS_dup2
#define SYS_dup2 -1
#endif
#ifndef SYS_fork
#define SYS_fork -1
#endif
#ifndef SYS_poll
#define SYS_poll -1
#endif
#ifndef SYS_select
#define SYS_select -1
#endif

#endif
