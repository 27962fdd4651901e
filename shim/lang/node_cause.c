/* What sockets are made for that libuv makes later than the program asked for them: see node.h; async_hooks of Node.js.
 *
 * Node tells a hook of each handle that it makes, while what asked for it is on the stack, of each request to connect right before it
 * carries it out, and of each look for an address, at whose end it makes listeners and binds datagram sockets, also where the address was
 * known: that end is then a tick. The hook is installed from inside a call that JavaScript makes here before the program runs, so that
 * neither the environment nor the arguments of the program know of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/node.h"

#include "shim/kernel/sys.h"
#include "shim/state/self.h"

#include <string.h>
#include <sys/mman.h>

enum { ALL_KINDS = 0xff }; /* of collections */

enum made { MADE_NOTHING, MADE_HANDLE, MADE_LOOKUP, MADE_SERVER, MADE_REQUEST, MADE_HANDLER, MADE_TICK, MADE_TIMEOUT };

/* clang-format off */

/* Calls told(enum made, number, number of what it was made for, a function) for what matters. A tick may be the end of a look for an address
 * that was known: it is given that, or a list of them. */
static const char source[] =
"(told) => {\n"
"  'use strict';\n"
"  const { getBuiltinModule: find } = process;\n"
"  if (typeof find !== 'function') return; /* up to 20.15: only what is on the stack is told */\n"
"  const { createHook } = find('async_hooks'), { listeners } = find('events').prototype;\n"
"  const { apply } = Reflect, { getOwnPropertySymbols } = Object, { isArray } = Array;\n"
"  const kinds = {\n"
"    __proto__: null, TCPWRAP: 1, PIPEWRAP: 1, UDPWRAP: 1, GETADDRINFOREQWRAP: 2, TCPSERVERWRAP: 3, PIPESERVERWRAP: 3,\n"
"    TCPCONNECTWRAP: 4, Timeout: 7,\n"
"  };\n"
"  const events = ['request', 'stream', 'session', 'secureConnection', 'connection'];\n"
"  const handlers = (id, handle) => () => {\n"
"    try {\n"
"      const symbols = getOwnPropertySymbols(handle);\n"
"      for (let i = 0; i < symbols.length; i++) {\n"
"        if (symbols[i].description !== 'owner_symbol') continue;\n"
"        for (let e = 0; e < events.length; e++) {\n"
"          const all = apply(listeners, handle[symbols[i]], [events[e]]);\n"
"          for (let n = 0; n < all.length; n++) told(5, id, 0, all[n]);\n"
"        }\n"
"      }\n"
"    } catch {}\n"
"  };\n"
"  createHook({ init(id, type, trigger, handle) {\n"
"    if (type === 'TickObject') {\n"
"      const args = handle.args;\n"
"      if (args === undefined || args[0] !== null) return;\n"
"      try {\n"
"        if (args.length === 2 ? isArray(args[1]) : args.length === 3 && (args[2] === 4 || args[2] === 6)) told(6, id, trigger);\n"
"      } catch {}\n"
"      return;\n"
"    }\n"
"    const kind = kinds[type];\n"
"    if (kind !== undefined) told(kind, id, trigger, kind === 3 ? handlers(id, handle) : undefined);\n"
"  }, trackPromises: false }).enable();\n"
"  told(0, 12345, 67890.5 * 2);\n"
"}";

/* clang-format on */

/* -- causes --------------------------------------------------------------------------------------------------- */

static struct origin *origin_of(const struct js *js, int64_t id)
{
	return (struct origin *)&js->origins[(uint64_t)id % (sizeof js->origins / sizeof *js->origins)];
}

static struct server *server_of(struct js *js, int64_t id)
{
	return &js->servers[(uint64_t)id % (sizeof js->servers / sizeof *js->servers)];
}

static uint32_t known_cause(struct js *js, int64_t id)
{
	const struct origin *o = origin_of(js, id);
	return o->id == id ? o->cause : 0;
}

enum { LISTENERS = 4096 };
static struct listener listeners[LISTENERS] __attribute__((aligned(4096)));

struct listener js_listener(uint32_t number)
{
	if (!number || number > LISTENERS)
		return (struct listener){0};
	const struct listener *l = &listeners[number - 1];
	return (struct listener){l->cause, __atomic_load_n(&l->handler, __ATOMIC_RELAXED)};
}

static uint32_t new_listener(uint32_t cause)
{
	static uint32_t n;
	if (__atomic_load_n(&n, __ATOMIC_RELAXED) >= LISTENERS)
		return 0;
	uint32_t number = __atomic_add_fetch(&n, 1, __ATOMIC_RELAXED);
	if (number > LISTENERS)
		return 0;
	listeners[number - 1].cause = cause;
	return number;
}

/* The first function of the program's that is told counts. */
static void handle(struct js *js, int64_t id, local function)
{
	const struct server *server = server_of(js, id);
	uint32_t number = server->id == id ? server->listener : 0;
	if (!number || !function || js_listener(number).handler)
		return;
	const struct text *text = js_text_of_function(js, function);
	if (text)
		__atomic_store_n(&listeners[number - 1].handler, text->id, __ATOMIC_RELAXED);
}

/* Whether the n outer calls are those of what was asked for. */
static bool is_asked_by(const struct js *js, const struct asked *asked, void *const *pc, unsigned n)
{
	const struct calls *calls = &asked->calls;
	for (unsigned inner = 0;
	     asked->is_known && asked->epoch == js->epoch && inner <= INNER && inner + n <= calls->n; inner++)
		if ((inner + n == calls->n || n >= DEPTH - 1) && !memcmp(calls->pc + inner, pc, n * sizeof *pc))
			return true;
	return false;
}

uint32_t js_cause_of_calls(const struct js *js, const struct calls *calls)
{
	if (!js->client.cause && !js->looked)
		return 0;
	int64_t run = (int64_t)v8.execution(js->isolate);
	if (js->client.cause && js->client.run == run && (run || is_asked_by(js, &js->client, calls->pc, calls->n)))
		return js->client.cause;
	const struct origin *o = origin_of(js, run);
	return run > 0 && o->id == run && o->is_lookup ? o->cause : 0;
}

uint32_t node_cause(void)
{
	struct js *js = js_here;
	struct calls calls;
	if (!js || js->state != SERVED || js->collecting || v8.current() != js->isolate || process_pid() != js->pid ||
	    !js->server.cause)
		return 0;
	if (js->server.run != (int64_t)v8.execution(js->isolate))
		return 0;
	js_sample(js->isolate, &calls, DEPTH);
	/* The innermost function has made the handle before, elsewhere in it. */
	return calls.n > 1 && is_asked_by(js, &js->server, calls.pc + 1, calls.n - 1) ? js->server.cause : 0;
}

/* -- what Node tells ------------------------------------------------------------------------------------------ */

static void ask(struct js *js, struct asked *asked, uint32_t cause, bool by_calls)
{
	asked->cause = asked->is_known = 0;
	asked->run = (int64_t)v8.execution(js->isolate);
	if (cause && (by_calls || !asked->run)) {
		js_sample(js->isolate, &asked->calls, DEPTH + INNER);
		asked->epoch = js->epoch;
		asked->is_known = true;
	}
	asked->cause = cause;
}

/* Whether this run of Node's own code began to connect, so that a timeout it sets is for the next address to try. */
static bool is_asked_here(const struct js *js)
{
	return js->client.cause && js->client.run && js->client.run == (int64_t)v8.execution(js->isolate);
}

/* What is made now is asked for by what is on the stack; where that is Node alone, by what it was made for. */
static uint32_t cause_now(struct js *js, int64_t trigger)
{
	struct calls calls;
	js_sample(js->isolate, &calls, DEPTH);
	const struct text *text = calls.n ? js_text(js, &calls) : NULL;
	if (text && text->outside)
		return text->id;
	return known_cause(js, trigger);
}

/* Whether nextTick() is called from a file of Node's own: node:dns, or node:internal/dgram from Node.js 24 on. */
static bool is_tick_of_node(struct js *js)
{
	struct calls calls;
	js_sample(js->isolate, &calls, DEPTH);
	const struct text *text = calls.n ? js_text(js, &calls) : NULL;
	const char *caller = text && text->len ? text->frames + strlen(text->frames) + 1 : NULL;
	return caller && caller < text->frames + text->len && !strncmp(caller, "node:", 5);
}

static void tell(struct js *js, enum made made, int64_t id, int64_t trigger, local function)
{
	if ((made == MADE_HANDLE && trigger && server_of(js, trigger)->id == trigger) ||
	    (made == MADE_TIMEOUT && !is_asked_here(js)) || (made == MADE_TICK && !is_tick_of_node(js)))
		return;
	if (made == MADE_HANDLER) {
		handle(js, id, function);
		return;
	}
	uint32_t cause = made == MADE_REQUEST ? known_cause(js, trigger) : cause_now(js, trigger);
	if (made == MADE_TIMEOUT && !cause)
		cause = js->client.cause;
	if (made == MADE_REQUEST)
		ask(js, &js->client, cause, false);
	if (made == MADE_SERVER) {
		*server_of(js, id) = (struct server){id, cause ? new_listener(cause) : 0};
		ask(js, &js->server, server_of(js, id)->listener, true);
		if (function && cause)
			v8.enqueue(js->isolate, function);
	}
	bool runs = made == MADE_LOOKUP || made == MADE_TICK || made == MADE_TIMEOUT;
	js->looked |= runs && cause;
	*origin_of(js, id) = (struct origin){id, cause, runs};
}

static void told(const struct arguments *a)
{
	struct js *js = js_here;
	isolate *in = v8.current();
	if (!js || js->isolate != in || js->state == LEFT || process_pid() != js->pid || a->n < 3)
		return;
	local context = v8.context(in);
	struct maybe_integer number[3] = {{0}};
	for (int i = 0; i < 3; i++)
		number[i] = v8.integer((local)&a->values[i], context);
	local function = a->n > 3 ? (local)&a->values[3] : NULL;
	if (function && !v8.is_function(function))
		function = NULL;
	if (!number[0].value)
		js->sound = number[1].value == 12345 && number[2].value == 135781;
	else if (js->sound && js_may_ask(js))
		tell(js, (enum made)number[0].value, number[1].value, number[2].value, function);
}

/* -- the hook ------------------------------------------------------------------------------------------------- */

static void gc_begins(isolate *in, int type, int flags)
{
	(void)type;
	(void)flags;
	if (js_here && js_here->isolate == in)
		js_here->collecting++;
}

static void gc_ends(isolate *in, int type, int flags)
{
	(void)type;
	(void)flags;
	if (!js_here || js_here->isolate != in)
		return;
	js_here->collecting -= js_here->collecting > 0;
	js_here->epoch++;
}

/* Its isolate goes after it. */
static void environment_ends(void *in)
{
	struct js *js = js_here;
	if (!js || js->isolate != in)
		return;
	js->state = LEFT;
	js_here = NULL;
	sys2(SYS_munmap, js, sizeof *js);
}

static void run(struct js *js)
{
	enum { NORMAL = 0, THROWS = 0, HAS_EFFECTS = 0 };
	local context = v8.context(js->isolate), text = v8.string(js->isolate, source, NORMAL, sizeof source - 1);
	local script = context && text ? v8.compile(context, text, NULL) : NULL;
	local install = script ? v8.run(script, context) : NULL;
	local tell_it = install ? v8.function(context, told, NULL, 0, THROWS, HAS_EFFECTS) : NULL;
	if (!tell_it || !v8.is_function(install) || !v8.call(install, context, install, 1, &tell_it))
		return;
	/* Node has had promises tell it what they do for the sake of the hook, which does not want to know. */
	if (js->sound)
		v8.promise_hooks(context, NULL, NULL, NULL, NULL);
	v8.before_gc(js->isolate, gc_begins, ALL_KINDS);
	v8.after_gc(js->isolate, gc_ends, ALL_KINDS);
	v8.at_end(js->isolate, environment_ends, js->isolate);
	js->state = SERVED;
}

void js_install(isolate *in)
{
	struct room_for_class scope, try;
	if (v8.is_terminating(in) || !v8.in_context(in))
		return;
	struct js *js =
		sys_mmap(NULL, sizeof *js, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!js)
		return;
	js->isolate = in;
	js->pid = process_pid();
	js_here = js; /* calls that are made in here find it */
	v8.scope(&scope, in);
	v8.try(&try, in);
	run(js);
	v8.try_end(&try);
	v8.scope_end(&scope);
	if (js->state != SERVED)
		js->state = LEFT;
}
