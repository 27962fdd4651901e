/* PHP, a tenant: see lang.h. Its stack is read in place. PHP 8.0 to 8.4 without threads of its own (NTS), which runs in the first thread of a
 * process; elsewhere there is none. Zend/zend_{globals,compile,types,generators}.h of PHP.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/libc/libc.h"
#include "shim/model/system.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"
#include "shim/state/self.h"

#include <stddef.h>
#include <string.h>

/* Offsets that differ from version to version, in bytes, with 64-bit pointers. */
static const struct php_layout {
	unsigned char minor;
	unsigned short last, opcodes, filename; /* of zend_op_array */
	unsigned short before_exception;	/* of zend_executor_globals */
} layouts[] = {
	{0, 68, 72, 144, 880}, {1, 68, 72, 144, 880},  {2, 80, 88, 152, 880},
	{3, 76, 80, 144, 880}, {4, 96, 104, 168, 952},
};

/* Offsets that are the same in all of them. */
enum { CURRENT = 488 };				      /* of zend_executor_globals: current_execute_data */
enum { OPLINE = 0, FUNC = 24, THIS = 32, BACK = 48 }; /* of zend_execute_data */
enum { NAME = 8, SCOPE = 16 };			      /* of zend_function: function_name, scope */
enum { CLASS_NAME = 8 };			      /* of zend_class_entry */
enum { LINE = 24, OPLINE_SIZE = 32 };		      /* of zend_op */
enum { HASH = 8, LENGTH = 16, TEXT = 24 };	      /* of zend_string */
enum { EXECUTES = 56, PARENT = 152 };		      /* of zend_generator: execute_data, node.parent */
enum { USER_FUNCTION = 2, EVAL_CODE = 4, IS_STRING = 6, IS_OBJECT = 8 };

extern const struct tenant php_tenant;

static const char *globals; /* executor_globals */
static const char *(*version)(void);
static const struct php_layout *layout; /* NULL: not known yet */

#define FIELD(p, offset) (*(const char *const *)((p) + (offset)))
#define FIELD_AS(type, p, offset) (*(const type *)(const void *)((p) + (offset)))

static bool find(void)
{
	/* dlsym allocates when it does not find a symbol */
	if (sizeof(void *) != 8 || !lang_is_here("php"))
		return false;
	globals = dlsym(RTLD_DEFAULT, "executor_globals");
	version = (const char *(*)(void))dlsym(RTLD_DEFAULT, "get_zend_version");
	if (!globals || !version)
		dlerror();
	return globals && version;
}

/* -- frames --------------------------------------------------------------------------------------------------- */

static bool is_code(const char *func) { return func && (*func == USER_FUNCTION || *func == EVAL_CODE); }

static bool peek_string_at(const char *object, size_t offset, bool needed)
{
	const char *s;
	char head[TEXT], end;
	if (!peek(&s, object + offset, sizeof s) || (!s && needed))
		return false;
	return !s || (peek(head, s, sizeof head) && (head[4] & 15) == IS_STRING &&
		      peek(&end, s + TEXT + FIELD_AS(uint64_t, head, LENGTH), 1) && !end);
}

/* Whether the program has this layout, judged by the current frames; checked once. */
static bool look_into(const char *frame, const struct php_layout *in)
{
	char f[BACK + 8], func[176];
	int n = 0;
	for (; frame && n < 64; frame = FIELD(f, BACK)) {
		if (!peek(f, frame, sizeof f))
			return false;
		if (!FIELD(f, FUNC))
			continue;
		if (!peek(func, FIELD(f, FUNC), 1) || (*func != 1 && !is_code(func)))
			return false;
		if (!is_code(func))
			continue;
		if (!peek(func, FIELD(f, FUNC), sizeof func))
			return false;
		uint64_t at = (uint64_t)(FIELD(f, OPLINE) - FIELD(func, in->opcodes));
		if (!peek_string_at(func, in->filename, true) || !peek_string_at(func, NAME, false) ||
		    (!n && at / OPLINE_SIZE >= FIELD_AS(uint32_t, func, in->last)))
			return false;
		n++;
	}
	return n > 0;
}

static bool know(const char *frame)
{
	const char *said = version();
	const struct php_layout *in = NULL;
	if (!said) /* not started yet */
		return false;
	said = strstr(said, " v4.");
	for (size_t i = 0; said && i < sizeof layouts / sizeof *layouts; i++)
		if (said[4] - '0' == layouts[i].minor && (said[5] < '0' || said[5] > '9'))
			in = &layouts[i];
	if (in && look_into(frame, in))
		__atomic_store_n(&layout, in, __ATOMIC_RELEASE);
	else if (!in || !sys_off())
		lang_leave(&php_tenant);
	return __atomic_load_n(&layout, __ATOMIC_RELAXED);
}

/* One after the other, innermost first. Where one generator hands on to others (yield from), the place of those between is taken by a frame that
 * has no function, but the outermost of them, from which each knows the one that it waits for. */
struct php_walk {
	const char *frame, *generator;
	unsigned waiting;
};

static const char *waits_for(const char *generator) { return FIELD(generator, PARENT); }

static const char *next_slowly(struct php_walk *w)
{
	while (w->frame) {
		const char *at = w->frame;
		if (w->waiting) {
			const char *generator = w->generator;
			for (unsigned i = --w->waiting; i; i--)
				generator = waits_for(generator);
			if (!w->waiting)
				w->frame = FIELD(at, BACK);
			at = FIELD(generator, EXECUTES);
			if (at)
				return at;
			continue;
		}
		const char *func = FIELD(at, FUNC);
		if (!func && FIELD_AS(uint8_t, at, THIS + 8) == IS_OBJECT) {
			w->generator = FIELD(at, THIS);
			for (const char *g = w->generator; w->waiting < DEPTH && waits_for(g); g = waits_for(g))
				w->waiting++;
			if (w->waiting)
				continue;
		}
		w->frame = FIELD(at, BACK);
		if (is_code(func))
			return at;
	}
	return NULL;
}

/* Moves on to a frame of PHP code; NULL after the last. */
static inline const char *next(struct php_walk *w)
{
	const char *at = w->frame;
	if (__builtin_expect(!at || w->waiting || !is_code(FIELD(at, FUNC)), 0))
		return next_slowly(w);
	w->frame = FIELD(at, BACK);
	return at;
}

static struct php_walk begin(void)
{
	const char *frame = FIELD(globals, CURRENT);
	if (!frame || thread_tid() != process_pid() ||
	    __builtin_expect(!__atomic_load_n(&layout, __ATOMIC_ACQUIRE) && !know(frame), 0))
		return (struct php_walk){NULL, NULL, 0};
	return (struct php_walk){frame, NULL, 0};
}

/* The current instruction of a frame; NULL: it is none of its function. While an exception is propagating, it is stored elsewhere. */
static inline const char *instruction(const char *frame, const char *func, const struct php_layout *in)
{
	const char *first = FIELD(func, in->opcodes), *at = FIELD(frame, OPLINE);
	uint64_t size = FIELD_AS(uint32_t, func, in->last) * (uint64_t)OPLINE_SIZE;
	if (__builtin_expect((uint64_t)(at - first) >= size, 0))
		at = FIELD(globals, in->before_exception);
	return (uint64_t)(at - first) < size ? at : NULL;
}

static inline uint64_t hash_of(const char *string) { return string ? FIELD_AS(uint64_t, string, HASH) : 0; }

/* An address may be reused: its line, and the hashes of its names, tell such code apart. */
static inline uint64_t place(const char *frame, const struct php_layout *in)
{
	const char *func = FIELD(frame, FUNC), *at = instruction(frame, func, in);
	uint64_t line = at ? FIELD_AS(uint32_t, at, LINE) : 0;
	return hash_of(FIELD(func, in->filename)) + 3 * hash_of(FIELD(func, NAME)) + (uintptr_t)FIELD(func, SCOPE) +
	       ((uintptr_t)at ^ line << 48);
}

static bool is_own_file(const char *filename)
{
	return !is_system_path(filename + TEXT) && !strstr(filename + TEXT, "/vendor/");
}

/* Whether this frame is recorded: the innermost ones, and all user frames. */
static bool is_kept(const char *frame, int64_t depth)
{
	return depth < options.stack_depth || is_own_file(FIELD(FIELD(frame, FUNC), layout->filename));
}

static uint64_t stack_key(void)
{
	struct php_walk w = begin();
	const char *frame = next(&w);
	uint64_t key = 1;
	if (!frame)
		return 0;
	const struct php_layout in = *layout;
	for (int room = DEPTH; frame && room; room--, frame = next(&w))
		key = (key ^ place(frame, &in)) * 0x9e3779b97f4a7c15ull;
	return mix(1, key) | 1;
}

static uint64_t kept_key(void)
{
	struct php_walk w = begin();
	const char *frame = next(&w);
	uint64_t key = 1;
	if (!frame)
		return 0;
	for (int depth = 0; frame && depth < DEPTH; depth++, frame = next(&w))
		if (is_kept(frame, depth))
			key = mix(key, place(frame, layout));
	return key | 1;
}

/* -- text ----------------------------------------------------------------------------------------------------- */

/* The name of an anonymous class continues after a NUL, with its location. */
static char *put_name(char *at, const char *end, const char *string)
{
	size_t n = strnlen(string + TEXT, FIELD_AS(uint64_t, string, LENGTH)), room = (size_t)(end - at);
	return mempcpy(at, string + TEXT, n < room ? n : room);
}

static char *put_function(char *at, const char *end, const char *func)
{
	static const char main[] = "{main}", closure[] = "{closure";
	const char *name = FIELD(func, NAME), *scope = FIELD(func, SCOPE);
	if (!name)
		return mempcpy(at, main, sizeof main - 1);
	if (scope) {
		at = put_name(at, end - 2, FIELD(scope, CLASS_NAME));
		at = mempcpy(at, "::", 2);
	}
	/* From 8.4 on, a closure's name includes its location, which is removed. */
	if (strncmp(name + TEXT, closure, sizeof closure - 1) != 0)
		return put_name(at, end, name);
	at = end - at < (ptrdiff_t)sizeof closure ? at : mempcpy(at, closure, sizeof closure - 1);
	*at++ = '}';
	return at;
}

static void write_frames(struct jsonl *j, char *room, size_t size)
{
	struct php_walk w = begin();
	const char *frame = next(&w), *middle = room + size / 2, *end = room + size - 32;
	if (!frame)
		return;
	jsonl_array(j, "php");
	for (int depth = 0; frame && depth < DEPTH && !j->full; frame = next(&w)) {
		if (!is_kept(frame, depth++))
			continue;
		const char *func = FIELD(frame, FUNC), *opline = instruction(frame, func, layout);
		char *at = put_name(room, middle, FIELD(func, layout->filename));
		*at++ = ':';
		at = jsonl_decimal(at, opline ? FIELD_AS(uint32_t, opline, LINE) : 0);
		*at++ = ' ';
		at = put_function(at, end, func);
		jsonl_add(j, room, (size_t)(at - room));
	}
	jsonl_array_end(j);
}

/* What nothing refers to any more is closed at once, by the line that dropped it; the collector of cycles and the end have their rows in
 * ending.c. */
const struct tenant php_tenant = {
	.find = find,
	.key = stack_key,
	.kept_key = kept_key,
	.write = write_frames,
	.binds_deep = true,
};
