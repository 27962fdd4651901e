/* The tenant for Node.js: see lang.h and node.h. Stacks are distinguished by the addresses of their frames; V8 is asked
 * for names when a stack is new. Node.js 18 to 24, if the program exports V8; otherwise it
 * finds nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/node.h"

#include "shim/kernel/sys.h"
#include "shim/libc/libc.h"
#include "shim/model/system.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"
#include "shim/state/self.h"

#include <string.h>

struct v8 v8;
__thread struct js *js_here;

static int started; /* the process that has the VM's other threads; a forked child has not */

/* Whether V8 has started, which must be checked first in Node.js 18. NULL: no check is needed. */
static const bool *v8_begun;

/* v8::api_internal::GlobalizeReference, which takes an object, or up to Node.js 20 the address of its slot. */
static const struct {
	const char *symbol;
	bool at;
} keepers[] = {
	{"_ZN2v812api_internal18GlobalizeReferenceEPNS_8internal7IsolateEm", false},
	{"_ZN2v812api_internal18GlobalizeReferenceEPNS_8internal7IsolateEPm", true},
};
static void *v8_keeps;
static bool keeps_at;

local v8_keep(isolate *in, local value)
{
	if (keeps_at)
		return ((local(*)(isolate *, local))v8_keeps)(in, value);
	return ((local(*)(isolate *, uintptr_t))v8_keeps)(in, *(const uintptr_t *)value);
}

static bool find(void)
{
	static const char *const symbols[] = {
#define V8(name, result, parameters, symbol) symbol,
		V8_FUNCTIONS
#undef V8
	};
	/* dlsym allocates when it does not find a symbol */
	if (sizeof(void *) != 8 || (!lang_is_here("node") && !lang_is_here("nodejs")))
		return false;
	void **function = (void **)&v8;
	for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
		if (!(function[i] = dlsym(RTLD_DEFAULT, symbols[i]))) {
			dlerror(); /* the host has not called dlsym yet */
			return false;
		}
	for (size_t i = 0; i < sizeof keepers / sizeof *keepers && !v8_keeps; i++)
		if (!(v8_keeps = dlsym(RTLD_DEFAULT, keepers[i].symbol)))
			dlerror();
		else
			keeps_at = keepers[i].at;
	if (!v8_keeps)
		return false;
	v8_begun = dlsym(RTLD_DEFAULT, "_ZN2v88internal7Isolate20isolate_key_created_E");
	if (!v8_begun)
		dlerror();
	started = (int)sys0(SYS_getpid);
	return true;
}

/* The isolate that this thread runs, in a process that runs JavaScript. A thread that compiles for an isolate is in it
 * too, but has not locked it. */
static isolate *isolate_here(void)
{
	isolate *in = !v8_begun || __atomic_load_n(v8_begun, __ATOMIC_RELAXED) ? v8.current() : NULL;
	return in && v8.is_locked(in) && process_pid() == started ? in : NULL;
}

static struct js *js_of(const isolate *in) { return js_here && js_here->isolate == in ? js_here : NULL; }

bool js_may_ask(const struct js *js)
{
	return !thread.unasked && !js->collecting && !v8.is_terminating(js->isolate) && v8.in_context(js->isolate) &&
	       (options.kinds == 1 << KIND_socket || js_is_outside(js->isolate));
}

/* -- questions ------------------------------------------------------------------------------------------------ */

/* The calls on the stack, and what is behind them: ids of texts, 0 for none. */
struct js_stack {
	uint64_t key;
	struct calls calls;
	uint32_t handler, cause;
};

/* Returns false if there are no frames of JavaScript to record. */
static bool look(isolate *in, struct js_stack *t)
{
	struct js *js = js_of(in);
	if (!in || (js && (js->state == LEFT || js->collecting)))
		return false;
	js_sample(in, js, &t->calls);
	struct listener listener = t->calls.n ? (struct listener){0} : js_listener(thread.cause);
	t->handler = listener.handler;
	t->cause = js && t->calls.n ? js->now.cause : listener.cause;
	if (!t->calls.n && !t->cause && !t->handler)
		return false;
	t->key = mix(t->calls.key + t->handler, t->cause + (uint64_t)(js && js->state == SERVED) * 3) | 1;
	return true;
}

static uint64_t stack_key(void)
{
	struct js_stack t;
	return look(isolate_here(), &t) ? t.key : 0;
}

/* Finds the texts of a stack, innermost first. Returns how many. */
static unsigned texts_of(struct js_stack *t, const struct text *texts[2])
{
	isolate *in = isolate_here();
	unsigned n = 0;
	if (!look(in, t))
		return 0;
	if (!t->calls.n) {
		if ((texts[n] = text_at(t->handler)))
			n++;
	} else {
		struct js *js = js_of(in);
		if (!js || js->state != SERVED || !(texts[n] = js_text(js, &t->calls)))
			return 0;
		if (texts[n++]->outside)
			return n;
	}
	if ((texts[n] = text_at(t->cause)))
		n++;
	return n;
}

static uint64_t kept_key(void)
{
	struct js_stack t;
	const struct text *texts[2];
	uint64_t key = 0;
	unsigned n = texts_of(&t, texts);
	for (unsigned i = 0; i < n; i++)
		key = mix(key, texts[i]->hash) | 1;
	return key;
}

/* Whether this frame is recorded: the innermost ones, and all user frames. */
static bool is_kept(const char *frame, int64_t depth)
{
	return depth < options.stack_depth || (strncmp(frame, "node:", 5) != 0 && !is_system_path(frame));
}

static void write_frames(struct jsonl *j, char *room, size_t size)
{
	struct js_stack t;
	const struct text *texts[2];
	(void)room;
	(void)size;
	unsigned n = texts_of(&t, texts);
	if (!n || !(texts[0]->len + texts[n - 1]->len))
		return;
	int64_t depth = 0;
	jsonl_array(j, "js");
	for (unsigned i = 0; i < n; i++)
		for (const char *at = texts[i]->frames; at < texts[i]->frames + texts[i]->len; at += strlen(at) + 1)
			if (is_kept(at, depth++))
				jsonl_add(j, at, strlen(at));
	jsonl_array_end(j);
}

/* Called when Node asks for its capabilities: its own JavaScript does that while preparing a thread, before the
 * program's code runs. */
static void visit(void)
{
	struct calls calls;
	isolate *in = isolate_here();
	if (!in || js_of(in))
		return;
	js_sample(in, NULL, &calls);
	if (calls.n)
		js_install(in);
}

/* Handles that nothing refers to stay open. Node closes them when it ends; ending.c has a row for that. */
const struct tenant node_tenant = {
	.find = find,
	.key = stack_key,
	.kept_key = kept_key,
	.write = write_frames,
	.cause = node_cause,
	.visit = visit,
};
