/* Ruby, a tenant: see lang.h. Its stack is read in place: no GVL, no object made, no lock. CRuby 3.0 to 4.0; elsewhere there is none.
 * vm_core.h, iseq.h and include/ruby/internal/core/{rstring,rarray}.h of Ruby. What its collector and its end close is told by ending.c.
 *
 * A thread's control frames are its own, and so is what they refer to, as long as they are there. But another thread, or this one amid a
 * compaction, moves objects, and most calls on sockets are made without the GVL: objects are peeked at, and looked into before they are
 * believed. What is not an object, as the code of a frame, stays where it is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/libc/libc.h"
#include "shim/model/system.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"
#include "shim/state/thread.h"

#include <stddef.h>
#include <string.h>

/* The beginnings of Ruby's structures, the same in all these versions where pointers have 64 bits. */
struct ruby_execution {
	const char *vm_stack;
	size_t words;
	const char *control_frame; /* the innermost: they grow downwards from the end of vm_stack */
};
struct ruby_control_frame {
	const uintptr_t *pc, *sp;
	const void *iseq;
};
struct ruby_code {
	uintptr_t flags, wrapper;
	const char *body;
	uintptr_t more[2];
};
struct ruby_body {
	uint32_t type, size;
	const uintptr_t *encoded;
	char parameters[48];
	const void *path, *base_label, *label;
};
enum { TYPE = 0x1f, STRING = 5, ARRAY = 7, IMEMO = 0x1a, MOVED = 0x1e, SHIFT = 12, ISEQ = 7 };
enum { ELSEWHERE = 1 << 13 /* of a string: its text is */, EMBEDDED = 1 << 13 /* of an array: its elements are */ };

/* What differs. */
static size_t frame_size;
static bool has_long_strings; /* 3.2: embedded text has a length of its own before it */

extern const struct tenant ruby_tenant;

static ptrdiff_t execution_at; /* from a thread's `thread` to its ruby_current_ec: both are in static TLS */
static void *const *vm;
static size_t (*count_collections)(void);
static unsigned (*line_of)(const void *iseq, size_t at);
static bool trusted; /* the layout was verified */
static unsigned doubts;

static bool find(void)
{
	if (!lang_is_here("ruby") || sizeof(void *) != 8) /* dlsym allocates when it does not find a symbol */
		return false;
	const int *version = dlsym(RTLD_DEFAULT, "ruby_api_version");
	const char *execution = dlsym(RTLD_DEFAULT, "ruby_current_ec");
	vm = dlsym(RTLD_DEFAULT, "ruby_current_vm_ptr");
	count_collections = (size_t(*)(void))dlsym(RTLD_DEFAULT, "rb_gc_count");
	line_of = (unsigned (*)(const void *, size_t))dlsym(RTLD_DEFAULT, "rb_iseq_line_no");
	if (!version || !execution || !vm || !count_collections || !line_of) {
		dlerror(); /* the host has not called dlsym yet */
		return false;
	}
	int number = version[0] * 100 + version[1];
	frame_size = number == 301 || number == 302 ? 64 : 56;
	has_long_strings = number >= 302;
	execution_at = execution - (const char *)&thread;
	return number >= 300 && number <= 400;
}

/* -- frames --------------------------------------------------------------------------------------------------- */

/* The frames of this thread, of Ruby or not. `lost`: one of them could not be read, since a collector that moves objects protects them. A
 * stack that lacks some of its frames would be wrong. */
struct ruby_frames {
	const char *at, *end;
	bool lost;
};

/* None in a thread that Ruby did not make, or that has ended, or when the VM is gone. The outermost, a dummy, does not count. */
static struct ruby_frames control_frames(void)
{
	const struct ruby_frames none = {NULL, NULL, false};
	const struct ruby_execution *execution =
		*(const struct ruby_execution *const *)((const char *)&thread + execution_at);
	if (!execution || !execution->control_frame || !__atomic_load_n(vm, __ATOMIC_RELAXED))
		return none;
	const char *end = execution->vm_stack + execution->words * sizeof(void *);
	end -= frame_size;
	if (execution->control_frame < execution->vm_stack || execution->control_frame > end)
		return none;
	return (struct ruby_frames){execution->control_frame, end, false};
}

/* The next frame that has code, innermost first. */
static const struct ruby_control_frame *next_frame(struct ruby_frames *frames)
{
	while ((size_t)(frames->end - frames->at) >= frame_size) {
		const struct ruby_control_frame *frame = (const void *)frames->at;
		frames->at += frame_size;
		if (frame->iseq && frame->pc)
			return frame;
	}
	return NULL;
}

/* Copies the beginning of an object, three to five words. Returns where it is, which may change afterwards, or NULL. */
static const char *peek_object(const void *object, void *to, size_t n)
{
	uintptr_t head[3];
	for (int moves = 0; object && !((uintptr_t)object & 7) && moves < 4; moves++) {
		if (!peek(to, object, n))
			return NULL;
		memcpy(head, to, sizeof head);
		if ((head[0] & TYPE) != MOVED)
			return object;
		object = (const void *)head[2];
	}
	return NULL;
}

/* A frame of Ruby code, verified. */
struct ruby_frame {
	struct ruby_code iseq;
	struct ruby_body body;
	size_t at;
};
enum ruby_look { LOST, OTHER, RUBY };

static enum ruby_look look_into(const struct ruby_control_frame *frame, struct ruby_frame *out)
{
	const uintptr_t *pc = frame->pc;
	if (!peek_object(__atomic_load_n(&frame->iseq, __ATOMIC_RELAXED), &out->iseq, sizeof out->iseq) ||
	    (out->iseq.flags & TYPE) != IMEMO)
		return LOST;
	if ((out->iseq.flags >> SHIFT & 15) != ISEQ)
		return OTHER;
	if (!peek(&out->body, out->iseq.body, sizeof out->body))
		return LOST;
	out->at = (size_t)(pc - out->body.encoded);
	out->at -= out->at > 0; /* it points to what follows a call */
	return pc >= out->body.encoded && pc <= out->body.encoded + out->body.size ? RUBY : LOST;
}

/* The text of a string: returns its length, cut to `size`, or -1 if it is none. */
static long peek_text(const void *string, char *to, size_t size)
{
	uintptr_t head[4];
	const char *at = peek_object(string, head, sizeof head);
	if (!at || (head[0] & TYPE) != STRING)
		return -1;
	size_t length = head[2];
	if (head[0] & ELSEWHERE) {
		at = (const char *)head[3];
	} else if (has_long_strings) {
		at += 24;
	} else {
		length = head[0] >> (SHIFT + 2) & 31;
		at += 16;
	}
	length = length < size ? length : size;
	return !length || peek(to, at, length) ? (long)length : -1;
}

/* The path as in backtraces: a string, or the first of two if there is an absolute one too. */
static long peek_path(const void *path, char *to, size_t size)
{
	uintptr_t head[5];
	if (!peek_object(path, head, 3 * sizeof *head))
		return -1;
	if ((head[0] & TYPE) != ARRAY)
		return peek_text(path, to, size);
	if (head[0] & EMBEDDED)
		return peek_text((const void *)head[2], to, size);
	const void *first;
	return peek_object(path, head, sizeof head) && peek(&first, (const void *)head[4], sizeof first)
		       ? peek_text(first, to, size)
		       : -1;
}

/* Whether frames are where they should be. One frame alone does not prove where the next one is; that the end of the stack is a whole
 * number of frames away does. */
static bool look_at(struct ruby_frames frames)
{
	const struct ruby_control_frame *frame;
	struct ruby_frame f;
	char letter;
	bool fits = (size_t)(frames.end - frames.at) % frame_size == 0;
	int n = 0, strange = 0;
	for (int room = DEPTH; fits && room && (frame = next_frame(&frames)); room--) {
		enum ruby_look look = look_into(frame, &f);
		bool is = look == RUBY && peek_path(f.body.path, &letter, 1) > 0 &&
			  peek_text(f.body.label, &letter, 1) > 0;
		n += is;
		strange += !is && look != OTHER;
	}
	if (!fits || strange > n) { /* a collector that moves objects may be at work: not seventeen times */
		if (!sys_off() && __atomic_fetch_add(&doubts, 1, __ATOMIC_RELAXED) == 16)
			lang_leave(&ruby_tenant);
		return false;
	}
	if (n > 0)
		__atomic_store_n(&trusted, true, __ATOMIC_RELAXED);
	return n > 0;
}

static struct ruby_frames innermost(void)
{
	struct ruby_frames frames = control_frames();
	if (frames.at && !__atomic_load_n(&trusted, __ATOMIC_RELAXED) && !look_at(frames))
		frames.at = frames.end = NULL;
	return frames;
}

/* No object is read: an address can only be other code's after a collection. */
static uint64_t stack_key(void)
{
	struct ruby_frames frames = innermost();
	const struct ruby_control_frame *frame;
	uint64_t key = 0;
	if (!frames.at)
		return 0;
	for (int room = DEPTH; room && (frame = next_frame(&frames)); room--)
		key = (key ^ ((uintptr_t)frame->pc + (uintptr_t)frame->iseq * 5)) * 0x9e3779b97f4a7c15ull;
	return key ? mix(count_collections(), key) | 1 : 0;
}

/* Code in a file of the user's own: not the system's, a package manager's, or the interpreter's library. */
static bool is_own_file(const struct ruby_body *body)
{
	char path[512];
	long n = peek_path(body->path, path, sizeof path - 1);
	path[n < 0 ? 0 : n] = 0;
	return !is_system_path(path) && !strstr(path, "/lib/ruby/") && strncmp(path, "<internal:", 10) != 0;
}

/* The next frame that is recorded: the innermost ones, and all user frames. */
static bool next_kept(struct ruby_frames *frames, int *depth, struct ruby_frame *out)
{
	const struct ruby_control_frame *frame;
	while (*depth < DEPTH && (frame = next_frame(frames))) {
		enum ruby_look look = look_into(frame, out);
		frames->lost |= look == LOST;
		if (frames->lost)
			return false;
		if (look == RUBY && ((*depth)++ < options.stack_depth || is_own_file(&out->body)))
			return true;
	}
	return false;
}

/* "file:line function": its end. */
static char *put_frame(char *at, size_t size, const struct ruby_frame *f, bool *lost)
{
	enum { NUMBER = 32 };
	long n = peek_path(f->body.path, at, size / 2);
	*lost |= n < 0;
	at += n < 0 ? 0 : n;
	*at++ = ':';
	at = jsonl_decimal(at, line_of(&f->iseq, f->at));
	*at++ = ' ';
	n = peek_text(f->body.label, at, size / 2 - NUMBER);
	*lost |= n < 0;
	return at + (n < 0 ? 0 : n);
}

/* By its text, since a compaction moves the strings. */
static uint64_t kept_key(void)
{
	struct ruby_frames frames = innermost();
	struct ruby_frame f;
	char text[1024];
	uint64_t key = 1;
	bool any = false;
	for (int depth = 0; frames.at && next_kept(&frames, &depth, &f); any = true)
		key = mix_text(key, text, (size_t)(put_frame(text, sizeof text, &f, &frames.lost) - text));
	return any && !frames.lost ? key | 1 : 0;
}

static void write_frames(struct jsonl *j, char *room, size_t size)
{
	const struct jsonl before = *j;
	struct ruby_frames frames = innermost();
	struct ruby_frame f;
	if (!frames.at)
		return;
	jsonl_array(j, "ruby");
	for (int depth = 0; !j->full && next_kept(&frames, &depth, &f);)
		jsonl_add(j, room, (size_t)(put_frame(room, size, &f, &frames.lost) - room));
	jsonl_array_end(j);
	if (frames.lost)
		*j = before;
}

const struct tenant ruby_tenant = {
	.find = find,
	.key = stack_key,
	.kept_key = kept_key,
	.write = write_frames,
};
