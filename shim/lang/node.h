/* The inside of the tenant for Node.js: see lang.h. Each thread that runs JavaScript has an isolate, and a record of
 * its own here.
 *
 * node.c answers lang.c's questions; node_text.c asks V8 for frames; node_cause.c remembers why a socket is made, if
 * libuv makes it later than the program asked for it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_NODE_H
#define SHIM_NODE_H

#include "shim/lang/lang.h"
#include "shim/lang/node_v8.h"

enum { KEPT_METHODS = 16 }; /* of Node's handles */

/* Frames as text: "file:line:column function", each with its NUL, innermost first. Never freed. */
struct text {
	uint64_t hash;
	uint32_t id, len;
	bool outside; /* some frame is not Node's own */
	bool retries; /* some frame is the function of Node that tries one address after the other */
	char frames[];
};
const struct text *text_at(uint32_t id); /* NULL: none */

/* The addresses in JavaScript of the calls on this thread's stack, as the profiler reads them: without touching the
 * heap, in signal handlers too. They mean the same lines until V8 collects. */
struct calls {
	unsigned n;
	void *pc[DEPTH];
};

/* A server that is looking up its address: the run of the program's code in which that began, by Node's async id, and
 * the id of the lookup request; 0: none yet. */
struct begun {
	int64_t run, request;
	const struct text *text;
};

struct js {
	isolate *isolate;
	enum { UNTRIED, SERVED, LEFT } state;
	int pid;
	bool sound;	/* the arguments of callbacks are where they are expected */
	int collecting; /* V8 is in its collector and must not be asked */
	uint64_t epoch; /* counts collections: they move code to other addresses */

	local methods[KEPT_METHODS], handlers; /* numbered as in node_cause.c */
	struct now {			       /* what the current call to one of the methods is for */
		uint32_t cause;		       /* a text; 0: not known, or the stack itself tells */
		uint32_t listener;	       /* the number of the listener that it makes; 0: none */
	} now;
	struct begun begun[32];
	unsigned n_begun;

	struct server { /* by async id: sockets made by a server are accepted ones */
		int64_t id;
		uint32_t listener; /* 0: there was no room for more */
	} servers[64];

	struct memo { /* texts, by the key of their calls */
		uint64_t key;
		const struct text *text;
	} memo[512];
	struct origin { /* causes, by the async id of what was made */
		int64_t id;
		uint32_t cause;
	} origins[4096];
};

/* This thread's record, for the isolate that it is in; NULL: none. */
extern __thread struct js *js_here;

/* Stores the calls on the current stack, at most `max`. */
void js_sample(isolate *, struct calls *, unsigned max);
uint64_t js_key(const struct js *, const struct calls *);

/* Whether V8 may be asked for something that allocates in its heap. */
bool js_may_ask(const struct js *);

/* The text of the thread's current frames; NULL: V8 cannot be asked, or there is no room. */
const struct text *js_text(struct js *, const struct calls *);

/* The position of a function as the text of a frame; NULL: it is not the program's. */
const struct text *js_text_of_function(struct js *, local function);

/* Sets up an isolate whose JavaScript is making a call, by running a script in it. */
void js_install(isolate *);

/* Where a listener was made, and the function that takes its connections: texts by their ids, 0 for none. */
struct listener {
	uint32_t cause, handler;
};
struct listener js_listener(uint32_t number);

/* The number of the listener whose socket is being made; 0: none. */
uint32_t node_cause(void);

#endif
