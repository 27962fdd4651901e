/* Perl, a tenant: see lang.h. Its stack is read in place: no Perl value made, no lock. Perl 5.28 to 5.40, with threads or without; elsewhere
 * there is none. cop.h, op.h, intrpvar.h, cv.h, gv.h and hv.h of Perl. What its end closes is told by ending.c; all else is closed at once, by
 * the statement that drops it.
 *
 * An interpreter is its thread's own. A statement knows its line, a context the statement that entered it and the sub that it runs.
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
#include "shim/state/thread.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* Offsets in Perl's structures, in bytes, with 64-bit pointers. They are the same in all releases of a version; that the program at hand
 * has them is verified before they are used. */
struct perl_layout {
	unsigned short version;
	unsigned short statement,
		stacks;		  /* of an interpreter that is one of several: its PL_curcop and PL_curstackinfo */
	unsigned short type;	  /* of a stack */
	unsigned short size, sub; /* of a context */
	unsigned short nextstate; /* the type of a statement; a debugger's have the next one */
};
static struct perl_layout layout;

static const struct perl_layout layouts[] = {
	{28, 224, 240, 40, 96, 64, 195},  {30, 224, 240, 40, 96, 64, 195},  {32, 224, 240, 44, 104, 72, 195},
	{34, 208, 224, 44, 104, 72, 195}, {36, 208, 224, 44, 104, 72, 195}, {38, 208, 224, 44, 104, 72, 198},
	{40, 208, 224, 44, 104, 72, 198},
};

/* The same in all these versions. */
enum { INTERPRETER_OP = 8 };
enum { OP_NEXT = 0, OP_SIBLING = 8, OP_FORMER = 24, OP_TYPE = 32, OP_FLAGS = 34, OP_FIRST = 40 };
enum { STATEMENT_LINE = 36, STATEMENT_FILE = 48 };
enum { STACK_CONTEXTS = 8, STACK_OUTER = 16, STACK_TOP = 32, STACK_MAX = 36 };
enum { CONTEXT_STATEMENT = 16, CONTEXT_RETURNS_TO = 48 };
enum { VALUE_BODY = 0, VALUE_FLAGS = 12, VALUE_ARRAY = 16 };
enum { SUB_PACKAGE = 32, SUB_NAME = 56, SUB_FLAGS = 92 };
enum { SYMBOL_NAME = 32, SYMBOL_PACKAGE = 40 };
enum { PACKAGE_MAX = 24, PACKAGE_MORE = 32, MORE_NAME = 0, MORE_NAMES = 28 };
enum { KEY_LENGTH = 4, KEY_TEXT = 8 };

extern const struct tenant perl_tenant;

static const pthread_key_t *thread_key; /* of a thread's interpreter; NULL: the program has only one, in variables */
static void *const *first_interpreter, *const *open_files;
static void *const *only_statement, *const *only_stack, *const *only_op;
static bool trusted; /* the layout was verified */

#define FIELD(p, offset) (*(char *const *)((const char *)(p) + (offset)))
#define NUMBER(p, offset) (*(const int *)((const char *)(p) + (offset)))

static void *variable(const char *name)
{
	void *at = dlsym(RTLD_DEFAULT, name);
	if (!at)
		dlerror(); /* the host has not called dlsym yet */
	return at;
}

static bool find(void)
{
	if (!lang_is_here("perl") || sizeof(void *) != 8) /* dlsym allocates when it does not find a symbol */
		return false;
	const unsigned char *revision = variable("PL_revision"), *version = variable("PL_version");
	if (!revision || !version || *revision != 5)
		return false;
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].version == *version)
			layout = layouts[i];
	first_interpreter = variable("PL_curinterp");
	open_files = variable("PL_perlio_fd_refcnt");
	thread_key = variable("PL_thr_key");
	only_statement = variable("PL_curcop");
	only_stack = variable("PL_curstackinfo");
	only_op = variable("PL_op");
	return layout.version && first_interpreter && open_files &&
	       (thread_key || (only_statement && only_stack && only_op));
}

/* -- frames --------------------------------------------------------------------------------------------------- */

/* A walk from the innermost statement outwards. */
struct perl_walk {
	const char *statement;
	const char *op; /* the one that runs, or with `next` the one after it */
	bool next;
	const char *stack;
	long top; /* contexts of the stack that are left */
};

/* A frame: a statement, and the context that it runs in; NULL: the program itself. */
struct perl_frame {
	const char *statement, *op, *context;
	bool next;
};

/* False in a thread without an interpreter, and once that has ended. */
static bool begin(struct perl_walk *w)
{
	if (!__atomic_load_n(first_interpreter, __ATOMIC_RELAXED) || !__atomic_load_n(open_files, __ATOMIC_RELAXED))
		return false;
	const char *interpreter = thread_key ? pthread_getspecific(*thread_key) : NULL;
	if (interpreter)
		*w = (struct perl_walk){.statement = FIELD(interpreter, layout.statement),
					.op = FIELD(interpreter, INTERPRETER_OP),
					.stack = FIELD(interpreter, layout.stacks)};
	else if (!thread_key && thread_ask_tid() == process.pid)
		*w = (struct perl_walk){.statement = *only_statement, .op = *only_op, .stack = *only_stack};
	else
		return false;
	w->top = w->stack ? NUMBER(w->stack, STACK_TOP) : -1;
	return w->stack && w->statement;
}

/* The next context that caller() would show. */
static const char *next_context(struct perl_walk *w)
{
	enum { MAIN = 1, SUB = 9, FORMAT = 10, EVAL = 11, HIDDEN = 0x80 };
	for (;;) {
		for (; w->top >= 0; w->top--) {
			const char *context = FIELD(w->stack, STACK_CONTEXTS) + w->top * layout.size;
			int type = *context & 15;
			if (type == FORMAT || ((type == SUB || type == EVAL) && !(*context & HIDDEN))) {
				w->top--;
				return context;
			}
		}
		if (NUMBER(w->stack, layout.type) == MAIN || !(w->stack = FIELD(w->stack, STACK_OUTER)))
			return NULL;
		w->top = NUMBER(w->stack, STACK_TOP);
	}
}

/* Code being compiled, and code that is being freed, sometimes has no line: not a frame. */
static bool next_frame(struct perl_walk *w, struct perl_frame *out)
{
	do {
		if (!w->statement)
			return false;
		*out = (struct perl_frame){w->statement, w->op, w->stack ? next_context(w) : NULL, w->next};
		w->statement = out->context ? FIELD(out->context, CONTEXT_STATEMENT) : NULL;
		w->op = out->context ? FIELD(out->context, CONTEXT_RETURNS_TO) : NULL;
		w->next = true;
	} while (!NUMBER(out->statement, STATEMENT_LINE) || !FIELD(out->statement, STATEMENT_FILE));
	return true;
}

static char *peek_field(const char *p, size_t offset)
{
	char *value;
	return p && peek(&value, p + offset, sizeof value) ? value : NULL;
}

static int peek_number(const char *p, size_t offset, int otherwise)
{
	int value;
	return p && peek(&value, p + offset, sizeof value) ? value : otherwise;
}

static unsigned peek_type(const char *value) { return (unsigned)peek_number(value, VALUE_FLAGS, 0) & 0xff; }
enum { SYMBOL = 9, PACKAGE = 12, SUB_VALUE = 13 };

/* A name as hashes store it: returns its length, cut to `size`, or -1 if it is none. */
static long peek_key(const char *key, char *to, size_t size)
{
	enum { LONGEST = 1 << 16 };
	long n = peek_number(key, KEY_LENGTH, -1);
	if (n <= 0 || n > LONGEST || !size)
		return -1;
	n = n < (long)size ? n : (long)size;
	return peek(to, key + KEY_TEXT, (size_t)n) ? n : -1;
}

/* Perls without threads have a symbol for each file: "_<script.pl". */
static long peek_file(const char *statement, char *to, size_t size)
{
	enum { BEFORE = 2 };
	const char *file = peek_field(statement, STATEMENT_FILE);
	if (thread_key)
		return file ? peek_string(to, file, size) : -1;
	if (peek_type(file) != SYMBOL)
		return -1;
	long n = peek_key(peek_field(peek_field(file, VALUE_BODY), SYMBOL_NAME), to, size);
	if (n <= BEFORE)
		return -1;
	memmove(to, to + BEFORE, (size_t)(n - BEFORE));
	return n - BEFORE;
}

static bool is_statement(const char *op)
{
	enum { LINES = 1 << 24 };
	unsigned type = (unsigned)peek_number(op, OP_TYPE, 0) & 0x1ff;
	int line = peek_number(op, STATEMENT_LINE, -1);
	char letters[4];
	return (!type || type == layout.nextstate || type == layout.nextstate + 1u) && line >= 0 && line < LINES &&
	       (!line || peek_file(op, letters, sizeof letters) > 0);
}

static bool is_stack(const char *stack)
{
	enum { TYPES = 32, CONTEXTS = 1 << 24 };
	int top = peek_number(stack, STACK_TOP, -2), max = peek_number(stack, STACK_MAX, -2),
	    type = peek_number(stack, layout.type, TYPES);
	return top >= -1 && top <= max && max < CONTEXTS && type >= -1 && type < TYPES;
}

/* Whether the contexts of a thread, including blocks and loops, are where the layout says. A statement alone does not prove it. */
static bool look_into(struct perl_walk w)
{
	enum { SUB = 9, FORMAT = 10, SUBSTITUTION = 12 };
	char head[104];
	bool right = is_stack(w.stack) && is_statement(w.statement);
	int n = 0, strange = 0, room = DEPTH;
	for (const char *stack = w.stack; right && room-- && is_stack(stack); stack = peek_field(stack, STACK_OUTER)) {
		const char *contexts = peek_field(stack, STACK_CONTEXTS);
		for (int top = NUMBER(stack, STACK_TOP); top >= 0 && n + strange < DEPTH; top--) {
			bool there = peek(head, contexts + top * layout.size, layout.size);
			int type = *head & 15;
			if (there && type == SUBSTITUTION)
				continue;
			bool is = there && is_statement(FIELD(head, CONTEXT_STATEMENT));
			if (is && (type == SUB || type == FORMAT))
				is = peek_type(FIELD(head, layout.sub)) == SUB_VALUE;
			n += is;
			strange += !is;
		}
	}
	if ((!right || strange > n) && !sys_off())
		lang_leave(&perl_tenant);
	right = right && !strange;
	if (right && n > 0)
		__atomic_store_n(&trusted, true, __ATOMIC_RELAXED);
	return right;
}

static bool innermost(struct perl_walk *w)
{
	return begin(w) && (__atomic_load_n(&trusted, __ATOMIC_RELAXED) || look_into(*w));
}

/* An address may be reused, as by an eval: file and line tell such code apart. */
static uint64_t stack_key(void)
{
	struct perl_walk w;
	struct perl_frame frame;
	uint64_t key = 0;
	if (!innermost(&w))
		return 0;
	for (int room = DEPTH; room && next_frame(&w, &frame); room--) {
		uint64_t at = (uintptr_t)frame.statement + (uintptr_t)frame.op * 5 +
			      (uintptr_t)FIELD(frame.statement, STATEMENT_FILE) * 3;
		key = (key ^ at ^ (uint64_t)(unsigned)NUMBER(frame.statement, STATEMENT_LINE) << 40) *
		      0x9e3779b97f4a7c15ull;
	}
	return key ? mix(1, key) | 1 : 0;
}

/* -- text ----------------------------------------------------------------------------------------------------- */

/* Below `op`: the statement, of those that were optimized away within another one, in which the op sought is. */
struct perl_search {
	const char *op;
	bool next;
	int room; /* for ops */
};

static const char *closest(struct perl_search *s, const char *statement, const char *op, int depth)
{
	enum { HAS_FIRST = 4, HAS_SIBLING = 1 << 14, TYPE = 0x1ff };
	if (op == s->op || (s->next && FIELD(op, OP_NEXT) == s->op))
		return statement;
	if (!(op[OP_FLAGS] & HAS_FIRST) || !depth)
		return NULL;
	for (const char *kid = FIELD(op, OP_FIRST); kid && s->room--;) {
		unsigned bits = *(const unsigned short *)(const void *)(kid + OP_TYPE);
		if (!(bits & TYPE) && (uintptr_t)FIELD(kid, OP_FORMER) == layout.nextstate)
			statement = kid;
		const char *found = closest(s, statement, kid, depth - 1);
		if (found)
			return found;
		kid = bits & HAS_SIBLING ? FIELD(kid, OP_SIBLING) : NULL;
	}
	return NULL;
}

/* The statement that warn and caller report: a block with nothing of its own to set up is part of the statement around it, with a line of
 * its own. */
static int line_of(const struct perl_frame *frame)
{
	enum { NESTED = 64, OPS = 100000, HAS_SIBLING = 1 << 14 };
	struct perl_search s = {frame->op, frame->next, OPS};
	unsigned bits = *(const unsigned short *)(const void *)(frame->statement + OP_TYPE);
	const char *sibling = bits & HAS_SIBLING ? FIELD(frame->statement, OP_SIBLING) : NULL;
	const char *found = sibling && s.op ? closest(&s, frame->statement, sibling, NESTED) : NULL;
	int line = found ? NUMBER(found, STATEMENT_LINE) : 0;
	return line ? line : NUMBER(frame->statement, STATEMENT_LINE);
}

/* The package's name. */
static long peek_package(const char *package, char *to, size_t size)
{
	enum { HAS_MORE = 1 << 25 };
	if (peek_type(package) != PACKAGE || !(peek_number(package, VALUE_FLAGS, 0) & HAS_MORE))
		return -1;
	const char *body = peek_field(package, VALUE_BODY), *more = body ? body + PACKAGE_MORE : NULL;
	if (layout.version < 36) { /* it lies behind the hash's array */
		const char *array = peek_field(package, VALUE_ARRAY);
		size_t max = (size_t)peek_field(body, PACKAGE_MAX);
		more = array ? array + (max + 1) * sizeof(void *) : NULL;
	}
	const char *name = peek_field(more, MORE_NAME);
	if (peek_number(more, MORE_NAMES, 0)) /* it has several */
		name = peek_field(name, 0);
	return peek_key(name, to, size);
}

/* "Package::name" */
static long peek_sub(const char *sub, char *to, size_t size)
{
	enum { HAS_NAME = 0x8000 };
	const char *body = peek_type(sub) == SUB_VALUE ? peek_field(sub, VALUE_BODY) : NULL;
	const char *name = peek_field(body, SUB_NAME), *package = peek_field(body, SUB_PACKAGE);
	if (!(peek_number(body, SUB_FLAGS, 0) & HAS_NAME)) { /* a symbol has it */
		const char *symbol = peek_type(name) == SYMBOL ? peek_field(name, VALUE_BODY) : NULL;
		name = peek_field(symbol, SYMBOL_NAME);
		package = peek_field(symbol, SYMBOL_PACKAGE);
	}
	long n = peek_package(package, to, size / 2);
	n = n < 0 ? 0 : n;
	if (n) {
		memcpy(to + n, "::", 2);
		n += 2;
	}
	long more = peek_key(name, to + n, size - (size_t)n);
	return more < 0 ? -1 : n + more;
}

static char *put_function(char *at, size_t size, const char *context)
{
	enum { EVAL = 11 };
	if (!context)
		return mempcpy(at, "(main)", 6);
	if ((*context & 15) == EVAL)
		return mempcpy(at, "(eval)", 6);
	long n = peek_sub(FIELD(context, layout.sub), at, size);
	return n < 0 ? mempcpy(at, "(unknown)", 9) : at + n;
}

/* Code in a file of the user's own: not the system's, a package manager's, or the interpreter's library. */
static bool is_own_file(const char *statement)
{
	char path[512];
	long n = peek_file(statement, path, sizeof path - 1);
	path[n < 0 ? 0 : n] = 0;
	return !is_system_path(path) && !strstr(path, "/lib/5.") && !strstr(path, "/lib/site_perl/");
}

/* The next frame that is recorded: the innermost ones, and all user frames. */
static bool next_kept(struct perl_walk *w, int *depth, struct perl_frame *out)
{
	while (*depth < DEPTH && next_frame(w, out))
		if ((*depth)++ < options.stack_depth || is_own_file(out->statement))
			return true;
	return false;
}

/* By its text, since each closure is a sub of its own. */
static uint64_t kept_key(void)
{
	struct perl_walk w;
	struct perl_frame frame;
	char text[512];
	uint64_t key = 1;
	bool any = false;
	if (!innermost(&w))
		return 0;
	for (int depth = 0; next_kept(&w, &depth, &frame); any = true) {
		long n = peek_file(frame.statement, text, sizeof text);
		key = mix_text(key, text, n < 0 ? 0 : (size_t)n);
		key = mix_text(key, text, (size_t)(put_function(text, sizeof text, frame.context) - text));
		key = mix(key, (uint64_t)line_of(&frame));
	}
	return any ? key | 1 : 0;
}

static void write_frames(struct jsonl *j, char *room, size_t size)
{
	enum { SPARE = 32 };
	struct perl_walk w;
	struct perl_frame frame;
	if (!innermost(&w))
		return;
	jsonl_array(j, "perl");
	for (int depth = 0; !j->full && next_kept(&w, &depth, &frame);) {
		long n = peek_file(frame.statement, room, size / 2);
		char *at = n < 0 ? mempcpy(room, "?", 1) : room + n;
		*at++ = ':';
		at = jsonl_decimal(at, (uint64_t)line_of(&frame));
		*at++ = ' ';
		at = put_function(at, size / 2 - SPARE, frame.context);
		jsonl_add(j, room, (size_t)(at - room));
	}
	jsonl_array_end(j);
}

const struct tenant perl_tenant = {
	.find = find,
	.key = stack_key,
	.kept_key = kept_key,
	.write = write_frames,
};
