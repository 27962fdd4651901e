/* The shim's view of this process: see self.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/self.h"

#include "shim/kernel/sys.h"

struct process process;
int process_living[ARCH_PAGE / sizeof(int)] __attribute__((aligned(ARCH_PAGE)));

bool self_is_child(void) { return sys0(SYS_getpid) != process.pid; }
