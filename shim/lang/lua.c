/* The tenant for Lua: see lang.h. The state of the running coroutine is found in a register saved by one of the
 * interpreter's functions. Lua 5.1 to 5.4 and LuaJIT 2.1; other versions are not found, nor is any where the shim does
 * not know where registers are saved (ARCH_FRAMES). lstate.h, lobject.h of Lua; lj_obj.h, lj_frame.h of LuaJIT.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/kernel/peek.h"
#include "shim/lang/function_around.h"
#include "shim/libc/libc.h"
#include "shim/model/system.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"
#include "shim/state/program.h"

#include <stddef.h>
#include <string.h>

/* Offsets in Lua's structures, in bytes, with 64-bit pointers. */
static const struct lua_layout {
	const char *shown_by;		     /* a function that this version has and those in later rows lack */
	unsigned short ci, error, base_ci;   /* of lua_State */
	unsigned short func, pc, back;	     /* of CallInfo; back 0: an array that starts at base_ci */
	unsigned short proto, source, lines; /* of a closure, and of its prototype */
	unsigned short allows_hook;	     /* of lua_State; 0: a finalizer has a name instead, at level `named` */
	unsigned short named;
	unsigned short line, text; /* of lua_Debug */
} layouts[] = {
	{"lua_setwarnf", 32, 88, 96, 0, 32, 16, 24, 112, 44, 0, 0, 48, 68},
	{"lua_rotate", 32, 88, 96, 0, 40, 16, 24, 104, 40, 0, 1, 40, 56},
	{"lua_callk", 32, 112, 128, 0, 56, 16, 24, 72, 104, 73, 0, 40, 56},
	{"lua_cpcall", 40, 168, 80, 8, 24, 0, 32, 64, 96, 101, 0, 40, 56},
};
_Static_assert(sizeof layouts / sizeof *layouts == 4, "state_key() has a case for each");
static const struct lua_layout *layout;
enum { CALL_INFO = 40 };				   /* the size of a CallInfo, in the array */
enum { NAME = 8, NAME_WHAT = 16, WHAT = 24, SOURCE = 32 }; /* of lua_Debug, whose full size depends on the build */
union description {
	char at[1024];
	void *aligned;
};

/* The same for LuaJIT, whose references have 64 bits (LJ_GC64) or 32. */
static const struct jit_layout {
	bool wide;
	unsigned char type, base, top, stack, cframe; /* of lua_State */
	unsigned char pc, size, chunk, lines, hash;   /* of a function, a prototype and a string */
} jit_layouts[] = {
	{true, 9, 32, 40, 56, 80, 32, 104, 64, 72, 12},
	{false, 5, 16, 24, 36, 48, 16, 64, 40, 44, 8},
};
static const struct jit_layout *jit; /* NULL: not LuaJIT, or not known yet */
static bool is_jit;

static int (*get_stack)(void *, int, void *);
static int (*get_info)(void *, const char *, void *);
static struct dl_find_object interpreter;
static uintptr_t calls[3]; /* the API's functions that call a C function */

#define FIELD(p, offset) (*(const char *const *)((p) + (offset)))
#define FIELD_AS(type, p, offset) (*(const type *)(const void *)((p) + (offset)))

static void *function_called(const char *name)
{
	void *found = dlsym(RTLD_DEFAULT, name);
	if (!found)
		dlerror(); /* the host has not called dlsym yet */
	return found;
}

static bool find(void)
{
	static const char *const callers[] = {"lua_pcall", "lua_call", "lua_cpcall"};
	/* dlsym allocates when it does not find a symbol */
	if (sizeof(void *) != 8 || (!lang_is_here("luajit") && !lang_is_here("lua")))
		return false;
	get_stack = (int (*)(void *, int, void *))function_called("lua_getstack");
	get_info = (int (*)(void *, const char *, void *))function_called("lua_getinfo");
	if (!get_stack || !get_info || !program_find((void *)get_stack, &interpreter))
		return false;
	if (function_called("lua_pushexternalstring")) /* Lua 5.5 */
		return false;
	is_jit = function_called("luaJIT_setmode");
	for (size_t i = 0; !layout && i < sizeof layouts / sizeof *layouts; i++)
		if (function_called(layouts[i].shown_by))
			layout = &layouts[i];
	for (int i = 0; is_jit && i < 3; i++)
		calls[i] = (uintptr_t)function_called(callers[i]);
	return layout;
}

/* Whether a value's type is that of a Lua function. Up to 5.1, only the function itself shows that. */
enum { IS_C = 10 }; /* of a closure */
static inline bool is_in_lua(char type, bool is_c, const struct lua_layout *in)
{
	enum { LUA_FUNCTION = 0x46, FUNCTION = 6 };
	return in->back ? type == LUA_FUNCTION : type == FUNCTION && !is_c;
}

/* -- states --------------------------------------------------------------------------------------------------- */

/* A state's rank: where its protected call began on this thread's stack. An unprotected one counts as further out than
 * any; 0: not on this stack. */
static uintptr_t rank_of(uintptr_t began)
{
	enum { FAR = 1 << 28 };
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	return !began ? UINTPTR_MAX : began > here && began - here < FAR ? began : 0;
}

/* Whether this is a function and, if it is in Lua, has a prototype whose source is a string. */
static bool has_source(const char *value)
{
	enum { CLOSURE = 40, PROTO = 120, FUNCTION = 6, STRING = 4 };
	char tagged[16], closure[CLOSURE], proto[PROTO], source[16];
	if (!peek(tagged, value, sizeof tagged) || (tagged[8] & 15) != FUNCTION)
		return false;
	if (layout->back && !is_in_lua(tagged[8], false, layout))
		return true;
	if (!peek(closure, FIELD(tagged, 0), CLOSURE))
		return false;
	if (!is_in_lua(tagged[8], closure[IS_C], layout))
		return true;
	return peek(proto, FIELD(closure, layout->proto), PROTO) &&
	       (!FIELD(proto, layout->source) ||
		(peek(source, FIELD(proto, layout->source), sizeof source) && (source[8] & 15) == STRING));
}

/* Whether a state's calls form a list or an array in which each call's function lies above its caller's. */
static bool has_calls(const char *state, const char *head)
{
	enum { CHECKED = 8, THREAD = 8, SIZE = 64 };
	const char *at = FIELD(head, layout->ci), *func = NULL;
	const char *base = layout->back ? state + layout->base_ci : FIELD(head, layout->base_ci);
	char ci[SIZE];
	if (head[8] != THREAD || at == base)
		return false;
	for (int i = 0; i < CHECKED && at != base; i++) {
		if (((uintptr_t)at & 7) || !peek(ci, at, SIZE) || (func && FIELD(ci, layout->func) >= func))
			return false;
		func = FIELD(ci, layout->func);
		const char *outer = layout->back ? FIELD(ci, layout->back) : at - CALL_INFO, *next;
		if (!outer || (layout->back && (!peek(&next, outer + 24, sizeof next) || next != at)) ||
		    (!layout->back && outer < base) || !has_source(func))
			return false;
		at = outer;
	}
	return true;
}

static uintptr_t ref(const char *p, bool wide) { return wide ? FIELD_AS(uint64_t, p, 0) : FIELD_AS(uint32_t, p, 0); }

static uintptr_t function_of(const char *frame, bool wide)
{
	return wide ? FIELD_AS(uint64_t, frame, -8) & ((1ull << 47) - 1) : FIELD_AS(uint32_t, frame, 0);
}

static bool is_jit_state(const char *head, const struct jit_layout *in)
{
	enum { THREAD = 6, FUNCTION = 8 };
	const char *base = FIELD(head, in->base), *top = FIELD(head, in->top);
	uintptr_t stack = ref(head + in->stack, in->wide);
	char frame[16], func[16];
	return head[in->type] == THREAD && head[in->type + 1] == 1 && !((uintptr_t)base & 7) &&
	       stack < (uintptr_t)base && base <= top && peek(frame, base - 16, sizeof frame) &&
	       peek(func, (void *)function_of(frame + 8, in->wide), sizeof func) && func[in->type] == FUNCTION;
}

static uintptr_t rank(uintptr_t pc, uintptr_t value)
{
	enum { HEAD = 176 };
	const char *state = (const char *)value;
	char head[HEAD];
	if (pc < (uintptr_t)interpreter.dlfo_map_start || pc >= (uintptr_t)interpreter.dlfo_map_end || (value & 7) ||
	    value < 4096 || !peek(head, state, HEAD))
		return 0;
	if (!is_jit)
		return has_calls(state, head) ? rank_of(FIELD_AS(uintptr_t, head, layout->error)) : 0;
	for (size_t i = 0; i < sizeof jit_layouts / sizeof *jit_layouts; i++) {
		const struct jit_layout *in = &jit_layouts[i];
		if ((jit && jit != in) || !is_jit_state(head, in) || !FIELD(head, in->cframe))
			continue;
		uintptr_t found = rank_of(FIELD_AS(uintptr_t, head, in->cframe) & ~(uintptr_t)3);
		if (found)
			__atomic_store_n(&jit, in, __ATOMIC_RELAXED);
		return found;
	}
	return 0;
}

/* -- frames --------------------------------------------------------------------------------------------------- */

static inline uint64_t word(const char *at)
{
	uint64_t n;
	memcpy(&n, at, sizeof n);
	return n;
}

/* Identifies the name of a source. Long strings have no hash until one is requested. */
static inline uint64_t name_of(const char *source)
{
	enum { TYPE = 8, LONG = 0x10, LENGTH = 16, TEXT = 24 };
	if (!source) /* stripped */
		return 0;
	if (source[TYPE] & LONG)
		return word(source + TEXT + FIELD_AS(uint64_t, source, LENGTH) - 8) ^
		       FIELD_AS(uint64_t, source, LENGTH);
	return FIELD_AS(uint32_t, source, 12);
}

/* Code may be loaded at a reused address: its lines and source distinguish it. */
static inline uint64_t place(const char *ci, const char *function, const struct lua_layout *in)
{
	const char *proto = FIELD(function, in->proto);
	return (uintptr_t)FIELD(ci, in->pc) + 3 * name_of(FIELD(proto, in->source)) + 5 * word(proto + in->lines);
}

/* Inlined, like jit_key(), with a layout that is known to the compiler. */
static inline __attribute__((always_inline)) uint64_t plain_key(const char *state, const struct lua_layout *in)
{
	const char *base = in->back ? state + in->base_ci : FIELD(state, in->base_ci), *ci = FIELD(state, in->ci);
	uint64_t key = 1;
	for (int room = DEPTH; ci && ci != base && room; ci = in->back ? FIELD(ci, in->back) : ci - CALL_INFO) {
		const char *func = FIELD(ci, in->func), *function = FIELD(func, 0);
		if (!is_in_lua(func[8], !in->back && (func[8] & 15) == 6 && function[IS_C], in))
			continue;
		key = (key ^ place(ci, function, in)) * 0x9e3779b97f4a7c15ull;
		room--;
	}
	return mix(1, key) | 1;
}

/* Distinguishes a function in Lua from another at the same address. */
static inline uint64_t jit_place(const char *function, const struct jit_layout *in)
{
	enum { PROTOTYPE = 7 };
	const char *proto = (const char *)ref(function + in->pc, in->wide) - in->size;
	if (function[in->type + 1] || proto[in->type] != PROTOTYPE) /* 0: a function in Lua */
		return (uintptr_t)function;
	return (uintptr_t)function + 3 * word((const char *)ref(proto + in->chunk, in->wide) + in->hash) +
	       5 * word(proto + in->lines);
}

enum { FRAME_KIND = 3, FRAME_SIZE_MASK = 7, FRAME_OF_LUA = 0, FRAME_OF_PROTECTED_C = 5 };

static int64_t link_of(const char *frame, const struct jit_layout *in)
{
	return in->wide ? FIELD_AS(int64_t, frame, 0) : FIELD_AS(int32_t, frame, 4);
}

static inline const char *jit_caller(const char *frame, const struct jit_layout *in)
{
	int64_t link = link_of(frame, in);
	if (link & FRAME_KIND)
		return frame - (link & ~(int64_t)FRAME_SIZE_MASK);
	const char *pc = (const char *)(in->wide ? link : (int64_t)(uint32_t)link);
	return frame - 8 * (1 + in->wide + (FIELD_AS(uint32_t, pc, -4) >> 8 & 255));
}

static int line_at(const void *state, int level)
{
	union description ar = {0};
	return get_stack((void *)state, level, &ar) && get_info((void *)state, "l", &ar)
		       ? FIELD_AS(int, ar.at, layout->line)
		       : -1;
}

/* A frame has the position of its caller, unless C was called by no instruction, as for a finalizer. */
static inline __attribute__((always_inline)) uint64_t jit_key(const char *state, const struct jit_layout *in)
{
	const char *frame = FIELD(state, in->base) - 8;
	uintptr_t bottom = ref(state + in->stack, in->wide) + 8 * in->wide;
	uint64_t key = (link_of(frame, in) & FRAME_SIZE_MASK) == FRAME_OF_PROTECTED_C ? (uint64_t)line_at(state, 1) : 1;
	for (int room = DEPTH; (uintptr_t)frame > bottom && room; room--) {
		uint64_t at = jit_place((const char *)function_of(frame, in->wide), in) ^ (uint64_t)link_of(frame, in)
												  << 8;
		key = (key ^ at) * 0x9e3779b97f4a7c15ull;
		frame = jit_caller(frame, in);
	}
	return mix(1, key) | 1;
}

static uint64_t state_key(const void *state)
{
	if (is_jit)
		return jit == jit_layouts ? jit_key(state, &jit_layouts[0]) : jit_key(state, &jit_layouts[1]);
	switch (layout - layouts) {
	case 0: return plain_key(state, &layouts[0]);
	case 1: return plain_key(state, &layouts[1]);
	case 2: return plain_key(state, &layouts[2]);
	default: return plain_key(state, &layouts[3]);
	}
}

/* Whether the function at this level is in Lua; fills in its description. `more`: the level exists. */
static bool describe(const void *state, int level, union description *ar, bool *more)
{
	*more = get_stack((void *)state, level, ar);
	if (!*more || !get_info((void *)state, "Sln", ar))
		return false;
	const char *what = FIELD(ar->at, WHAT);
	return !strcmp(what, "Lua") || !strcmp(what, "main");
}

static const char *file_of(const union description *ar)
{
	const char *source = FIELD(ar->at, SOURCE);
	return *source == '@' ? source + 1 : ar->at + layout->text;
}

/* Whether this frame is recorded: the innermost ones, and all user frames. */
static bool is_kept(const union description *ar, int64_t depth)
{
	const char *file = file_of(ar);
	return depth < options.stack_depth || !(is_system_path(file) || strstr(file, "/share/lua/5."));
}

static uint64_t text_hash(const char *text)
{
	uint64_t h = 1;
	for (; text && *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return h;
}

static uint64_t kept_key(void)
{
	union description ar = {0};
	uint64_t key = 1;
	bool more = thread.state;
	for (int level = 0, depth = 0; more && depth < DEPTH; level++)
		if (describe(thread.state, level, &ar, &more) && is_kept(&ar, depth++))
			key = mix(key, text_hash(file_of(&ar)) + 3 * text_hash(FIELD(ar.at, NAME)) +
					       ((uint64_t)FIELD_AS(int, ar.at, layout->line) << 40));
	return thread.state ? key | 1 : 0;
}

/* -- text ----------------------------------------------------------------------------------------------------- */

static char *put(char *at, const char *end, const char *text)
{
	size_t n = strlen(text), room = (size_t)(end - at);
	return mempcpy(at, text, n < room ? n : room);
}

/* A function has no name of its own: it is shown under the name it was called by. */
static const char *name_in(const union description *ar)
{
	const char *name = FIELD(ar->at, NAME);
	if (!strcmp(FIELD(ar->at, WHAT), "main"))
		return "<main>";
	return name && *name && !name[strcspn(name, "? (")] ? name
							    : "<anonymous>"; /* "(for generator)" is not a name */
}

static void write_frames(struct jsonl *j, char *room, size_t size)
{
	union description ar = {0};
	bool more = thread.state;
	if (!more)
		return;
	jsonl_array(j, "lua");
	for (int level = 0, depth = 0; more && depth < DEPTH && !j->full; level++) {
		if (!describe(thread.state, level, &ar, &more) || !is_kept(&ar, depth++))
			continue;
		int line = FIELD_AS(int, ar.at, layout->line);
		char *at = put(room, room + size / 2, file_of(&ar));
		*at++ = ':';
		at = jsonl_decimal(at, line > 0 ? (uint64_t)line : 0);
		*at++ = ' ';
		at = put(at, room + size, name_in(&ar));
		jsonl_add(j, room, (size_t)(at - room));
	}
	jsonl_array_end(j);
}

/* -- finalizers ----------------------------------------------------------------------------------------------- */

/* LuaJIT calls a finalizer as the API calls a function, but from functions without a name. */
static bool is_called_by_jit(const char *state, const uintptr_t *pc, unsigned n)
{
	const char *frame = FIELD(state, jit->base) - 8;
	uintptr_t vm = 0;
	if ((link_of(frame, jit) & FRAME_SIZE_MASK) != FRAME_OF_PROTECTED_C ||
	    (uintptr_t)jit_caller(frame, jit) <= ref(state + jit->stack, jit->wide) + 8 * jit->wide)
		return false;
	for (unsigned i = 0; i < n; i++) {
		uintptr_t start =
			pc[i] >= (uintptr_t)interpreter.dlfo_map_start && pc[i] < (uintptr_t)interpreter.dlfo_map_end
				? function_around(pc[i])
				: 0;
		if (!vm)
			vm = start;
		else if (start != vm)
			return start && start != calls[0] && start != calls[1] && start != calls[2];
	}
	return false;
}

static const char *name_at(const void *state, int level, union description *ar)
{
	const char *name =
		get_stack((void *)state, level, ar) && get_info((void *)state, "Sn", ar) ? FIELD(ar->at, NAME) : NULL;
	return name ? name : "";
}

/* Whether the current call was made by a finalizer that is a C function. A finalizer in Lua is code of the program. */
static bool finalizes(const void *state, const uintptr_t *pc, unsigned n)
{
	union description ar = {0};
	const char *name = name_at(state, 0, &ar);
	bool is_c = FIELD(ar.at, WHAT) && !strcmp(FIELD(ar.at, WHAT), "C");
	if (!is_c || is_jit)
		return is_c && is_called_by_jit(state, pc, n);
	if (layout->named)
		name = name_at(state, layout->named, &ar);
	bool handles = *name && !strcmp(FIELD(ar.at, NAME_WHAT), "metamethod");
	/* Hooks are off in a finalizer. No instruction calls it, so the name may be the current instruction's. */
	if (layout->allows_hook)
		return (!*name || handles) && !FIELD_AS(uint8_t, (const char *)state, layout->allows_hook);
	return handles && !strcmp(name, "__gc");
}

static uint64_t no_key(void) { return 0; }

static const struct tenant_state of_state = {rank, state_key, finalizes};

const struct tenant lua_tenant = {
	.find = find,
	.key = no_key,
	.kept_key = kept_key,
	.write = write_frames,
	.state = &of_state,
};
