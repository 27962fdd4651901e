/* The Java frames of the calling thread, read in place while the thread is in native code. The VM is not called, so
 * nothing in it is entered, waited for or allocated, whatever its state. While a thread is in native code, its frames,
 * their methods and the methods' compiled code stay where they are, whatever a collector or the end of the VM does. No
 * errno; safe in signal handlers.
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

/* A frame of Java. Several may share one native frame, because compilers inline methods. */
struct java_frame {
	const char *method;
	int bytecode; /* -1: not known, or a native method */
};
struct java_frames {
	unsigned n;
	bool cut; /* there are more frames, which could not be reached or did not fit */
	struct java_frame list[DEPTH];
};

/* Identifies the current stack; 0 if the thread has no frames of Java, or must not be looked at because a signal found
 * it inside the VM. */
uint64_t java_key(void);

/* Stores the frames, innermost first. */
void java_walk(struct java_frames *);

/* Reads a number in the VM's packed format, and moves on past it. */
uint32_t java_packed(const unsigned char **);

static inline const char *java_pool(const char *method)
{
	return POINTER(POINTER(method, vm.method_const), vm.constants);
}
static inline const char *java_class(const char *method) { return POINTER(java_pool(method), vm.holder); }

#endif
