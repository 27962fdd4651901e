/* The frames of Java on the calling thread. They are read in place while the thread is in native code: the VM is not asked, so nothing of it is
 * entered, waited for or allocated, whatever state it is in. As long as a thread is in native code, its frames, their methods and the code that
 * these were compiled to stay where they are, whatever a collector or the end of the VM does meanwhile. No errno; safe in signal handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_JAVA_STACK_H
#define SHIM_JAVA_STACK_H

#include "shim/lang/hotspot.h"
#include "shim/lang/lang.h"

#include <stdbool.h>
#include <stdint.h>

/* The VM of this process. */
extern struct hotspot vm __attribute__((visibility("hidden")));

/* A frame of Java; several of them may be one of the machine, as compilers put methods into others. */
struct java_frame {
	const char *method;
	int bytecode; /* -1: not known, or of a native method */
};
struct java_frames {
	unsigned n;
	bool cut; /* there are more, which could not be reached, or for which there was no room */
	struct java_frame list[DEPTH];
};

/* Tells stacks apart; 0 where the thread has no frames of Java now, or must not be looked at: in the VM, where a signal found it. */
uint64_t java_key(void);

/* The frames, innermost first. */
void java_walk(struct java_frames *);

/* A number as the VM packs it, and on to what follows. */
uint32_t java_packed(const unsigned char **);

static inline const char *java_pool(const char *method)
{
	return POINTER(POINTER(method, vm.method_const), vm.constants);
}
static inline const char *java_class(const char *method) { return POINTER(java_pool(method), vm.holder); }

#endif
