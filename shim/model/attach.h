/* What `socksan attach` and the shim in a process that ran already say to each other. The names of the three end in the version of this.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MODEL_ATTACH_H
#define SHIM_MODEL_ATTACH_H

#include <stdint.h>

/* socksan_attached_1: how the shim is in a process. */
enum attached {
	ATTACHED_NOT,	   /* mapped, but idle: just loaded, or detached */
	ATTACHED_AT_START, /* preloaded, to the end */
	ATTACHED_NOW,
};

/* What came of socksan_attach_1(options, reply), socksan_adopt_1(reply) and socksan_detach_1(reply). */
enum attach_result {
	ATTACH_DONE,
	ATTACH_NOT_NOW,	 /* it is not as it must be: see enum attached */
	ATTACH_NO_CALLS, /* nothing that is loaded imports what the shim watches */
	ATTACH_NO_TRACE, /* the file of the trace cannot be made */
	ATTACH_BUSY,	 /* another thread is loading objects */
	ATTACH_TAKEN,	 /* another thread is being attached by, or detached */
};

/* On the stack of the thread that was taken for the call. The functions wait, for a moment, until the thread is taken back: `done` is 1 then.
 * When nobody does so they return by themselves, and it is 2. */
struct attach_reply {
	uint32_t done;
	uint32_t result;  /* enum attach_result */
	uint32_t adopted; /* descriptors that were open before */
	uint32_t slots;	  /* imports that lead to the shim */
	uint32_t more;	  /* so much is open that socksan_adopt_1(reply) is to be called until this is 0 */
};

/* How long they wait. */
#define ATTACH_PARKED_MS 250

#endif
