/* Why a socket is made, if libuv makes it later than the program asked for it: see node.h.
 *
 * A handle is made, and asked for its async id at once, while the code that wants it is on the stack. Its socket is
 * made when the handle is told to connect or to bind. These methods of Node's own handles, which are native, are
 * replaced by functions here that call them. This needs no hook of async_hooks, which Node would call at every tick and
 * which must not run out of stack. A server makes its handle only when it knows its address; diagnostics_channel
 * reports when it starts looking that up. All this is set up during a call that JavaScript makes into the shim before
 * the program runs, so neither the program's environment nor its arguments show it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/node.h"

#include "shim/kernel/sys.h"
#include "shim/state/self.h"

#include <string.h>
#include <sys/mman.h>

enum {
	ALL_KINDS = 0xff,
	YOUNG = 3
}; /* of collections: those of young objects, of which none is code, are the first two */

/* METHOD(binding, class, function, what it does)   class 0: the function is in the binding itself */
#define METHODS                                  \
	METHOD(tcp_wrap, TCP, getAsyncId, names) \
	METHOD(tcp_wrap, TCP, connect, makes)    \
	METHOD(tcp_wrap, TCP, connect6, makes)   \
	METHOD(tcp_wrap, TCP, bind, binds)       \
	METHOD(tcp_wrap, TCP, bind6, binds)      \
	METHOD(tcp_wrap, TCP, listen, listens)   \
	METHOD(pipe_wrap, Pipe, connect, makes)  \
	METHOD(pipe_wrap, Pipe, bind, binds)     \
	METHOD(pipe_wrap, Pipe, listen, listens) \
	METHOD(udp_wrap, UDP, bind, makes)       \
	METHOD(udp_wrap, UDP, bind6, makes)      \
	METHOD(cares_wrap, 0, getaddrinfo, seeks)

enum method {
#define METHOD(binding, class, function, does) METHOD_##binding##_##function,
	METHODS
#undef METHOD
		N_METHODS
};
_Static_assert((int)N_METHODS <= (int)KEPT_METHODS, "struct js has room for them");
#define NUMBER_OF METHOD_tcp_wrap_getAsyncId

/* What JavaScript reports: told(enum told_what, number, value). */
enum told_what { TOLD_NOTHING, TOLD_METHOD, TOLD_HANDLER };

/* clang-format off */

/* Returns a function that finds the program's functions which take the connections of a listening handle, once the
 * program has named them. */
static const char source[] =
"'use strict'; (told, begins, ...methods) => {\n"
"  const { apply } = Reflect, self = {}, { binding, getBuiltinModule: find, listeners } = process;\n"
"  const { getOwnPropertyDescriptor, getOwnPropertySymbols, getPrototypeOf, defineProperty } = Object;\n"
"  if (apply(told, self, [0, 12345, 67890.5 * 2]) !== self) return;\n"
"  if (binding.name !== 'binding') return; /* it would be told to be deprecated */\n"
"  try {\n"
"  const found = '"
#define METHOD(binding, class, function, does) #binding " " #class " " #function ","
METHODS
#undef METHOD
"'.split(',', methods.length).map((name, i) => {\n"
"    const [module, type, method] = name.split(' ');\n"
"    let holder = binding(module);\n"
"    if (type !== '0') holder = holder[type].prototype;\n"
"    while (holder && !getOwnPropertyDescriptor(holder, method)) holder = getPrototypeOf(holder);\n"
"    if (!holder) return; /* another version of Node */\n"
"    const property = getOwnPropertyDescriptor(holder, method);\n"
"    told(1, i, property.value);\n"
"    defineProperty(methods[i], 'name', { value: method, configurable: true });\n"
"    return () => defineProperty(holder, method, { ...property, value: methods[i] });\n"
"  });\n"
"  for (let i = 0; i < found.length; i++) found[i]?.();\n"
"  if (find) find('diagnostics_channel').subscribe('tracing:net.server.listen:asyncStart', begins);\n"
"  } catch {} /* bindings are denied */\n"
"  const events = ['request', 'stream', 'session', 'secureConnection', 'connection'];\n"
"  return (handle, number) => () => {\n"
"    try {\n"
"      const symbols = getOwnPropertySymbols(handle);\n"
"      for (let i = 0; i < symbols.length; i++) {\n"
"        if (symbols[i].description !== 'owner_symbol') continue;\n"
"        for (let e = 0; e < events.length; e++) {\n"
"          const all = apply(listeners, handle[symbols[i]], [events[e]]);\n"
"          for (let n = 0; n < all.length; n++) told(2, number, all[n]);\n"
"        }\n"
"      }\n"
"    } catch {}\n"
"  };\n"
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

static uint32_t known_cause(const struct js *js, int64_t id)
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

uint32_t node_cause(void)
{
	const struct js *js = js_here;
	return js && js->state == SERVED ? js->now.listener : 0;
}

static const struct text *text_now(struct js *js)
{
	struct calls calls;
	js_sample(js->isolate, js, &calls);
	return calls.n && js_may_ask(js) ? js_text(js, &calls) : NULL;
}

/* -- servers that look for their address ---------------------------------------------------------------------- */

/* A server's address lookup ends either in a tick, where those begun in one run end in order, or in a run that has the
 * id of the lookup request. */
static void begin_listening(struct js *js)
{
	enum { ROOM = sizeof js->begun / sizeof *js->begun };
	const struct text *text = text_now(js);
	if (!text || !text->outside)
		return;
	if (js->n_begun == ROOM)
		memmove(js->begun, js->begun + 1, --js->n_begun * sizeof *js->begun);
	js->begun[js->n_begun++] = (struct begun){.run = (int64_t)v8.execution(js->isolate), .text = text};
}

/* The frames from the program's innermost one outward. */
static const char *outer_frames(const struct text *text)
{
	const char *at = text->frames;
	while (at < text->frames + text->len && !strncmp(at, "node:", 5))
		at += strlen(at) + 1;
	return at;
}

static bool is_called_alike(const struct text *one, const struct text *other)
{
	const char *a = outer_frames(one), *b = outer_frames(other);
	size_t n = (size_t)(one->frames + one->len - a);
	return n == (size_t)(other->frames + other->len - b) && !memcmp(a, b, n);
}

/* The last lookup that began, if the current call belongs to it. */
static struct begun *begun_here(struct js *js, const struct text *text)
{
	struct begun *last = js->n_begun ? &js->begun[js->n_begun - 1] : NULL;
	bool is = last && text && text->outside && !last->request && last->run == (int64_t)v8.execution(js->isolate) &&
		  is_called_alike(last->text, text);
	return is ? last : NULL;
}

static void end_listening(struct js *js, struct begun *which)
{
	struct begun *end = js->begun + js->n_begun--;
	memmove(which, which + 1, (size_t)(end - which - 1) * sizeof *which);
}

/* The lookup that ends in the current run. */
static struct begun *begun_before(struct js *js)
{
	int64_t run = (int64_t)v8.execution(js->isolate), asked_by = (int64_t)v8.trigger(js->isolate);
	struct begun *tick = NULL;
	for (struct begun *b = js->begun; b < js->begun + js->n_begun; b++) {
		if (b->request && b->request == run)
			return b;
		if (!tick && !b->request && b->run == asked_by)
			tick = b;
	}
	return tick;
}

static uint32_t cause_of_listener(struct js *js)
{
	const struct text *text = text_now(js);
	bool is_here = text && text->outside;
	struct begun *which = is_here ? begun_here(js, text) : begun_before(js);
	uint32_t cause = is_here ? text->id : which ? which->text->id : 0;
	if (which)
		end_listening(js, which);
	return cause;
}

/* -- what Node's handles do ----------------------------------------------------------------------------------- */

static local this_of(const struct arguments *a) { return (local)(a->values - 1); }

static local call(struct js *js, enum method method, local receiver, const struct arguments *a)
{
	enum { MOST = 8 };
	local arguments[MOST];
	int n = a ? a->n < MOST ? a->n : MOST : 0;
	for (int i = 0; i < n; i++)
		arguments[i] = (local)&a->values[i];
	return v8.call(js->methods[method], v8.context(js->isolate), receiver, n, arguments);
}

static int64_t integer(struct js *js, local value)
{
	struct maybe_integer number = v8.integer(value, v8.context(js->isolate));
	return number.has ? number.value : 0;
}

/* The async id of a handle or request; 0 if it has none. */
static int64_t number_of(struct js *js, local handle)
{
	struct room_for_class try;
	v8.try(&try, js->isolate);
	local number = js->methods[NUMBER_OF] ? call(js, NUMBER_OF, handle, NULL) : NULL;
	int64_t id = number ? integer(js, number) : 0;
	v8.try_end(&try);
	return id;
}

/* The pool of fetch connects by itself, for a request with a body. */
static bool is_fetch(const struct text *text)
{
	static const char pool[] = "node:internal/deps/undici/";
	for (const char *at = text->frames; at < text->frames + text->len; at += strlen(at) + 1)
		if (!strncmp(at, pool, sizeof pool - 1))
			return true;
	return false;
}

/* The cause is what is on the stack. If that is only Node, trying the next address, it is the cause of the first one. */
static void names(struct js *js, const struct arguments *a, local number)
{
	(void)a;
	int64_t id = number ? integer(js, number) : 0;
	const struct text *text = id ? text_now(js) : NULL;
	if (text)
		*origin_of(js, id) =
			(struct origin){id, text->outside    ? text->id
					    : text->retries  ? known_cause(js, (int64_t)v8.trigger(js->isolate))
					    : is_fetch(text) ? text->id
							     : 0};
}

/* A TLS handle contains one that was never asked for its id; the code that runs then belongs to the outer one. */
static void makes(struct js *js, const struct arguments *a, local result)
{
	if (result)
		return;
	int64_t id = number_of(js, this_of(a));
	js->now.cause = origin_of(js, id)->id == id ? origin_of(js, id)->cause
						    : known_cause(js, (int64_t)v8.trigger(js->isolate));
}

/* A server's handle has no cause under its id yet, a client's has. */
static void binds(struct js *js, const struct arguments *a, local result)
{
	int64_t id = result ? 0 : number_of(js, this_of(a));
	const struct origin *o = origin_of(js, id);
	if (!id)
		return;
	if (o->id == id) {
		js->now.cause = o->cause;
		return;
	}
	js->now.cause = cause_of_listener(js);
	js->now.listener = new_listener(js->now.cause);
	*server_of(js, id) = (struct server){id, js->now.listener};
}

static void listens(struct js *js, const struct arguments *a, local result)
{
	enum { NORMAL = 0 };
	struct room_for_class try;
	int64_t id = result ? 0 : number_of(js, this_of(a));
	const struct server *server = server_of(js, id);
	if (!id || server->id != id || !server->listener || !js->handlers)
		return;
	v8.try(&try, js->isolate);
	local arguments[] = {this_of(a), v8.new_integer(js->isolate, (int)server->listener)};
	local later = v8.call(js->handlers, v8.context(js->isolate), js->handlers, 2, arguments);
	if (later && v8.is_function(later))
		v8.enqueue(js->isolate, later);
	v8.try_end(&try);
}

static void seeks(struct js *js, const struct arguments *a, local result)
{
	if (!result || !a->n || !js->n_begun) /* before the call, the request has no id */
		return;
	struct begun *which = begun_here(js, text_now(js));
	if (which)
		which->request = number_of(js, (local)&a->values[0]);
}

typedef void doing(struct js *, const struct arguments *, local result);

static struct js *js_called(void)
{
	struct js *js = js_here;
	return js && js->isolate == v8.current() ? js : NULL;
}

/* Behaves like the method itself; exceptions pass through. Calls `does` before the method, and again after it if
 * nothing was thrown. */
static void called(const struct arguments *a, enum method method, doing *does)
{
	struct js *js = js_called();
	if (!js)
		return;
	struct now before = js->now;
	bool good = js->sound && js->state == SERVED && process_pid() == js->pid && js_may_ask(js);
	js->now = (struct now){0};
	if (good)
		does(js, a, NULL);
	local result = call(js, method, this_of(a), a);
	js->now = before;
	if (!result)
		return;
	a->implicit[RESULT_AT] = *(const uintptr_t *)result;
	if (good)
		does(js, a, result);
}

#define METHOD(binding, class, function, does)                               \
	static void called_##binding##_##function(const struct arguments *a) \
	{                                                                    \
		called(a, METHOD_##binding##_##function, does);              \
	}
METHODS
#undef METHOD

static callback *const methods[] = {
#define METHOD(binding, class, function, does) called_##binding##_##function,
	METHODS
#undef METHOD
};

/* -- reports from JavaScript ----------------------------------------------------------------------------------- */

static void server_begins(const struct arguments *a)
{
	struct js *js = js_called();
	(void)a;
	if (js && js->sound && js->state == SERVED && process_pid() == js->pid && js_may_ask(js))
		begin_listening(js);
}

/* The first reported function of the program's counts. */
static void handle(struct js *js, int64_t number, local function)
{
	if (number <= 0 || number > LISTENERS || js_listener((uint32_t)number).handler)
		return;
	const struct text *text = js_text_of_function(js, function);
	if (text)
		__atomic_store_n(&listeners[number - 1].handler, text->id, __ATOMIC_RELAXED);
}

static void told(const struct arguments *a)
{
	struct js *js = js_called();
	if (!js || process_pid() != js->pid || a->n < 3)
		return;
	int64_t what = integer(js, (local)&a->values[0]), number = integer(js, (local)&a->values[1]);
	local value = (local)&a->values[2];
	if (what == TOLD_NOTHING) {
		js->sound = number == 12345 && integer(js, value) == 135781;
		a->implicit[RESULT_AT] = *(const uintptr_t *)this_of(a);
		if (js->sound)
			js_in_run(js, a);
	} else if (!js->sound || !v8.is_function(value)) {
		return;
	} else if (what == TOLD_METHOD && number >= 0 && number < N_METHODS) {
		js->methods[number] = v8_keep(js->isolate, value);
	} else if (what == TOLD_HANDLER && js->state == SERVED && js_may_ask(js)) {
		handle(js, number, value);
	}
}

/* -- installing ----------------------------------------------------------------------------------------------- */

static void gc_begins(isolate *in, int type, int flags)
{
	(void)type;
	(void)flags;
	if (js_here && js_here->isolate == in)
		js_here->collecting++;
}

static void gc_ends(isolate *in, int type, int flags)
{
	(void)flags;
	if (!js_here || js_here->isolate != in)
		return;
	js_here->collecting -= js_here->collecting > 0;
	js_here->epoch += (type & ~YOUNG) != 0;
}

/* The isolate ends after its environment, and runs no more JavaScript. */
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
	local install = script ? v8.run(script, context) : NULL, arguments[2 + N_METHODS], handlers;
	if (!install || !v8.is_function(install))
		return;
	for (int i = 0; i < 2 + N_METHODS; i++) {
		callback *function = i == 0 ? told : i == 1 ? server_begins : methods[i - 2];
		if (!(arguments[i] = v8.function(context, function, NULL, 0, THROWS, HAS_EFFECTS)))
			return;
	}
	if (!(handlers = v8.call(install, context, install, 2 + N_METHODS, arguments)))
		return;
	if (v8.is_function(handlers))
		js->handlers = v8_keep(js->isolate, handlers);
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
	js_before_run(js);
	js_here = js; /* so that calls from the script find it */
	v8.scope(&scope, in);
	v8.try(&try, in);
	run(js);
	v8.try_end(&try);
	v8.scope_end(&scope);
	js_after_run(js);
	if (js->state != SERVED)
		js->state = LEFT;
}
