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

enum { INNER = 8 }; /* those that a hook of Node's may have beyond what it is a hook of */

/* Frames as text: "file:line:column function" each, with its NUL, innermost first. Never given back. */
struct text {
	uint64_t hash;
	uint32_t id, len;
	bool outside; /* one of them is none of Node's own */
	char frames[];
};
const struct text *text_at(uint32_t id); /* NULL: none */

/* The addresses in JavaScript of the calls on this thread's stack, as the profiler has them: without asking the heap, in signal handlers
 * too. They stay those of the same lines until V8 collects. */
struct calls {
	unsigned n;
	void *pc[DEPTH + INNER];
};

/* What was asked for last, and in which run of the program's code, by the number that Node gave that; 0 is that of many. */
struct asked {
	int64_t run;
	uint32_t cause; /* a text; of a server, the number of its listener */
	bool is_known;	/* by these calls alone, as long as V8 does not collect */
	uint64_t epoch;
	struct calls calls;
};

struct js {
	isolate *isolate;
	enum { UNTRIED, SERVED, LEFT } state;
	int pid;
	bool sound;	/* arguments of a callback are where they are looked for */
	int collecting; /* V8 is in its collector, and must not be asked */
	uint64_t epoch; /* of the collector: what it moved has another address */

	struct asked client, server;
	bool looked; /* for an address, ever */

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
		bool is_lookup; /* what runs by that number was asked for by it */
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

/* What the calls on the stack were asked for by; 0: not known, or they tell that themselves. */
uint32_t js_cause_of_calls(const struct js *, const struct calls *);

/* Where a listener was made and what takes the connections that it accepts: texts, 0 where there is none. */
struct listener {
	uint32_t cause, handler;
};
struct listener js_listener(uint32_t number);

/* The number of the listener whose socket is made now; 0: it is none. */
uint32_t node_cause(void);

#endif
