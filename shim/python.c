/* The Python stack of the calling thread: see python.h; Include/internal/pycore_frame.h and Python/traceback.c of CPython.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/python.h"

#include "shim/options.h"
#include "shim/stack.h"
#include "shim/thread.h"
#include "shim/trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

static void *(*this_thread)(void);
static void (*dump)(int fd, void *thread);
static uintptr_t finalizer, finalizer_end;

/* Where a frame keeps its code and its place in it, for versions whose layout was checked; reading them costs a hundredth of a dump.
 * Other versions are told apart by the text of the dump. */
static const struct layout {
	int version; /* major << 8 | minor */
	unsigned char cframe, current, code, previous, instruction;
} layouts[] = {{0x030b, 56, 8, 32, 48, 56}};
static const struct layout *layout;

static bool is_python(const char *path)
{
	const char *name = strrchr(path, '/');
	name = name ? name + 1 : path;
	return !strncmp(name, "python", 6) || !strncmp(name, "libpython", 9);
}

void python_init(void)
{
	struct dl_find_object self;
	struct link_map *object = NULL;
	bool found = is_python(stack_exe);
	if (options.python && !found && stack_find(python_init, &self))
		object = self.dlfo_link_map;
	while (object && object->l_prev)
		object = object->l_prev;
	for (; object && !found; object = object->l_next)
		found = is_python(object->l_name);
	if (!options.python || !found) /* asking dlsym for what is not there allocates */
		return;
	this_thread = (void *(*)(void))dlsym(RTLD_DEFAULT, "PyGILState_GetThisThreadState");
	dump = (void (*)(int, void *))dlsym(RTLD_DEFAULT, "_Py_DumpTraceback");
	const char *(*version)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "Py_GetVersion");
	void *finalize = dlsym(RTLD_DEFAULT, "PyObject_CallFinalizerFromDealloc");
	if (!dump || !version)
		this_thread = NULL;
	if (!this_thread)
		return;
	int minor = 0;
	for (const char *at = version() + 2; *at >= '0' && *at <= '9'; at++)
		minor = minor * 10 + *at - '0';
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].version == (3 << 8 | minor))
			layout = &layouts[i];
	Dl_info info;
	const ElfW(Sym) * symbol;
	if (finalize && dladdr1(finalize, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol) {
		finalizer = (uintptr_t)finalize;
		finalizer_end = finalizer + symbol->st_size;
	}
}

bool python_finalizes(uintptr_t pc) { return pc > finalizer && pc <= finalizer_end; }

bool python_take(const void *text, size_t len)
{
	if (!thread.python)
		return false;
	size_t room = (size_t)(thread.python_end - thread.python);
	size_t n = len < room ? len : room;
	memcpy(thread.python, text, n);
	thread.python += n;
	return true;
}

/* The printed stack in `room`: its length. */
static size_t print(void *state, char *room, size_t size)
{
	int saved = errno; /* CPython's own writing sets it */
	thread.python = room;
	thread.python_end = room + size;
	dump(PYTHON_FD, state);
	errno = saved;
	size_t len = (size_t)(thread.python - room);
	thread.python = NULL;
	return len;
}

#define FIELD(p, offset) (*(char **)((char *)(p) + (offset)))

uint64_t python_key(void)
{
	void *state = this_thread ? this_thread() : NULL;
	uint64_t key = 1;
	if (!state || thread.python)
		return 0;
	if (!layout) {
		char *room = trace_scratch();
		size_t len = room ? print(state, room, TRACE_LINE_MAX) : 0;
		for (size_t i = 0; i < len; i++)
			key = stack_mix(key, (unsigned char)room[i]);
		if (room)
			trace_scratch_end(room);
		return len ? key | 1 : 0;
	}
	char *frame = FIELD(state, layout->cframe) ? FIELD(FIELD(state, layout->cframe), layout->current) : NULL;
	if (!frame)
		return 0;
	for (int64_t depth = 0; frame && depth < options.stack_depth; depth++, frame = FIELD(frame, layout->previous))
		key = stack_mix(stack_mix(key, (uintptr_t)FIELD(frame, layout->code)),
				(uintptr_t)FIELD(frame, layout->instruction));
	return key | 1;
}

/* Each line is:   File "PATH", line N in FUNCTION */
void python_write(struct jsonl *j, char *room, size_t size)
{
	static const char open[] = "  File \"", mid[] = "\", line ", in[] = " in ";
	void *state = this_thread ? this_thread() : NULL;
	if (!state || thread.python)
		return;
	size_t len = print(state, room, size / 2);
	char *frame = room + size / 2, *end = room + len;
	int64_t depth = 0;
	jsonl_array(j, "py");
	for (char *line = room, *next; line < end && depth < options.stack_depth; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			break;
		char *path = line + sizeof open - 1,
		     *line_number = memmem(line, (size_t)(next - line), mid, sizeof mid - 1);
		char *function =
			line_number ? memmem(line_number, (size_t)(next - line_number), in, sizeof in - 1) : NULL;
		if (function && !strncmp(line, open, sizeof open - 1)) {
			char *at = mempcpy(frame, path, (size_t)(line_number - path));
			*at++ = ':';
			line_number += sizeof mid - 1;
			at = mempcpy(at, line_number, (size_t)(function - line_number));
			*at++ = ' ';
			function += sizeof in - 1;
			at = mempcpy(at, function, (size_t)(next - function));
			jsonl_add(j, frame, (size_t)(at - frame));
			depth++;
		}
		next++;
	}
	jsonl_array_end(j);
}
