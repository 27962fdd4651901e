/* The stack of a Java thread: see java_stack.h. Follows HotSpot's own walk: src/hotspot/share/runtime/frame.cpp,
 * code/codeCache.cpp, code/scopeDesc.cpp.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/java_stack.h"

#include "shim/arch/arch.h"
#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/lang/lang.h"
#include "shim/libc/libc.h"
#include "shim/state/mix.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

struct hotspot vm;

extern const struct tenant java_tenant;

/* -- the thread ----------------------------------------------------------------------------------------------- */

/* The pthread_key_t under which the VM keeps a thread's JavaThread, plus one (0: not known yet); and the first word of
 * a JavaThread. Other classes are the VM's own threads, whose code is not Java's. */
static uint32_t key_plus_one;
static uintptr_t java_thread_class;

enum { FIRST = 64 };

/* Lists threads of the VM, the oldest first or last, while others come and go. Returns how many. */
static unsigned list_threads(const char *threads[FIRST])
{
	const char *list = vm.thread_list ? *vm.thread_list : NULL, *array;
	unsigned n = 0;
	if (vm.thread_list) {
		uint32_t length;
		if (!list || !peek(&length, list + vm.threads_length, sizeof length) ||
		    !peek(&array, list + vm.threads, sizeof array))
			return 0;
		while (n < FIRST && n < length && peek(&threads[n], array + n * sizeof array, sizeof array) &&
		       threads[n])
			n++;
		return n;
	}
	for (list = *vm.newest_thread; list && n < FIRST; n++) { /* up to JDK 11 */
		threads[n] = list;
		if (!peek(&list, list + vm.next_thread, sizeof list))
			return n;
	}
	return n;
}

/* Finds the key, if the calling thread is one of Java's: then it is in the VM's list, with the stack that this function
 * runs on. The VM makes its first thread before it opens the first class, so this succeeds early, while the list is
 * short. */
static bool find_key(void)
{
	enum { TRIES = 4096 };
	static uint32_t tries;
	const char *threads[FIRST];
	uintptr_t class, base, size, here = (uintptr_t) & class, oldest = 0;
	unsigned n = list_threads(threads);
	if (n && !peek(&oldest, threads[vm.thread_list ? 0 : n - 1], sizeof oldest))
		n = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!peek(&class, threads[i], sizeof class) || !peek(&base, threads[i] + vm.stack_base, sizeof base) ||
		    !peek(&size, threads[i] + vm.stack_size, sizeof size))
			break;
		if (here >= base || base - here > size || class != oldest)
			continue;
		for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++) {
			if (pthread_getspecific(key) != threads[i])
				continue;
			__atomic_store_n(&java_thread_class, class, __ATOMIC_RELAXED);
			__atomic_store_n(&key_plus_one, key + 1, __ATOMIC_RELEASE);
			return true;
		}
	}
	if (__atomic_add_fetch(&tries, 1, __ATOMIC_RELAXED) == TRIES)
		lang_leave(&java_tenant);
	return false;
}

/* The calling thread; NULL if it has no Java frames, or must not be looked at because a signal found it in the VM or in
 * compiled code. */
static const char *this_thread(void)
{
	uint32_t key = __atomic_load_n(&key_plus_one, __ATOMIC_ACQUIRE);
	if (__builtin_expect(!key, 0) && (!find_key() || !(key = __atomic_load_n(&key_plus_one, __ATOMIC_ACQUIRE))))
		return NULL;
	const char *java = pthread_getspecific(key - 1);
	return java && WORD(java, 0) == java_thread_class && NUMBER(java, vm.state) == vm.in_native ? java : NULL;
}

/* -- native frames -------------------------------------------------------------------------------------------- */

/* A frame: its return address, its stack pointer after the return from its callee, its frame pointer; and the end of
 * the stack. */
struct java_spot {
	uintptr_t pc;
	const uintptr_t *sp, *fp, *base;
};

/* What a frame belongs to: the interpreter, a compiled method, VM code between them, or the call by which native code
 * entered Java. BROKEN: the walk met something unknown, such as the way to frames of a virtual thread that are still in
 * the heap. */
enum what { INTERPRETED, COMPILED, BETWEEN, CALLED, BROKEN };

/* The code that contains a return address. A compiled method has an id that is never reused. */
struct java_code {
	const char *blob;
	uint32_t words; /* size of its frames */
	bool compiled;
};

static bool is_named(const char *blob, const char *name)
{
	const char *text = POINTER(blob, vm.blob_name);
	return text && !strcmp(text, name);
}

/* Like CodeHeap::find_start. The heaps are never unmapped, and their segment maps lead to the start of each block. */
static bool find_code(uintptr_t pc, struct java_code *code)
{
	const char *heaps = *vm.heap_list;
	int n = heaps ? NUMBER(heaps, vm.heaps_length) : 0;
	for (int i = 0; i < n && i < 8; i++) {
		const char *heap = POINTER(POINTER(heaps, vm.heaps), i * (int)sizeof heap);
		uintptr_t low = WORD(heap, vm.heap_memory + vm.space_low);
		if (pc < low || pc >= WORD(heap, vm.heap_memory + vm.space_high))
			continue;
		int shift = NUMBER(heap, vm.heap_shift);
		const unsigned char *map = (const void *)POINTER(heap, vm.heap_segments + vm.space_low);
		size_t segment = (pc - low) >> shift;
		for (unsigned char back; (back = __atomic_load_n(&map[segment], __ATOMIC_RELAXED)); segment -= back)
			if (back == 0xff || back > segment) /* free, or being freed */
				return false;
		const char *block = (const char *)low + (segment << shift);
		if (!AT(block, vm.block_used, bool))
			return false;
		code->blob = block + vm.size_of_block;
		code->words = (uint32_t)NUMBER(code->blob, vm.blob_words);
		code->compiled = is_named(code->blob, "nmethod") || is_named(code->blob, "native nmethod");
		/* A call from compiled code by the foreign function interface; its frames have a fixed size too. */
		return code->compiled || is_named(code->blob, "nep_invoker_blob");
	}
	return false;
}

/* A cache for return addresses, one word each: the size of the frame, whether it is a compiled method, the low bits of
 * its id, the offset of its blob. The address is stored xored with that word, so a mix of two threads' writes matches
 * no address. */
static struct {
	uintptr_t hidden;
	uint64_t code;
} known[1024];
enum { WORDS_AT = 49, COMPILED_AT = 48, ID_AT = 28, ID_BITS = 20, UNIT = 8 };

static inline uint32_t id_of(const char *blob) { return (uint32_t)NUMBER(blob, vm.compile_id) & ((1u << ID_BITS) - 1); }

static inline __attribute__((always_inline)) bool code_of(uintptr_t pc, struct java_code *code)
{
	unsigned slot = (unsigned)(mix(1, pc) >> 40) % (sizeof known / sizeof *known);
	uint64_t seen = __atomic_load_n(&known[slot].code, __ATOMIC_RELAXED);
	const char *low = *vm.code_low;
	if ((__atomic_load_n(&known[slot].hidden, __ATOMIC_RELAXED) ^ seen) == pc) {
		code->blob = low + (seen & ((1u << ID_AT) - 1)) * UNIT;
		code->words = (uint32_t)(seen >> WORDS_AT);
		code->compiled = seen >> COMPILED_AT & 1;
		if (!code->compiled || id_of(code->blob) == (seen >> ID_AT & ((1u << ID_BITS) - 1)))
			return true;
	}
	if (!find_code(pc, code))
		return false;
	uint64_t at = (uintptr_t)(code->blob - low) / UNIT;
	if (at >> ID_AT || code->words >> (64 - WORDS_AT) || (uintptr_t)code->blob % UNIT)
		return true;
	seen = (uint64_t)code->words << WORDS_AT | (uint64_t)code->compiled << COMPILED_AT | at;
	seen |= code->compiled ? (uint64_t)id_of(code->blob) << ID_AT : 0;
	__atomic_store_n(&known[slot].code, seen, __ATOMIC_RELAXED);
	__atomic_store_n(&known[slot].hidden, pc ^ seen, __ATOMIC_RELAXED);
	return true;
}

static inline bool is_on_stack(const struct java_spot *s, const uintptr_t *at)
{
	return at >= s->sp && at < s->base - 1 && !((uintptr_t)at % sizeof *at);
}

/* Starts where Java was last left. Returns false if it never was, or has been returned to. */
static bool begin_at(const char *anchor, struct java_spot *s)
{
	s->sp = AT(anchor, vm.last_sp, const uintptr_t *);
	s->fp = AT(anchor, vm.last_fp, const uintptr_t *);
	if (!s->sp || s->sp >= s->base || (uintptr_t)s->sp % sizeof *s->sp)
		return false;
	s->pc = WORD(anchor, vm.last_pc);
	s->pc = s->pc ? s->pc : s->sp[-1];
	return true;
}

static bool begin(struct java_spot *s)
{
	const char *java = this_thread();
	if (!java)
		return false;
	s->base = AT(java, vm.stack_base, const uintptr_t *);
	return begin_at(java + vm.anchor, s);
}

static bool trusted; /* the interpreter's frame layout has been confirmed */

static inline bool is_interpreter(uintptr_t pc)
{
	const char *queue = *vm.interpreter;
	return queue && pc - WORD(queue, vm.stubs) < (uintptr_t)NUMBER(queue, vm.stubs_size);
}

static bool peek_pointer(const char **to, const char *from) { return peek(to, from, sizeof *to) && *to; }

/* Whether an interpreter frame has its method and its bytecode pointer where ARCH_JAVA_AT and its kin say, since the VM
 * does not describe this. Checked until a frame had both. */
static __attribute__((noinline)) bool look_into(const struct java_spot *s)
{
	enum { DOUBTS = 64 };
	static uint32_t doubts;
	const char *method = (const char *)s->fp[ARCH_JAVA_METHOD], *constant, *pool, *class, *name;
	uint16_t size, length;
	bool is = peek_pointer(&constant, method + vm.method_const) &&
		  peek(&size, constant + vm.code_size, sizeof size) && peek_pointer(&pool, constant + vm.constants) &&
		  peek_pointer(&class, pool + vm.holder) && peek_pointer(&name, class + vm.class_name) &&
		  peek(&length, name + vm.symbol_length, sizeof length);
	if (is && !size) /* a native method has no bytecode */
		return true;
	is = is && s->fp[ARCH_JAVA_AT] - (uintptr_t)(constant + vm.size_of_const) < size;
	if (is)
		__atomic_store_n(&trusted, true, __ATOMIC_RELAXED);
	else if (!sys_off() && __atomic_add_fetch(&doubts, 1, __ATOMIC_RELAXED) == DOUBTS)
		lang_leave(&java_tenant);
	return is;
}

static inline __attribute__((always_inline)) enum what look(const struct java_spot *s, struct java_code *code)
{
	if (is_interpreter(s->pc))
		return is_on_stack(s, s->fp) && s->fp + ARCH_JAVA_AT >= s->sp &&
				       (__builtin_expect(__atomic_load_n(&trusted, __ATOMIC_RELAXED), 1) ||
					look_into(s))
			       ? INTERPRETED
			       : BROKEN;
	if (s->pc == (uintptr_t)*vm.call_returns) /* first, since code_of() remembers only what it finds */
		return is_on_stack(s, s->fp) ? CALLED : BROKEN;
	if (code_of(s->pc, code))
		return code->words > 1 && code->words < s->base - s->sp ? code->compiled ? COMPILED : BETWEEN : BROKEN;
	return BROKEN;
}

/* Moves on to the caller's frame. Returns false if there is none. */
static inline __attribute__((always_inline)) bool go_on(struct java_spot *s, enum what what,
							const struct java_code *code)
{
	const uintptr_t *before = s->sp, *fp = s->fp;
	switch (what) {
	case INTERPRETED:
		s->pc = fp[1];
		s->sp = (const uintptr_t *)fp[ARCH_JAVA_SP];
		s->fp = (const uintptr_t *)fp[0];
		break;
	case COMPILED:
	case BETWEEN:
		s->sp += code->words;
		s->pc = s->sp[-1];
		s->fp = (const uintptr_t *)s->sp[-2];
		break;
	case CALLED:
		if (!is_on_stack(s, (const uintptr_t *)fp[vm.call_wrapper]) ||
		    !begin_at((const char *)fp[vm.call_wrapper] + vm.call_anchor, s))
			return false;
		break;
	case BROKEN: return false;
	}
	return s->sp > before && s->sp < s->base && !((uintptr_t)s->sp % sizeof *s->sp);
}

/* -- the public functions -------------------------------------------------------------------------------------- */

/* A class may lie where another one was, so its name is part of the key. */
uint64_t java_key(void)
{
	struct java_spot s;
	struct java_code code;
	uint64_t key = 1;
	if (!begin(&s))
		return 0;
	for (int room = DEPTH; room; room--) {
		enum what what = look(&s, &code);
		if (what == INTERPRETED) {
			const char *method = (const char *)s.fp[ARCH_JAVA_METHOD];
			key = (key ^ (s.fp[ARCH_JAVA_AT] + (uintptr_t)method * 5)) * 0x9e3779b97f4a7c15ull;
			key ^= WORD(java_class(method), vm.class_name) << 20;
		} else if (what == COMPILED) {
			key = (key ^ s.pc ^ (uint64_t)id_of(code.blob) << 44) * 0x9e3779b97f4a7c15ull;
		}
		if (!go_on(&s, what, &code))
			break;
	}
	return mix(1, key) | 1;
}

/* -- frames of Java ------------------------------------------------------------------------------------------- */

/* The VM's packed numbers have up to five bytes. From JDK 20 on, none of these bytes is 0. */
uint32_t java_packed(const unsigned char **at)
{
	uint32_t excluded = *vm.major >= 20, n = 0;
	for (unsigned i = 0; i < 5; i++) {
		uint32_t byte = *(*at)++;
		n += (byte - excluded) << 6 * i;
		if (byte < 192)
			break;
	}
	return n;
}

static void add(struct java_frames *f, const char *method, int bytecode)
{
	if (method && f->n < DEPTH)
		f->list[f->n++] = (struct java_frame){method, bytecode};
}

static uint64_t code_start(const char *blob)
{
	return vm.blob_code >= 0 ? WORD(blob, vm.blob_code)
				 : (uintptr_t)blob + (uintptr_t)NUMBER(blob, vm.blob_code_offset);
}

/* What the compiler recorded for the instruction before pc; 0: nothing. */
static uint32_t scope_at(const char *blob, const char *tables, uintptr_t pc)
{
	const char *p = tables + NUMBER(blob, vm.pcs),
		   *end = tables + NUMBER(blob, vm.tables < 0 ? vm.pcs_end : vm.scopes_offset);
	int64_t offset = (int64_t)(pc - code_start(blob));
	for (; p < end; p += vm.size_of_pc)
		if (NUMBER(p, vm.pc_offset) == offset)
			return (uint32_t)NUMBER(p, vm.pc_scope);
	return 0;
}

static void add_compiled(struct java_frames *f, const struct java_spot *s, const char *blob)
{
	bool old = vm.tables < 0;
	const char *tables = old ? blob : POINTER(blob, vm.tables),
		   *scopes = old ? POINTER(blob, vm.scopes) : tables + NUMBER(blob, vm.scopes_offset),
		   *metadata = old ? blob + NUMBER(blob, vm.metadata)
				   : POINTER(blob, vm.blob_data) + NUMBER(blob, vm.blob_relocation);
	uint32_t scope = scope_at(blob, tables, s->pc);
	int kept = vm.original_pc >= 0 ? NUMBER(blob, vm.original_pc) : 0;
	if (!scope && kept > 0 && is_on_stack(s, s->sp + kept / (int)sizeof *s->sp))
		scope = scope_at(blob, tables, WORD(s->sp, kept)); /* deoptimized: to be interpreted on return */
	if (!scope)
		add(f, POINTER(blob, vm.compiled_method), -1);
	for (unsigned n = 0; scope && n < DEPTH; n++) {
		const unsigned char *at = (const unsigned char *)scopes + scope;
		scope = java_packed(&at);
		uint32_t method = java_packed(&at);
		int bytecode = (int)java_packed(&at) - 1;
		add(f, method ? POINTER(metadata, (int)((method - 1) * sizeof metadata)) : NULL, bytecode);
	}
}

static void add_interpreted(struct java_frames *f, const struct java_spot *s)
{
	const char *method = (const char *)s->fp[ARCH_JAVA_METHOD], *constant = POINTER(method, vm.method_const);
	uintptr_t bytecode = s->fp[ARCH_JAVA_AT] - (uintptr_t)(constant + vm.size_of_const);
	add(f, method, bytecode < AT(constant, vm.code_size, uint16_t) ? (int)bytecode : -1);
}

void java_walk(struct java_frames *f)
{
	struct java_spot s;
	struct java_code code;
	enum what what;
	f->n = 0;
	f->cut = false;
	if (!begin(&s))
		return;
	do {
		what = look(&s, &code);
		if (what == INTERPRETED)
			add_interpreted(f, &s);
		else if (what == COMPILED)
			add_compiled(f, &s, code.blob);
	} while (f->n < DEPTH && go_on(&s, what, &code));
	f->cut = what == BROKEN || f->n == DEPTH;
}
