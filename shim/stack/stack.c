/* Stacks and modules: see stack.h; _Unwind_Backtrace of the Itanium C++ ABI, _dl_find_object(3), elf(5).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/stack.h"

#include "shim/stack/depot.h"
#include "shim/stack/frame.h"
#include "shim/stack/ids.h"
#include "shim/stack/module.h"
#include "shim/arch/arch.h"
#include "shim/libc/libc.h"
#include "shim/state/joined.h"
#include "shim/state/options.h"
#include "shim/state/self.h"
#include "shim/state/mix.h"
#include "shim/state/program.h"
#include "shim/lang/lang.h"
#include "shim/kernel/sys.h"

#include <stdbool.h>
#include <string.h>
#include <unwind.h>

static uintptr_t own_start, own_end;

static uint64_t salt; /* of the process, whose trace has no stacks after a fork, and of the loaded objects */

static _Unwind_Reason_Code no_step(struct _Unwind_Context *context, void *arg)
{
	(void)context;
	(void)arg;
	return _URC_END_OF_STACK;
}

void stack_init(void)
{
	struct dl_find_object self;
	/* The unwinder initializes itself in its first walk. A signal handler must not call it in the middle of that. */
	_Unwind_Backtrace(no_step, NULL);
	if (!program_find(stack_init, &self))
		return;
	own_start = (uintptr_t)self.dlfo_map_start;
	own_end = (uintptr_t)self.dlfo_map_end;
}

/* A walk up the stack. So that a later call can see that its own walk would be the same, it keeps words of the stack, in an order in which
 * each word that is unchanged proves where the next one lies: the return addresses, including those in the shim's frames; and, if a frame
 * is found by its frame pointer, before its return address the slot where the frame pointer is saved. A frame found by its stack pointer
 * has the same size each time at the same instruction. Where ARCH_FRAMES is 0, no walk is remembered. */
#define SPAN 48
struct word {
	uintptr_t at, is;
};
struct walk {
	unsigned n, max;
	unsigned beyond; /* steps beyond `max` */
	bool begun;
	bool interrupted; /* a signal handler's frame is in it */
	uintptr_t first;  /* where stack_here returns to */
	uintptr_t page;	  /* see frame.h */
	uintptr_t pc[DEPTH];
	uintptr_t cfa;	/* of the frame below; 0: not proved, so the walk is not remembered */
	uintptr_t by;	/* where the frame pointer that gave `cfa` is saved; 0: found by the stack pointer */
	unsigned words; /* SPAN + 1: cannot be remembered */
	struct word word[SPAN];
	uintptr_t kept[ARCH_SLOTS];	/* where each register's value in this frame is saved; 0: not known */
	bool seeks;			/* looks for an interpreter's state in these registers, see lang.h */
	uintptr_t state_at, state_rank; /* where the state is saved; 0: none found */
};

typedef uintptr_t __attribute__((may_alias)) stack_word;
#define WORD_AT(address) (*(const stack_word *)(address))

static void remember_word(struct walk *w, uintptr_t at)
{
	if (w->words < SPAN)
		w->word[w->words++] = (struct word){at, WORD_AT(at)};
	else
		w->words = SPAN + 1;
}

/* Whether the unwinder's current frame, which returns to pc, lies where the earlier words prove it to be. The unwinder
 * has read the memory that is read here. */
static bool is_proved(const struct walk *w, uintptr_t cfa, uintptr_t pc)
{
	return w->cfa == cfa && WORD_AT(cfa - sizeof pc) == pc;
}

static void remember_step(struct walk *w, uintptr_t cfa, uintptr_t pc)
{
	if (!is_proved(w, cfa, pc)) {
		w->words = SPAN + 1;
		return;
	}
	if (!w->begun) /* the key of the walk tells where it begins */
		return;
	if (w->by)
		remember_word(w, w->by);
	remember_word(w, cfa - sizeof pc);
}

/* Applies the rule that leads to the caller's frame. */
static void remember_rule(struct walk *w, const struct frame_rule *rule)
{
	w->by = ARCH_FRAMES && rule->reg == ARCH_FRAME_POINTER ? w->kept[arch_slot(ARCH_FRAME_POINTER)] : 0;
	if (w->cfa && rule->reg == ARCH_STACK_POINTER)
		w->cfa += (uintptr_t)rule->offset;
	else
		w->cfa = w->cfa && w->by ? WORD_AT(w->by) + (uintptr_t)rule->offset : 0;
	for (int i = 0; i < ARCH_SLOTS; i++)
		if (rule->at[i] == FRAME_LOST || !w->cfa)
			w->kept[i] = 0;
		else if (rule->at[i] != FRAME_KEPT)
			w->kept[i] = w->cfa + (uintptr_t)rule->at[i];
}

/* Looks for an interpreter's state in saved registers. If the remembered words are unchanged, so is the code that saved it there. If there
 * are several, because one coroutine runs another, the innermost counts. */
static void seek_state(struct walk *w, uintptr_t pc)
{
	for (int i = 0; i < ARCH_SLOTS; i++) {
		if (!w->kept[i] || (w->state_at && WORD_AT(w->kept[i]) == WORD_AT(w->state_at)))
			continue;
		uintptr_t rank = lang_state_rank(pc, WORD_AT(w->kept[i]));
		if (rank && (!w->state_at || rank < w->state_rank)) {
			w->state_at = w->kept[i];
			w->state_rank = rank;
		}
	}
}

/* Beyond stack_depth only the user's own frames are kept, as far up as the walk can be remembered: further up, each call would have to walk
 * again. Where walks are not remembered, each call does, so the number of steps is bounded. */
static bool may_go_beyond(struct walk *w, uintptr_t cfa, uintptr_t pc)
{
	enum { WORDS_A_STEP = 2 };
	if (!ARCH_FRAMES)
		return w->beyond++ < DEPTH;
	return w->words <= SPAN - WORDS_A_STEP && is_proved(w, cfa, pc);
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *w = arg;
	int interrupted = 0;
	uintptr_t pc = _Unwind_GetIPInfo(context, &interrupted), cfa = _Unwind_GetCFA(context);
	w->interrupted |= interrupted;
	pc += (uintptr_t)(pc && interrupted); /* not a call: treated as if a call had ended there */
	if (!pc || w->n == DEPTH || (w->n >= w->max && !may_go_beyond(w, cfa, pc)))
		return _URC_END_OF_STACK;
	bool own = pc >= own_start && pc < own_end;
	if (!w->begun && pc != w->first) /* stack_here itself and its callees */
		return _URC_NO_REASON;
	remember_step(w, cfa, pc);
	w->begun = true;
	w->seeks &= !interrupted && w->words <= SPAN; /* in the middle of an instruction, a state may be half written */
	if (w->seeks && !own)
		seek_state(w, pc);
	if (!own && (w->n < w->max || module_is_own(pc)))
		w->pc[w->n++] = pc;
	struct frame_rule rule = frame_rule(pc);
	if (!own && !frame_leads_on(context, &rule, &w->page))
		return _URC_END_OF_STACK;
	remember_rule(w, &rule);
	return _URC_NO_REASON;
}

/* Walks known by where they began: unwinding costs a microsecond, reading the slots again costs next to nothing. All threads share one
 * table, since each has a stack of its own. A thread that meets an entry that is being written unwinds. */
#define KNOWN 1024
#define WAYS 8
static struct known {
	uintptr_t frame;
	uint64_t key; /* the hook, and what the interpreter is running */
	uint64_t
		head; /* a sequence number above the size of its words, which is 0 while the entry is written, and else a multiple of
			* AT_ONCE words: the last one is repeated */
	uint32_t id;
	uintptr_t state_at; /* not 0: walks of this path differ by the state saved there; the id is the path's own */
	uintptr_t state_is; /* that state; another value may be no state, so it needs a walk */
	struct word word[SPAN];
} known[KNOWN] __attribute__((aligned(4096)));

#define AT_ONCE 6
enum { HEAD_BYTES = 0xfff };
_Static_assert(SPAN % AT_ONCE == 0, "a walk is looked at in whole turns");
_Static_assert(SPAN * sizeof(struct word) <= HEAD_BYTES, "it fits");

#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define SET(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELAXED)

/* Where an entry is looked for first; and the set of entries in one of which it is. */
static inline __attribute__((always_inline)) struct known *known_first(uintptr_t frame, uint64_t key)
{
	return &known[((key ^ frame) * 0x9e3779b97f4a7c15ull) / (UINT64_MAX / KNOWN + 1)];
}
static inline struct known *known_set(const struct known *first) { return &known[(first - known) / WAYS * WAYS]; }

/* Returns the id of the entry's walk, or 0 if the current walk is another one; stores where its state is saved, if asked. Takes the
 * addresses of some words at a time, and checks the head once after loading them, before trusting any. A word is read only if all earlier
 * ones match, so no read leaves the stack: see struct walk. All that is live in the loop has room in the registers that a caller saves. */
static inline __attribute__((always_inline)) uint32_t known_id(const struct known *k, uintptr_t frame, uint64_t key,
							       uintptr_t *state_at)
{
	uint64_t head = __atomic_load_n(&k->head, __ATOMIC_ACQUIRE);
	if (JOINED(k->frame) != frame || JOINED(k->key) != key || !(head & HEAD_BYTES))
		return 0;
	const struct word *w = k->word, *end = (const struct word *)((const char *)w + (head & HEAD_BYTES));
	uint32_t id = GET(k->id);
	uintptr_t at = state_at ? GET(k->state_at) : 0, is = state_at ? GET(k->state_is) : 0;
	do {
#define EACH(what) what(0) what(1) what(2) what(3) what(4) what(5)
#define LOAD(i) uintptr_t at##i = GET(w[i].at);
#define DIFFERS(i) || WORD_AT(at##i) != GET(w[i].is)
		EACH(LOAD)
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (JOINED(k->head) != head) /* replaced by another walk, whose words may be outside this stack */
			return 0;
		if (false EACH(DIFFERS))
			return 0; /* another path */
#undef EACH
#undef LOAD
#undef DIFFERS
	} while ((w += AT_ONCE) < end);
	if (at && WORD_AT(at) != is)
		return 0;
	if (state_at)
		*state_at = at;
	if (!id) /* it has one, as it has words */
		__builtin_unreachable();
	return id;
}

static void learn(uintptr_t frame, uint64_t key, const struct walk *w, uint32_t id, uintptr_t state_at)
{
	static uint32_t turn;
	if (!id || !w->words || w->words > SPAN)
		return;
	struct known *k = known_first(frame, key), *set = known_set(k);
	if (GET(k->head))
		for (k = set; k < set + WAYS && GET(k->head);)
			k++;
	if (k == set + WAYS)
		k = set + __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % WAYS;
	uint64_t head = GET(k->head), next = (head | HEAD_BYTES) + 1;
	unsigned n = (w->words + AT_ONCE - 1) / AT_ONCE * AT_ONCE;
	if ((head && !(head & HEAD_BYTES)) ||
	    !__atomic_compare_exchange_n(&k->head, &head, next, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	SET(k->frame, frame);
	SET(k->key, key);
	SET(k->id, id);
	SET(k->state_at, state_at);
	SET(k->state_is, state_at ? WORD_AT(state_at) : 0);
	for (unsigned i = 0; i < n; i++) {
		const struct word *word = &w->word[i < w->words ? i : w->words - 1];
		SET(k->word[i].at, word->at);
		SET(k->word[i].is, word->is);
	}
	__atomic_store_n(&k->head, next | n * sizeof *w->word, __ATOMIC_RELEASE);
}

/* A frame, where that returns to, and perhaps what distinguishes walks of which these are the same. */
struct walk_start {
	uintptr_t frame, first, caller;
};
static inline uint64_t key_of(uint64_t lang, struct walk_start from)
{
	return (lang ^ GET(salt)) + from.first + from.caller;
}

/* Separate from stack_here, which needs little stack for known walks. `path`: the known path's id, 0 for none. */
static __attribute__((noinline)) uint32_t walk_from(struct walk_start from, uint64_t lang, bool quiet, uint32_t path)
{
	static uint32_t paths;
	struct walk w; /* not cleared: it is large */
	const void *before = thread.state;
	w.n = w.words = w.beyond = 0;
	w.begun = w.interrupted = false;
	w.page = w.by = w.state_at = 0;
	w.max = (unsigned)options.stack_depth;
	w.first = from.first;
	w.cfa = ARCH_FRAMES ? arch_cfa(from.frame) : 0;
	w.seeks = ARCH_FRAMES && lang_seeks();
	memset(w.kept, 0, sizeof w.kept);
	if (ARCH_FRAMES)
		w.kept[arch_slot(ARCH_FRAME_POINTER)] = from.frame;
	_Unwind_Backtrace(step, &w);
	if (!w.n)
		return 0;
	thread.state = w.state_at ? (const void *)WORD_AT(w.state_at) : NULL;
	if (w.state_at) {
		if (!path) {
			path = ~__atomic_fetch_add(&paths, 1, __ATOMIC_RELAXED);
			learn(from.frame, key_of(lang, from), &w, path, w.state_at);
		}
		lang = mix(lang + path, lang_state_key(thread.state));
		w.words = w.words <= SPAN ? 1 : w.words; /* the path has been recognized by its own */
	}
	bool unasked = thread.unasked;
	thread.unasked = w.interrupted || quiet; /* a quiet stack is no socket's: V8 opens files, too */
	uint32_t id = ids_of(w.pc, w.n, lang ? lang_kept_key() : 0, GET(salt), quiet);
	if (!quiet) /* as is then every walk that is found by this key, which has the place of the call of stack_here() */
		id = stack_tell(id);
	learn(from.frame, key_of(lang, from), &w, id, 0);
	thread.unasked = unasked;
	thread.state = before;
	return id;
}

static uint32_t recall(uintptr_t frame, uint64_t key, uintptr_t *state_at)
{
	const struct known *first = known_first(frame, key), *k = known_set(first), *end = k + WAYS;
	uint32_t id = ARCH_FRAMES ? known_id(first, frame, key, state_at) : 0;
	while (ARCH_FRAMES && !id && k < end)
		id = known_id(k++, frame, key, state_at);
	return id;
}

/* The key includes the return address, since many hooks have frames of the same size. */
static __attribute__((noinline)) uint32_t stack_asked(uintptr_t frame, uintptr_t first, uintptr_t caller, bool quiet)
{
	struct walk_start from = {frame, first, caller};
	if (!options.stack_depth)
		return 0;
	uint64_t lang = lang_key();
	uintptr_t state_at = 0;
	uint32_t id = recall(from.frame, key_of(lang, from), &state_at), path = state_at ? id : 0;
	if (path) {
		uint64_t state = lang_state_key((const void *)WORD_AT(state_at));
		id = recall(from.frame, key_of(mix(lang + path, state), from), NULL);
	}
	return id ? id : walk_from(from, lang, quiet, path);
}

#define FRAME (uintptr_t) __builtin_frame_address(0)
#define RETURNS_TO (uintptr_t) __builtin_extract_return_addr(__builtin_return_address(0))

/* The common case, no language and a walk that is where it is looked for first, has to save few registers: what only other cases need waits in memory. */
static inline __attribute__((always_inline)) uint32_t stack_of(uintptr_t first, uintptr_t caller, bool plain,
							       bool quiet)
{
	if (!ARCH_FRAMES || !plain)
		return stack_asked(FRAME, first, caller, quiet);
	const uint64_t key = key_of(0, (struct walk_start){FRAME, first, caller});
	const struct known *k = known_first(FRAME, key);
	__asm__("" : "+r"(k), "+m"(first));
	if (!__builtin_constant_p(caller))
		__asm__("" : "+m"(caller));
	uint32_t id = known_id(k, FRAME, key, NULL);
	return __builtin_expect(id != 0, 1) ? id : stack_asked(FRAME, first, caller, quiet);
}

/* No tail call, which would remove the frame first. */
static inline __attribute__((always_inline)) uint32_t in_frame(uint32_t id)
{
	__asm__ volatile("" : "+r"(id));
	return id;
}

__attribute__((noinline)) uint32_t stack_here(void) { return in_frame(stack_of(RETURNS_TO, 0, !lang_any(), false)); }

__attribute__((noinline)) uint32_t stack_from(uintptr_t caller)
{
	return in_frame(stack_of(RETURNS_TO, caller, !lang_any(), false));
}

__attribute__((noinline)) uint32_t stack_plain(void) { return in_frame(stack_of(RETURNS_TO, 0, true, false)); }

__attribute__((noinline)) uint32_t stack_quiet(void) { return in_frame(stack_of(RETURNS_TO, 0, !lang_any(), true)); }

void stack_unloaded(void)
{
	if (!module_unloaded())
		return;
	depot_unloaded();
	__atomic_store_n(&salt, mix(salt + 1, 0), __ATOMIC_RELAXED);
}

/* The tables are not cleared, which would cost more than a fork: nothing in them matches the new salt. */
void stack_forget(void)
{
	salt = mix(salt + 1, (uint64_t)process_pid());
	module_forget();
	ids_forget();
}
