/* Node.js as a tenant, inside: see lang.h. A program has an isolate for each of its threads that run JavaScript, and each thread here a
 * record of its own.
 *
 * node.c answers lang.c's questions; node_text.c asks V8 for frames; node_cause.c remembers what sockets are made for that libuv makes
 * later than the program asked for them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_NODE_H
#define SHIM_NODE_H

#include "shim/lang/lang.h"
#include "shim/lang/node_v8.h"

enum { KEPT_METHODS = 16 }; /* of Node's handles */

/* Frames as text: "file:line:column function" each, with its NUL, innermost first. Never given back. */
struct text {
	uint64_t hash;
	uint32_t id, len;
	bool outside; /* one of them is none of Node's own */
	bool retries; /* one of them is of Node's, which tries one address after the other */
	char frames[];
};
const struct text *text_at(uint32_t id); /* NULL: none */

/* The addresses in JavaScript of the calls on this thread's stack, as the profiler has them: without asking the heap, in signal handlers
 * too. They stay those of the same lines until V8 collects. */
struct calls {
	unsigned n;
	void *pc[DEPTH];
};

/* A server that looks for its address: in which run of the program's code it began, by the number that Node gave that, and the number of the
 * request to look for it; 0: there is none, yet. */
struct begun {
	int64_t run, request;
	const struct text *text;
};

struct js {
	isolate *isolate;
	enum { UNTRIED, SERVED, LEFT } state;
	int pid;
	bool sound;	/* arguments of a callback are where they are looked for */
	int collecting; /* V8 is in its collector, and must not be asked */
	uint64_t epoch; /* of the collector: what it moved has another address */

	local methods[KEPT_METHODS], handlers; /* as node_cause.c numbers them */
	struct now {			       /* what the call at hand to one of them is for */
		uint32_t cause;		       /* a text; 0: not known, or the calls on the stack tell */
		uint32_t listener;	       /* the number of the listener that it makes; 0: none */
	} now;
	struct begun begun[32];
	unsigned n_begun;

	struct server { /* by the number that Node gave it: what it makes is accepted */
		int64_t id;
		uint32_t listener; /* 0: no more could be kept */
	} servers[64];

	struct memo { /* texts by the key of their calls */
		uint64_t key;
		const struct text *text;
	} memo[512];
	struct origin { /* causes by the number that Node gave what was made */
		int64_t id;
		uint32_t cause;
	} origins[4096];
};

/* That of this thread, for the isolate that it is in; NULL: there is none. */
extern __thread struct js *js_here;

void js_sample(isolate *, struct calls *, unsigned max);
uint64_t js_key(const struct js *, const struct calls *);

/* Whether V8 may be asked for what allocates in its heap. */
bool js_may_ask(const struct js *);

/* The text of the frames that the thread has now; NULL: V8 cannot be asked, or there is no room. */
const struct text *js_text(struct js *, const struct calls *);

/* The place of a function, as the text of a frame; NULL: it is none of the program's. */
const struct text *js_text_of_function(struct js *, local function);

/* Begins to remember, in an isolate whose JavaScript is calling, by running some there. */
void js_install(isolate *);

/* Where a listener was made and what takes the connections that it accepts: texts, 0 where there is none. */
struct listener {
	uint32_t cause, handler;
};
struct listener js_listener(uint32_t number);

/* The number of the listener whose socket is made now; 0: it is none. */
uint32_t node_cause(void);

#endif
