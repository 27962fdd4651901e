/* Frames of JavaScript as text: see node.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/node.h"

#include "shim/lang/file_url.h"
#include "shim/state/keep.h"
#include "shim/state/mix.h"
#include "shim/trace/trace.h"

#include <string.h>

enum { TEXTS = 16384, PROBES = 32 };

static const struct text *texts[TEXTS] __attribute__((aligned(4096)));

const struct text *text_at(uint32_t id)
{
	return id && id <= TEXTS ? __atomic_load_n(&texts[id - 1], __ATOMIC_ACQUIRE) : NULL;
}

static bool begins_with(const char *text, const char *start) { return !strncmp(text, start, strlen(start)); }

/* The one text with these frames; NULL: there is no room. */
static const struct text *text_of(const char *frames, size_t len)
{
	uint64_t hash = len;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)frames[i]) * 0x100000001b3ull;
	hash = mix(1, hash) | 1;
	struct text *made = NULL;
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t slot = ((uint32_t)(hash >> 32) + i) % TEXTS;
		const struct text *seen = __atomic_load_n(&texts[slot], __ATOMIC_ACQUIRE);
		if (!seen) {
			if (!made && !(made = keep(sizeof *made + len)))
				return NULL;
			*made = (struct text){.hash = hash, .id = slot + 1, .len = (uint32_t)len};
			memcpy(made->frames, frames, len);
			for (const char *at = frames; at < frames + len; at += strlen(at) + 1)
				if (!begins_with(at, "node:"))
					made->outside = true;
				else if (strstr(at, " internalConnectMultiple"))
					made->retries = true;
			if (__atomic_compare_exchange_n(&texts[slot], &seen, made, false, __ATOMIC_ACQ_REL,
							__ATOMIC_ACQUIRE))
				return made;
		}
		if (seen->hash == hash)
			return seen;
	}
	return NULL;
}

/* A text under construction. */
struct growing {
	isolate *in;
	char *start, *at, *end;
};

/* Adds a string, cut to the room there is, with '?' for each NUL in it. Adds nothing if it is not a string. Returns its
 * start. */
static char *put_string(struct growing *g, local string)
{
	enum { NO_NULL_TERMINATION = 2, REPLACE_INVALID = 8 };
	char *from = g->at;
	if (!string || !v8.is_string(string))
		return from;
	int n = v8.utf8(string, g->in, g->at, (int)(g->end - g->at), NULL, NO_NULL_TERMINATION | REPLACE_INVALID);
	for (g->at += n > 0 ? n : 0; from < g->at; from++)
		if (*from == 0)
			*from = '?';
	return g->at - (n > 0 ? n : 0);
}

/* Adds "file:line:column function", counted from 1. Returns false if there is no room, or no file. */
static bool put_frame(struct growing *g, local script, struct location at, local function)
{
	enum { LEAST = 1024 };
	char *start = g->at;
	if (g->end - g->at < LEAST)
		return false;
	struct growing name = {g->in, g->at, g->at, g->at + (g->end - g->at) / 2};
	put_string(&name, script);
	g->at = start + file_url_path(start, (size_t)(name.at - start)); /* a module's name is a URL */
	if (g->at == start)
		return false;
	*g->at++ = ':';
	g->at = jsonl_decimal(g->at, at.line >= 0 ? (uint64_t)at.line + 1 : 0);
	*g->at++ = ':';
	g->at = jsonl_decimal(g->at, at.column >= 0 ? (uint64_t)at.column + 1 : 0);
	*g->at++ = ' ';
	struct growing rest = {g->in, g->at, g->at, g->end - 64};
	put_string(&rest, function);
	g->at = rest.at == g->at ? stpcpy(g->at, "<anonymous>") : rest.at;
	*g->at++ = 0;
	return true;
}

static void put_frames(struct growing *g)
{
	enum { WHAT = 0x1ff }; /* all details, across contexts too */
	local stack = v8.stack(g->in, DEPTH, WHAT);
	int n = stack ? v8.frames(stack) : 0;
	for (int i = 0; i < n; i++) {
		local frame = v8.frame(stack, g->in, (uint32_t)i);
		if (!frame)
			continue;
		put_frame(g, v8.frame_script(frame), v8.frame_location(frame), v8.frame_function(frame));
	}
}

const struct text *js_text(struct js *js, const struct calls *calls)
{
	uint64_t key = calls->key, epoch = js->epoch;
	struct memo *memo = &js->memo[(key >> 32) % (sizeof js->memo / sizeof *js->memo)];
	if (memo->key == key)
		return memo->text;
	char *room = js_may_ask(js) ? trace_scratch() : NULL;
	if (!room)
		return NULL;
	struct growing g = {js->isolate, room, room, room + TRACE_LINE_MAX};
	struct room_for_class scope;
	v8.scope(&scope, js->isolate);
	put_frames(&g);
	v8.scope_end(&scope);
	const struct text *text = text_of(room, (size_t)(g.at - room)); /* perhaps without a frame */
	trace_scratch_end(room);
	if (text && js->epoch == epoch) { /* else there was a collection meanwhile */
		memo->key = 0;
		memo->text = text;
		memo->key = key;
	}
	return text;
}

const struct text *js_text_of_function(struct js *js, local function)
{
	char *room = js_may_ask(js) && v8.is_function(function) ? trace_scratch() : NULL;
	const struct text *text = NULL;
	if (!room)
		return NULL;
	struct growing g = {js->isolate, room, room, room + TRACE_LINE_MAX};
	struct room_for_class scope, origin;
	v8.scope(&scope, js->isolate);
	origin = v8.function_origin(function);
	struct location at = {v8.function_line(function), v8.function_column(function)};
	/* v8::ScriptOrigin: first the isolate, up to V8 12; then the name. */
	local script = (local)origin.word[origin.word[0] == (uintptr_t)js->isolate];
	if (script && put_frame(&g, script, at, v8.function_name(function)) && !begins_with(room, "node:"))
		text = text_of(room, (size_t)(g.at - room));
	v8.scope_end(&scope);
	trace_scratch_end(room);
	return text;
}
