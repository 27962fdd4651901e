/* The inside of the tenant for Node.js: see lang.h. Each thread that runs JavaScript has an isolate, and a record of
 * its own here.
 *
 * node.c answers lang.c's questions; node_calls.c tells stacks apart; node_text.c asks V8 for frames; node_cause.c
 * remembers why a socket is made, if libuv makes it later than the program asked for it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_NODE_H
#define SHIM_NODE_H

#include "shim/lang/lang.h"
#include "shim/lang/node_v8.h"

enum { KEPT_METHODS = 16 }; /* of Node's handles */
enum { PROOFS = 188, SETS = 32, WAYS = 4 };

/* Frames as text: "file:line:column function", each with its NUL, innermost first. Never freed. */
struct text {
	uint64_t hash;
	uint32_t id, len;
	bool outside; /* some frame is not Node's own */
	bool retries; /* some frame is the function of Node that tries one address after the other */
	char frames[];
};
const struct text *text_at(uint32_t id); /* NULL: none */

/* The calls of JavaScript on this thread's stack: how many, at most DEPTH, and what identifies their addresses and the
 * time until V8 collects, in which these mean the same lines. */
struct calls {
	unsigned n;
	uint64_t key;
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
	uint64_t epoch; /* counts collections that may move code to other addresses */

	/* Where V8 keeps the frame by which JavaScript was left, in words from the start of the isolate; 0: it is not
	 * known. And where the frame that began a run of JavaScript keeps that of the run before, in bytes from it. */
	uint32_t exit_at;
	int exit_before;
	uintptr_t *before; /* the isolate's first words before js_install()'s script; NULL: it does not run */

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

	struct path { /* known stacks: see node_calls.c */
		uint64_t epoch;
		uint32_t turn; /* odd while it is written */
		uint32_t n;    /* words of the stack that prove it */
		struct calls calls;
		struct proof {
			uintptr_t at, is;
		} word[PROOFS];
	} paths[SETS][WAYS];
	uint32_t next_way;
};

/* This thread's record, for the isolate that it is in; NULL: none. */
extern __thread struct js *js_here;

/* Reads the calls on the current stack, without touching the heap, in signal handlers too. The record is the isolate's;
 * NULL: it has none. */
void js_sample(isolate *, struct js *, struct calls *);

/* Whether V8 has called a function of Node's. Otherwise it may be amid its own work, for which it opens files too. */
bool js_is_outside(isolate *);

/* Find out where V8 keeps what js_sample() reads: before JavaScript is called, by a function that JavaScript called; in a
 * function that this in turn calls, with its arguments; and after it. */
void js_before_run(struct js *);
void js_in_run(struct js *, const struct arguments *);
void js_after_run(struct js *);

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
