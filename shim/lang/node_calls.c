/* The calls of JavaScript on a thread's stack: see node.h. V8's profiler finds them by a walk, of 2 000 to 3 000 instructions. A walk is
 * remembered with the words of the stack that prove it, in an order in which each proves where the next one lies, and is not done again
 * while they are the same. If it cannot be remembered, V8 is asked each time.
 *
 * V8 keeps the frame pointer of the frame by which JavaScript was last left, ThreadLocalTop::c_entry_fp_. From there, each frame saves its
 * caller's frame pointer and return address; the first frame of a run of JavaScript saves where the run before was left. A return address
 * tells the line, except in the interpreter, which saves the bytecode array and the position in it: V8's frame-constants.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/node.h"

#include "shim/kernel/sys.h"
#include "shim/state/mix.h"

#include <sys/mman.h>

typedef uintptr_t __attribute__((may_alias)) stack_word;
#define WORD_AT(address) (*(const stack_word *)(address))

enum { WORD = sizeof(uintptr_t), CALLER = 0, RETURN = WORD, MARK = -WORD };
enum { BYTECODE = -4 * WORD, POSITION = -5 * WORD }; /* of the interpreter's frames */
enum { POSITION_SHIFT = 32 };			     /* a small integer without pointer compression */
enum { FARTHEST = 1 << 20 };			     /* a frame is not larger */
enum { FIRST_WORDS = 4096 };			     /* of an isolate; it has more */

static bool begins_run(uintptr_t frame)
{
	enum { ENTRY = 1 << 1, CONSTRUCT_ENTRY = 2 << 1 }; /* StackFrame::TypeToMarker(); anything else there differs */
	return WORD_AT(frame + MARK) == ENTRY || WORD_AT(frame + MARK) == CONSTRUCT_ENTRY;
}

/* V8's own frames have a small number there; JavaScript's have a pointer to an object, which is odd. */
static bool is_marked(uintptr_t frame) { return WORD_AT(frame + MARK) < 128 && !(WORD_AT(frame + MARK) & 1); }

static bool leads_on(uintptr_t from, uintptr_t to) { return to > from && to - from < FARTHEST && !(to % WORD); }

/* -- what V8 does not tell ------------------------------------------------------------------------------------ */

/* Where the run that was left at `exit` keeps what the run before was left at; 0: it is not found, or not clearly. */
static int kept_before(uintptr_t exit, uintptr_t before)
{
	enum { FRAMES = 64, WORDS = 32 };
	uintptr_t frame = exit;
	int found = 0;
	for (int i = 0; i < FRAMES && !begins_run(frame); i++) {
		if (!leads_on(frame, WORD_AT(frame + CALLER)))
			return 0;
		frame = WORD_AT(frame + CALLER);
	}
	if (!begins_run(frame))
		return 0;
	for (int at = 2 * MARK; at >= WORDS * MARK && frame + (uintptr_t)(intptr_t)at > exit; at += MARK)
		if (WORD_AT(frame + (uintptr_t)(intptr_t)at) == before) {
			if (found)
				return 0;
			found = at;
		}
	return found;
}

static const stack_word *first_words(const struct js *js) { return (const stack_word *)js->isolate; }

void js_before_run(struct js *js)
{
	uintptr_t *words =
		sys_mmap(NULL, FIRST_WORDS * WORD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; words && i < FIRST_WORDS; i++)
		words[i] = first_words(js)[i];
	js->before = words;
}

/* v8::SampleInfo: the number of calls, three pointers and the state of V8, which is second in some versions. */
enum { STATE_AT = 4, STATE_AT_ONCE = 1 };
enum { OUTSIDE = 6 }; /* v8::EXTERNAL */
static int state_at;  /* 0: not found */

/* V8 tells its state in a lower half; a pointer is no small number. */
static bool is_outside_at(isolate *in, int at)
{
	struct room_for_class registers = {{0}}, info = {{0}};
	void *pc[1];
	registers.word[0] = (uintptr_t)__builtin_return_address(0);
	registers.word[1] = registers.word[2] = (uintptr_t)__builtin_frame_address(0);
	v8.sample(in, &registers, pc, 1, &info);
	return (uint32_t)info.word[at] == OUTSIDE;
}

bool js_is_outside(isolate *in)
{
	int at = __atomic_load_n(&state_at, __ATOMIC_RELAXED);
	return at && is_outside_at(in, at);
}

void js_in_run(struct js *js, const struct arguments *a)
{
	if (!__atomic_load_n(&state_at, __ATOMIC_RELAXED))
		__atomic_store_n(&state_at,
				 is_outside_at(js->isolate, STATE_AT)	     ? STATE_AT
				 : is_outside_at(js->isolate, STATE_AT_ONCE) ? STATE_AT_ONCE
									     : 0,
				 __ATOMIC_RELAXED);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	const stack_word *now = first_words(js);
	unsigned found = 0;
	for (unsigned i = 1; js->before && i < FIRST_WORDS; i++) {
		/* The arguments lie behind the frame by which JavaScript was left for this call. */
		if (now[i] % WORD || now[i] <= here || now[i] >= (uintptr_t)a->values || !js->before[i] ||
		    !is_marked(now[i]))
			continue;
		int kept = kept_before(now[i], js->before[i]);
		if (kept && !found++) {
			js->exit_at = i;
			js->exit_before = kept;
		}
	}
	if (found > 1)
		js->exit_at = 0;
}

void js_after_run(struct js *js)
{
	if (!js->before)
		return;
	if (first_words(js)[js->exit_at] != js->before[js->exit_at])
		js->exit_at = 0;
	sys2(SYS_munmap, js->before, FIRST_WORDS * WORD);
	js->before = NULL;
}

/* -- walks ---------------------------------------------------------------------------------------------------- */

/* Where JavaScript was left for native code; 0: it was not, or that is not known. */
static uintptr_t exit_of(const struct js *js) { return js && js->exit_at ? first_words(js)[js->exit_at] : 0; }

static struct path *set_of(struct js *js, uintptr_t exit)
{
	uint64_t hash = mix(mix(exit, WORD_AT(exit + RETURN)), WORD_AT(WORD_AT(exit + CALLER) + RETURN));
	return js->paths[(hash >> 32) % (sizeof js->paths / sizeof *js->paths)];
}

/* Whether the stack is that of this path. A signal handler on this thread may write a path at any time. */
static bool is_path(const struct path *p, const struct js *js, uintptr_t exit, struct calls *calls)
{
	uint32_t turn = __atomic_load_n(&p->turn, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (turn & 1 || p->word[0].at != exit || p->epoch != js->epoch)
		return false;
	for (const struct proof *w = p->word, *end = w + p->n; w < end; w++)
		if (WORD_AT(w->at) != w->is)
			return false;
	*calls = p->calls;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&p->turn, __ATOMIC_RELAXED) == turn;
}

static void prove(struct path *p, uintptr_t at)
{
	if (p->n < PROOFS)
		p->word[p->n] = (struct proof){at, WORD_AT(at)};
	p->n++;
}

/* Whether this is the address of a frame in V8's walk; if it was in the interpreter, its words are needed too. */
static bool prove_call(struct path *p, uintptr_t frame, uintptr_t returns, const void *pc)
{
	uintptr_t call = (uintptr_t)pc;
	if (call == returns)
		return true;
	if (WORD_AT(frame + BYTECODE) + (WORD_AT(frame + POSITION) >> POSITION_SHIFT) != call)
		return false;
	prove(p, frame + BYTECODE);
	prove(p, frame + POSITION);
	return true;
}

/* Writes the words of the current stack. Returns false if they do not prove these calls. */
static bool prove_all(struct path *p, const struct js *js, uintptr_t exit, void *const *pc, unsigned n)
{
	uintptr_t frame = exit;
	unsigned seen = 0, native = 0;
	p->n = 0;
	while (p->n < PROOFS) {
		uintptr_t returns = WORD_AT(frame + RETURN), caller = WORD_AT(frame + CALLER);
		prove(p, frame + CALLER);
		prove(p, frame + RETURN);
		if (!leads_on(frame, caller))
			return false;
		frame = caller;
		for (unsigned skip = 0; skip <= native && seen + skip < n; skip++)
			if (prove_call(p, frame, returns, pc[seen + skip])) {
				seen += skip + 1;
				native = 0;
				break;
			}
		if (!begins_run(frame))
			continue;
		uintptr_t kept = frame + (uintptr_t)(intptr_t)js->exit_before, before = WORD_AT(kept);
		prove(p, frame + MARK);
		prove(p, kept);
		if (!before)
			return seen + native >= n && p->n <= PROOFS;
		if (!leads_on(frame, before))
			return false;
		frame = before;
		native = 1; /* V8 may name the native function next, which is no frame of JavaScript */
	}
	return false;
}

static void learn(struct js *js, struct path *set, uintptr_t exit, void *const *pc, const struct calls *calls)
{
	struct path *p = &set[js->next_way++ % WAYS];
	if (p->turn & 1) /* this is a signal handler */
		return;
	__atomic_store_n(&p->turn, p->turn + 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	p->epoch = js->epoch;
	p->calls = *calls;
	if (!prove_all(p, js, exit, pc, calls->n))
		p->n = p->word[0].at = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&p->turn, p->turn + 1, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void sample(isolate *in, struct js *js, struct path *set, uintptr_t exit,
					     struct calls *calls)
{
	/* v8::RegisterState: pc, sp, fp. V8 finds by itself where JavaScript made its last call. */
	struct room_for_class registers = {{0}}, info = {{0}};
	void *pc[DEPTH];
	registers.word[0] = (uintptr_t)__builtin_return_address(0);
	registers.word[1] = registers.word[2] = (uintptr_t)__builtin_frame_address(0);
	v8.sample(in, &registers, pc, DEPTH, &info);
	calls->n = info.word[0] <= DEPTH ? (unsigned)info.word[0] : 0;
	calls->key = js ? js->epoch : 0;
	for (unsigned i = 0; i < calls->n; i++)
		calls->key = (calls->key ^ (uintptr_t)pc[i]) * 0x9e3779b97f4a7c15ull;
	calls->key = mix(calls->n, calls->key) | 1;
	if (set && calls->n && calls->n < DEPTH)
		learn(js, set, exit, pc, calls);
}

void js_sample(isolate *in, struct js *js, struct calls *calls)
{
	uintptr_t exit = exit_of(js);
	struct path *set = exit ? set_of(js, exit) : NULL;
	for (unsigned i = 0; set && i < WAYS; i++)
		if (is_path(&set[i], js, exit, calls))
			return;
	sample(in, js, set, exit, calls);
}
