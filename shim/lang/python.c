/* Python, a tenant: see lang.h. Its stack is read in place: no GIL, no Python object made, no lock. CPython 3.9 to 3.13; elsewhere there
 * is none. Include/cpython/{pystate,code,unicodeobject}.h and Include/internal/{pycore_frame,pycore_runtime}.h of CPython.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/arch/arch.h"
#include "shim/kernel/peek.h"
#include "shim/lang/function_around.h"
#include "shim/libc/libc.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/state/mix.h"
#include "shim/kernel/sys.h"
#include "shim/model/system.h"

#include <stddef.h>
#include <string.h>

/* Offsets in CPython's structures, in bytes, with 64-bit pointers. They are the same in all releases of a version; that the program at hand
 * has them is verified before they are used. */
static struct layout {
	unsigned short minor;
	unsigned short type;			     /* of an object */
	unsigned short cframe, frame;		     /* of a thread: 3.11 and 3.12 keep its frame in a cframe */
	unsigned short back, code, at, owner, entry; /* of a frame */
	unsigned short filename, name, first_line, bytecode, names; /* of a code object */
	unsigned short length, state, ascii, wide;		    /* of a string; the last two: its characters */
	unsigned short finalizing;				    /* of _PyRuntime */
} layout;

static const struct layout layouts[] = {
	{9, 8, 0, 24, 24, 32, 104, 0, 0, 104, 112, 40, 0, 64, 16, 32, 48, 72, 16},
	{10, 8, 0, 24, 24, 32, 96, 0, 0, 104, 112, 40, 0, 64, 16, 32, 48, 72, 16},
	{11, 8, 56, 8, 48, 32, 56, 0, 68, 112, 120, 72, 184, 32, 16, 32, 48, 72, 24},
	{12, 8, 56, 0, 8, 0, 56, 70, 0, 112, 120, 68, 192, 32, 16, 32, 40, 56, 24},
};

extern const struct tenant python_tenant;

static void *(*this_thread)(void);
static int (*line_of)(void *code, int at);
static void *const *finalizing; /* in _PyRuntime: the thread that ends the interpreter */
static const void *code_type, *string_type, *tuple_type, *type_type;
static uintptr_t evaluator; /* the function that runs frames; 0: unknown */
static bool trusted;	    /* the layout was verified */

#define FIELD(p, offset) (*(char **)((char *)(p) + (offset)))

static bool is_python(const char *path)
{
	const char *name = strrchr(path, '/');
	name = name ? name + 1 : path;
	return !strncmp(name, "python", 6) || !strncmp(name, "libpython", 9);
}

/* From 3.13 on, _PyRuntime begins with the offsets, for debuggers: struct _Py_DebugOffsets, here as words. Those of a build without
 * the GIL differ, and are told likewise. */
static struct layout layout_told(const uint64_t *word)
{
	struct layout told = {
		.minor = 13,
		.type = (unsigned short)word[45],
		.frame = (unsigned short)word[23],
		.back = (unsigned short)word[29],
		.code = (unsigned short)word[30],
		.at = (unsigned short)word[31],
		.owner = (unsigned short)word[33],
		.filename = (unsigned short)word[35],
		.name = (unsigned short)word[36],
		.first_line = (unsigned short)word[39],
		.bytecode = (unsigned short)word[43],
		.names = (unsigned short)(word[45] +
					  3 * sizeof(void *)), /* which they do not tell: the second behind the head */
		.length = (unsigned short)word[69],
		.state = (unsigned short)word[68],
		.ascii = (unsigned short)word[70],
		.wide = (unsigned short)(word[70] + 2 * sizeof(void *)),
		.finalizing = (unsigned short)word[4],
	};
	bool known = !memcmp(word, "xdebugpy", 8) && word[1] >> 16 == 0x030d;
	return known ? told : (struct layout){0};
}

/* Looks for the interpreter among the objects that the program started with. */
static bool find(void)
{
	struct dl_find_object self;
	struct link_map *object = NULL;
	bool found = is_python(program_exe);
	if (options.python && !found && program_find(find, &self))
		object = self.dlfo_link_map;
	while (object && object->l_prev)
		object = object->l_prev;
	for (; object && !found; object = object->l_next)
		found = is_python(object->l_name);
	if (!options.python || !found || sizeof(void *) != 8) /* dlsym allocates when it does not find a symbol */
		return false;
	const char *(*version)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "Py_GetVersion");
	unsigned minor = 0;
	for (const char *at = version ? version() + 2 : ""; *at >= '0' && *at <= '9'; at++)
		minor = minor * 10 + (unsigned)(*at - '0');
	const char *runtime = dlsym(RTLD_DEFAULT, "_PyRuntime");
	code_type = dlsym(RTLD_DEFAULT, "PyCode_Type");
	string_type = dlsym(RTLD_DEFAULT, "PyUnicode_Type");
	tuple_type = dlsym(RTLD_DEFAULT, "PyTuple_Type");
	type_type = dlsym(RTLD_DEFAULT, "PyType_Type");
	evaluator = (uintptr_t)dlsym(RTLD_DEFAULT, "_PyEval_EvalFrameDefault");
	line_of = (int (*)(void *, int))dlsym(RTLD_DEFAULT, "PyCode_Addr2Line");
	if (!runtime || !code_type || !string_type || !tuple_type || !type_type || !line_of)
		return false;
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].minor == minor)
			layout = layouts[i];
	if (minor == 13)
		layout = layout_told((const uint64_t *)(const void *)runtime);
	finalizing = (void *const *)(const void *)(runtime + layout.finalizing);
	if (layout.minor)
		this_thread = (void *(*)(void))dlsym(RTLD_DEFAULT, "PyGILState_GetThisThreadState");
	return this_thread;
}

/* -- frames --------------------------------------------------------------------------------------------------- */

static char *peek_field(const char *p, size_t offset)
{
	char *value;
	return p && peek(&value, p + offset, sizeof value) ? value : NULL;
}

static bool peek_type(const char *object, const void *type) { return peek_field(object, layout.type) == type; }

/* Whether the frames of a thread are where the layout says. One frame alone does not prove where the next one is. */
static bool look_into(char *state)
{
	char *frame = peek_field(layout.cframe ? peek_field(state, layout.cframe) : state, layout.frame);
	int n = 0;
	for (; frame && n < 64; frame = peek_field(frame, layout.back)) {
		char *code = peek_field(frame, layout.code);
		unsigned char owner = 0;
		if (layout.owner && (!peek(&owner, frame + layout.owner, 1) || owner == 3))
			continue;
		if (!peek_type(code, code_type) || !peek_type(peek_field(code, layout.filename), string_type) ||
		    !peek_type(peek_field(code, layout.name), string_type)) {
			if (!sys_off())
				lang_leave(&python_tenant);
			return false;
		}
		n++;
	}
	if (n > 1)
		__atomic_store_n(&trusted, true, __ATOMIC_RELAXED);
	return n > 0;
}

/* Once CPython ends, it frees the data of other threads, whatever they do: only the thread that ends it has frames then. */
static bool is_ending(void *state)
{
	void *by = __atomic_load_n(finalizing, __ATOMIC_RELAXED);
	return by && by != state;
}

/* From 3.12 on, a frame of the interpreter's own follows those of each of its entries. */
static inline bool is_entry(const char *frame, const struct layout *in) { return in->owner && frame[in->owner] == 3; }

/* A frame of Python code. */
static char *python_frame(char *frame)
{
	while (frame && is_entry(frame, &layout))
		frame = FIELD(frame, layout.back);
	return frame;
}

/* The innermost frame, whichever. */
static char *current(char *state)
{
	char *at = layout.cframe ? FIELD(state, layout.cframe) : state;
	return at ? FIELD(at, layout.frame) : NULL;
}

static char *innermost(void **state)
{
	*state = this_thread();
	if (!*state || is_ending(*state) || (!__atomic_load_n(&trusted, __ATOMIC_RELAXED) && !look_into(*state)))
		return NULL;
	return python_frame(current(*state));
}

static char *outwards(void *state, char *frame)
{
	return is_ending(state) ? NULL : python_frame(FIELD(frame, layout.back));
}

/* The characters of a string that is plain ASCII, as names in programs mostly are; else NULL. */
static const char *ascii_of(const char *s)
{
	uint32_t compact_ascii = 3u << 5;
	if (!s || FIELD(s, layout.type) != string_type)
		return NULL;
	return (*(const uint32_t *)(s + layout.state) & compact_ascii) == compact_ascii ? s + layout.ascii : NULL;
}

/* Code in a file of the user's own: not the system's, a package manager's, or the interpreter's library. */
static bool is_own_file(const char *s)
{
	const char *path = ascii_of(s);
	if (!path)
		return true; /* rare, and a frame too many is harmless: the analyzer decides */
	return !is_system_path(path) && !strstr(path, "/lib/python3") && strncmp(path, "<frozen ", 8) != 0;
}

/* Whether this frame is recorded: the innermost ones, and all user frames. */
static bool is_kept(const char *frame, int64_t depth)
{
	return depth < options.stack_depth || is_own_file(FIELD(FIELD(frame, layout.code), layout.filename));
}

/* The address of a code object may be reused: its names and line tell such code apart. */
static inline uint64_t place_in(const char *frame, const struct layout *in)
{
	const char *code = FIELD(frame, in->code);
	uint64_t names = (uintptr_t)FIELD(code, in->filename) * 3 + (uintptr_t)FIELD(code, in->name) +
			 *(const unsigned *)(code + in->first_line);
	uint64_t place = (uintptr_t)FIELD(frame, in->at) + (uintptr_t)code * 5;
	return place ^ names << 20;
}

/* Over every frame that might be recorded, as fast as possible: which of them are user frames only matters for a stack that is not known. */
static uint64_t stack_key(void)
{
	void *state;
	const char *frame = innermost(&state);
	const struct layout in = layout; /* in registers: atomic loads would reload it for each frame */
	uint64_t key = 1;
	if (!frame)
		return 0;
	for (int room = DEPTH; frame && room && !is_ending(state); frame = FIELD(frame, in.back)) {
		if (is_entry(frame, &in))
			continue;
		key = (key ^ place_in(frame, &in)) * 0x9e3779b97f4a7c15ull;
		room--;
	}
	return mix(1, key) | 1;
}

static uint64_t kept_key(void)
{
	void *state;
	char *frame = innermost(&state);
	uint64_t key = 1;
	if (!frame)
		return 0;
	for (int depth = 0; frame && depth < DEPTH; depth++, frame = outwards(state, frame))
		if (is_kept(frame, depth))
			key = mix(key, place_in(frame, &layout));
	return key | 1;
}

/* -- text ----------------------------------------------------------------------------------------------------- */

static char *put_character(char *at, uint32_t c)
{
	if (c < 0x80) {
		*at++ = (char)c;
	} else if (c < 0x800) {
		*at++ = (char)(0xc0 | c >> 6);
		*at++ = (char)(0x80 | (c & 0x3f));
	} else if (c >= 0xdc80 && c <= 0xdcff) { /* PEP 383: a byte of a file name that is no UTF-8 */
		*at++ = (char)c;
	} else if (c < 0x10000) {
		*at++ = (char)(0xe0 | c >> 12);
		*at++ = (char)(0x80 | (c >> 6 & 0x3f));
		*at++ = (char)(0x80 | (c & 0x3f));
	} else {
		*at++ = (char)(0xf0 | c >> 18);
		*at++ = (char)(0x80 | (c >> 12 & 0x3f));
		*at++ = (char)(0x80 | (c >> 6 & 0x3f));
		*at++ = (char)(0x80 | (c & 0x3f));
	}
	return at;
}

/* PEP 393: the characters lie behind the string's head, with one, two or four bytes each. */
static char *put_string(char *at, const char *end, const char *s)
{
	if (!s || FIELD(s, layout.type) != string_type)
		return mempcpy(at, "?", 1);
	uint32_t state = *(const uint32_t *)(s + layout.state), kind = state >> 2 & 7;
	bool compact = state & 1 << 5, ascii = state & 1 << 6;
	const char *text = s + (ascii ? layout.ascii : layout.wide);
	size_t n = compact ? *(const size_t *)(s + layout.length) : 0;
	for (size_t i = 0; i < n && end - at > 4; i++)
		at = put_character(at, kind == 1   ? ((const uint8_t *)text)[i]
				       : kind == 2 ? ((const uint16_t *)(const void *)text)[i]
						   : ((const uint32_t *)(const void *)text)[i]);
	return at;
}

static int line_in(const char *frame, char *code)
{
	if (layout.bytecode)
		return line_of(code, (int)(FIELD(frame, layout.at) - (code + layout.bytecode)));
	int at = *(const int *)(frame + layout.at);
	return line_of(code, layout.minor == 9 ? at : 2 * at);
}

/* Whether the interpreter was entered for this frame, and not for one that called it: up to 3.10 it is for each. */
static bool is_entered(const char *frame) { return layout.minor < 11 || (layout.entry && frame[layout.entry]); }

/* As `py`, and `py_runs` where the interpreter was entered more than once. */
static void write_frames(struct jsonl *j, char *room, size_t size)
{
	enum { RUNS = DEPTH }; /* entries without a frame are few */
	uint8_t runs[RUNS] = {0};
	unsigned run = 0;
	void *state;
	char *frame = innermost(&state), *end = room + size / 2;
	if (!frame)
		return;
	jsonl_array(j, "py");
	frame = current(state);
	for (int64_t depth = 0; frame && depth < DEPTH; frame = is_ending(state) ? NULL : FIELD(frame, layout.back)) {
		if (is_entry(frame, &layout)) {
			run += run < RUNS - 1;
			continue;
		}
		if (!is_kept(frame, depth++)) {
			run += is_entered(frame) && run < RUNS - 1;
			continue;
		}
		char *code = FIELD(frame, layout.code), *at;
		int line = line_in(frame, code);
		at = put_string(room, end, FIELD(code, layout.filename));
		*at++ = ':';
		at = jsonl_decimal(at, line > 0 ? (uint64_t)line : 0);
		*at++ = ' ';
		at = put_string(at, room + size, FIELD(code, layout.name));
		jsonl_add(j, room, (size_t)(at - room));
		if (j->full)
			break;
		runs[run]++;
		run += is_entered(frame) && run < RUNS - 1;
	}
	jsonl_array_end(j);
	run += runs[run] > 0;
	if (run < 2)
		return;
	jsonl_array(j, "py_runs");
	for (unsigned i = 0; i < run; i++)
		jsonl_add_uint(j, runs[i]);
	jsonl_array_end(j);
}

/* -- finalizers ----------------------------------------------------------------------------------------------- */

/* Where the type of sockets may be: in _socket.so, in the interpreter, or in a program with both built in. */
static bool may_have_sockets(const struct link_map *object)
{
	const char *name = strrchr(object->l_name, '/');
	return !*object->l_name || is_python(object->l_name) ||
	       !strncmp(name ? name + 1 : object->l_name, "_socket", 7);
}

/* Whether the data of a function's object has it as a type's finalizer: in a PyTypeObject, or in a PyType_Slot. */
static bool is_finalizer(uintptr_t function)
{
	enum { TP_FINALIZE = 384, SLOT = 80 }; /* of a PyTypeObject, from ob_type on; Py_tp_finalize */
	struct dl_find_object o;
	if (!function || !program_find((void *)function, &o) || !o.dlfo_link_map || !may_have_sockets(o.dlfo_link_map))
		return false;
	const ElfW(Ehdr) *elf = o.dlfo_map_start;
	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > 4096)
		return false;
	const ElfW(Phdr) *ph = (const void *)((const char *)elf + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || !(ph[i].p_flags & PF_W))
			continue;
		const char *start = (const char *)o.dlfo_link_map->l_addr + ph[i].p_vaddr,
			   *end = start + ph[i].p_filesz;
		if (start < (const char *)o.dlfo_map_start || end > (const char *)o.dlfo_map_end)
			continue;
		const uintptr_t *word = (const void *)(((uintptr_t)start + 7) & ~(uintptr_t)7),
				*last = (const void *)((uintptr_t)end & ~(uintptr_t)7);
		for (; word < last; word++) {
			const char *at = (const char *)word;
			if (*word != function)
				continue;
			if ((at - start >= 8 && *(const int *)(word - 1) == SLOT) ||
			    (at - start >= TP_FINALIZE && *(void **)(at - TP_FINALIZE) == type_type))
				return true;
		}
	}
	return false;
}

/* Compilers move rarely run code like this into a separate part, which jumps back into the function. */
static bool is_part_of_finalizer(uintptr_t pc)
{
	enum { AHEAD = 64 };
	struct dl_find_object o;
	if (!program_find((void *)pc, &o) || (uintptr_t)o.dlfo_map_end - pc < AHEAD + ARCH_JUMP)
		return false;
	for (const unsigned char *at = (const void *)pc; at < (const unsigned char *)pc + AHEAD; at++) {
		uintptr_t target = arch_jump(at);
		if (target && is_finalizer(function_around(target + 1)))
			return true;
	}
	return false;
}

/* Whether pc is in the finalizer of a type. */
static bool finalizes(uintptr_t pc)
{
	static uintptr_t known[256]; /* functions times two, plus one for finalizers */
	uintptr_t function = function_around(pc);
	uintptr_t *slot = &known[mix(1, function) >> 56], seen = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (!function || seen >> 1 == function)
		return function && seen & 1;
	bool is = is_finalizer(function) || is_part_of_finalizer(pc);
	__atomic_store_n(slot, function << 1 | is, __ATOMIC_RELAXED);
	return is;
}

/* A file is closed by the functions of its type, whoever calls them: the finalizer of files, or an instruction of the program. */
static bool drops(const uintptr_t *pc, unsigned n)
{
	for (unsigned i = 1; evaluator && i < n && function_around(pc[i]) != evaluator; i++)
		if (finalizes(pc[i]))
			return true;
	return false;
}

static bool is_text(const char *s, const char *text)
{
	const char *characters = ascii_of(s);
	return characters && !strcmp(characters, text);
}

/* Whether a code object names the class of warnings about unclosed resources. */
static bool warns_of_resources(const char *code)
{
	const char *names = FIELD(code, layout.names);
	if (!names || FIELD(names, layout.type) != tuple_type)
		return false;
	const char *const *items = (const char *const *)(const void *)(names + layout.type) + 2;
	for (size_t i = 0, n = (size_t)items[-1]; i < n; i++)
		if (is_text(items[i], "ResourceWarning"))
			return true;
	return false;
}

static bool ends(void) { return __atomic_load_n(finalizing, __ATOMIC_RELAXED); }

/* Many classes close what they have in __del__, and are meant to be used so. Those of asyncio, aiohttp and others that consider a close
 * there a mistake of the program give a ResourceWarning. The innermost decides. What else closes once the interpreter ends, and the functions
 * of atexit have run, does so for what the program left: a file's finalizer in C, and the close() in Python that it calls for a response. */
static bool abandons(void)
{
	void *state;
	char *frame = innermost(&state);
	for (int depth = 0; frame && depth < DEPTH; depth++, frame = outwards(state, frame)) {
		const char *code = FIELD(frame, layout.code);
		if (is_text(FIELD(code, layout.name), "__del__"))
			return warns_of_resources(code);
	}
	return ends() && !is_ending(state);
}

const struct tenant python_tenant = {
	.find = find,
	.key = stack_key,
	.kept_key = kept_key,
	.write = write_frames,
	.collects = finalizes,
	.collects_through = drops,
	.abandons = abandons,
	.ends = ends,
};
