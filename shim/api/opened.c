/* The part of the in-test API for test runners: which sockets a test left open, and where it opened them. See socksan.h.
 *
 * The table knows what is open. The trace knows where it was opened: interpreter frames are kept nowhere else. So a test that leaves
 * nothing open costs a walk over the table, and each socket reported costs a walk over the trace.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/api/socksan.h"

#include "shim/api/tell.h"
#include "shim/hooks/hook.h"
#include "shim/lang/frame_text.h"
#include "shim/model/system.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/reread.h"

#include <limits.h>
#include <string.h>

static struct socket *own_socket(int fd)
{
	struct socket *s = process_active() ? socket_of(fd_load(fd)) : NULL;
	return s && !(socket_life(s).flags & INHERITED) ? s : NULL;
}

static int64_t number_at(const char *digits)
{
	int64_t n = 0;
	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = n * 10 + (*digits - '0');
	return n;
}

/* What the trace says about one socket. */
enum { MODULES_KNOWN = 256, FRAME = 768 };
struct opened {
	uint64_t sock;
	uint32_t stack;
	int listener; /* the listener that accepted it, or -1 */
	const char *frames, *modules[MODULES_KNOWN];
	size_t frames_len, module_lens[MODULES_KNOWN];
};

static bool is_event(const char *line, size_t len, const char *ev)
{
	size_t n = strlen(ev);
	return len > n + 9 && !memcmp(line, "{\"ev\":\"", 7) && !memcmp(line + 7, ev, n) && line[7 + n] == '"';
}

static int64_t value_of(const char *line, size_t len, const char *key)
{
	const char *value = trace_value(line, len, key);
	return value ? number_at(value) : -1;
}

static void look(void *p, const char *line, size_t len)
{
	struct opened *o = p;
	int64_t id;
	if (is_event(line, len, "fd")) {
		const char *listener = trace_value(line, len, "listener");
		if (listener && value_of(line, len, "sock") == (int64_t)o->sock)
			o->listener = (int)number_at(listener);
	} else if (is_event(line, len, "stack")) {
		if (o->stack && value_of(line, len, "id") == o->stack) {
			o->frames = line;
			o->frames_len = len;
		}
	} else if (is_event(line, len, "module") && (id = value_of(line, len, "id")) >= 0 && id < MODULES_KNOWN) {
		o->modules[id] = line;
		o->module_lens[id] = len;
	}
}

/* Copies the next element of an array of strings to `text`. Returns where the array continues, or NULL at its end. JSON escapes are kept:
 * they are printable. */
static const char *next_text(const char *at, char *text, size_t size)
{
	size_t n = 0;
	while (*at == '[' || *at == ',')
		at++;
	if (*at != '"')
		return NULL;
	for (at++; *at != '"'; at++) {
		if (*at == '\n') /* of a line that is being written */
			return NULL;
		bool escape = *at == '\\';
		if (n + 2 < size)
			text[n++] = *at;
		if (escape && n + 2 < size)
			text[n++] = at[1];
		at += escape;
	}
	text[n] = 0;
	return at + 1;
}

static void put_place(struct line *l, char *frame)
{
	char *space = strchr(frame, ' ');
	line_text(l, ", opened at ");
	if (space)
		*space = 0;
	line_text(l, frame);
	if (space && space[1]) {
		line_text(l, " in ");
		line_text(l, space + 1);
	}
}

/* The frames of a language in a stack. Returns whether there are any; `frame` gets the innermost one in user code, or is empty. */
static bool find_frame(const struct opened *o, char *frame, size_t size)
{
	bool any = false;
	for (unsigned lang = LANG_c + 1; lang < LANGS; lang++)
		for (const char *at = trace_value(o->frames, o->frames_len, lang_frames_key(lang));
		     at && (at = next_text(at, frame, size));) {
			if (lang_users_frame((enum lang)lang, frame))
				return true;
			any = true;
		}
	*frame = 0;
	return any;
}

/* The path of module `id`, with its JSON escapes; false if the module is unknown. */
static bool module_path(const struct opened *o, int64_t id, char *path, size_t size)
{
	const char *value = id > 0 && id < MODULES_KNOWN && o->modules[id]
				    ? trace_value(o->modules[id], o->module_lens[id], "path")
				    : NULL;
	return value && next_text(value, path, size);
}

/* For native code, the innermost object of the user's and the offset of the call, as addr2line(1) expects. An interpreter's native frames
 * say nothing. */
static void put_machine(struct line *l, const struct opened *o)
{
	char frame[64], path[FRAME];
	const char *at = trace_value(o->frames, o->frames_len, "frames");
	while (at && (at = next_text(at, frame, sizeof frame))) {
		const char *offset = strstr(frame, "+0x");
		uint64_t n = 0;
		if (!offset || !module_path(o, number_at(frame), path, sizeof path) || is_system_path(path))
			continue;
		for (offset += 3; *offset; offset++)
			n = n * 16 + (uint64_t)(*offset <= '9' ? *offset - '0' : *offset - 'a' + 10);
		line_text(l, ", opened at ");
		line_text(l, path);
		line_text(l, "+0x");
		line_put(l, frame, (size_t)(jsonl_hexadecimal(frame, n - 1) - frame));
		return;
	}
}

static struct opened find_opened(const struct socket *s)
{
	struct opened o = {.sock = socket_id(s), .stack = s->stack, .listener = -1};
	trace_reread(look, &o);
	return o;
}

EXPORT long long(socksan_mark)(void) { return process_active() ? (long long)socket_last() : 0; }

EXPORT int(socksan_next)(int fd, long long mark)
{
	if (fd < 0)
		fd = 0;
	if (process_active())
		for (struct socket *s; (s = next_own(&fd)); fd++)
			if ((int64_t)socket_id(s) > mark &&
			    !(__atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_INTENDED))
				return fd;
	return -1;
}

EXPORT long long(socksan_number)(int fd)
{
	struct socket *s = own_socket(fd);
	return s ? (long long)socket_id(s) : 0;
}

EXPORT long long(socksan_listener)(int fd)
{
	struct socket *s = own_socket(fd);
	if (!s)
		return 0;
	struct opened o = find_opened(s);
	/* If another socket has that descriptor by now, it is younger than what the listener accepted. */
	struct socket *listener = o.listener < 0 ? NULL : socket_of(fd_load(o.listener));
	return listener && socket_id(listener) < o.sock ? (long long)socket_id(listener) : 0;
}

EXPORT int(socksan_is_own)(int fd)
{
	char frame[FRAME];
	struct socket *s = own_socket(fd);
	if (!s)
		return 0;
	struct opened o = find_opened(s);
	return o.listener >= 0 || !o.frames || !find_frame(&o, frame, sizeof frame) || *frame;
}

EXPORT int(socksan_describe)(int fd, char *text, int size)
{
	char frame[FRAME];
	struct line l = {0};
	struct socket *s = own_socket(fd);
	if (s) {
		struct opened o = find_opened(s);
		line_text(&l, "descriptor ");
		line_number(&l, fd);
		line_text(&l, ", ");
		if (life_kind(socket_life(s)) == KIND_socket)
			line_state(&l, fd, socket_life(s).state);
		else
			line_text(&l, kind_name(life_kind(socket_life(s))));
		if (o.frames && !find_frame(&o, frame, sizeof frame))
			put_machine(&l, &o);
		else if (o.frames && *frame)
			put_place(&l, frame);
	}
	if (size > 0) {
		size_t n = l.len < (size_t)size - 1 ? l.len : (size_t)size - 1;
		memcpy(text, l.text, n);
		text[n] = 0;
	}
	return (int)l.len;
}
