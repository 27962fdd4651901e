/* The interface between `socksan attach` and the shim in a running process. The names of the three functions end in its
 * version.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MODEL_ATTACH_H
#define SHIM_MODEL_ATTACH_H

#include <stdint.h>

/* The values of socksan_attached_1: the shim's state in a process. */
enum attached {
	ATTACHED_NOT,	   /* loaded, but idle: not attached yet, or detached */
	ATTACHED_AT_START, /* preloaded, until the process ends */
	ATTACHED_NOW,
};

/* The result of socksan_attach_1(options, reply), socksan_adopt_1(reply) or socksan_detach_1(reply). */
enum attach_result {
	ATTACH_DONE,
	ATTACH_NOT_NOW,	 /* not in the state it must be in: see enum attached */
	ATTACH_NO_CALLS, /* no loaded object imports a function that the shim hooks */
	ATTACH_NO_TRACE, /* the trace file cannot be made */
	ATTACH_BUSY,	 /* another thread is loading objects */
	ATTACH_TAKEN,	 /* another thread is attaching or detaching */
};

/* Lies on the stack of the thread taken for the call. When a function is done, it sets `done` to 1 and waits for
 * ATTACH_PARKED_MS until the thread is taken back. If that does not happen, it sets `done` to 2 and returns. */
struct attach_reply {
	uint32_t done;
	uint32_t result;  /* enum attach_result */
	uint32_t adopted; /* judged descriptors that were open before */
	uint32_t slots;	  /* imports redirected to the shim */
	uint32_t more;	  /* not 0: more is open; call socksan_adopt_1(reply) until this is 0 */
};

/* How long the functions wait, in ms. */
#define ATTACH_PARKED_MS 250

#endif
