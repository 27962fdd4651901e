/* Fuzzes the two readers of a line against each other: what the scanner takes for a line of the shim's, jansson reads as the same event,
 * without a complaint; and a line that it leaves is as it was.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/read/trace_parse.h"
#include "analyzer/read/trace_scan.h"
#include "tests/fuzz/fuzz.h"

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same_strings(const char **a, size_t n, const char **b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

static bool same_frames(const struct trace_event *a, const struct trace_event *b)
{
	if (a->n_frames != b->n_frames)
		return false;
	for (size_t i = 0; i < a->n_frames; i++)
		if (a->frames[i].module != b->frames[i].module || a->frames[i].offset != b->frames[i].offset)
			return false;
	return true;
}

static bool same_value(const struct trace_key *key, const struct trace_event *a, const struct trace_event *b)
{
	const void *one = (const char *)a + key->offset, *other = (const char *)b + key->offset;
	switch (key->type) {
	case KEY_STRING: return same_text(*(const char *const *)one, *(const char *const *)other);
	case KEY_NUMBER:
	case KEY_DESCRIPTOR:
	case KEY_SECONDS:
	case KEY_HEX: return memcmp(one, other, sizeof(int64_t)) == 0;
	case KEY_STATE:
	case KEY_KIND:
	case KEY_NOTE:
	case KEY_HOW:
	case KEY_LOSS: return memcmp(one, other, sizeof(enum state)) == 0;
	case KEY_FLAG: return *(const bool *)one == *(const bool *)other;
	case KEY_ARGV: return same_strings(a->argv, a->n_argv, b->argv, b->n_argv);
	case KEY_SCRIPT: return a->lang == b->lang && same_strings(a->script, a->n_script, b->script, b->n_script);
	case KEY_RUNS:
		return a->n_runs == b->n_runs &&
		       (a->n_runs == 0 || memcmp(a->runs, b->runs, a->n_runs * sizeof *a->runs) == 0);
	case KEY_MEMBERS:
		return a->n_members == b->n_members &&
		       (a->n_members == 0 || memcmp(a->members, b->members, a->n_members * sizeof *a->members) == 0);
	case KEY_FRAMES: return same_frames(a, b);
	}
	return false;
}

static void expect_same(const struct trace_event *scanned, const struct trace_event *parsed)
{
	EXPECT(scanned->kind == parsed->kind, "the kind of line is %d, by jansson %d", scanned->kind, parsed->kind);
	EXPECT(scanned->line == parsed->line, "the line's number differs");
	for (size_t i = 0; i < trace_keys_n; i++)
		EXPECT(same_value(&trace_keys[i], scanned, parsed), "\"%s\" differs", trace_keys[i].name);
}

/* A block of its own, so that reading past it is seen; what may be read behind it is as inviting as can be. */
static char *block_of(const char *text, size_t n)
{
	char *block = xcalloc(n + LINE_SLACK, 1);
	memcpy(block, text, n);
	memset(block + n, '"', LINE_SLACK);
	block[n] = '\n';
	return block;
}

static void compare(struct trace_parser *scanner, const char *text, size_t n)
{
	static struct trace_parser parser;
	struct trace_file file = {.path = (char *)"a trace"};
	char *mutable = block_of(text, n), *constant = block_of(text, n);
	struct trace_line line = {LINE_WHOLE, mutable, n, 7, 0}, same = {LINE_WHOLE, constant, n, 7, 0};
	int64_t t = trace_scan_time(&line);
	EXPECT(t < 0 || t == find_time(&same), "its time differs");
	scanner->line = line;
	if (!trace_scan(scanner, &line)) {
		EXPECT(memcmp(mutable, constant, n + LINE_SLACK) == 0, "a line that is left was written to");
	} else {
		const struct trace_event *event = trace_parse_slowly(&parser, &file, &same);
		EXPECT(event && file.complaints == 0, "jansson refuses the line");
		expect_same(&scanner->event, event);
		EXPECT(json_equal(trace_parser_json(scanner), parser.json), "its JSON differs");
		expect_same(&scanner->event, event);
	}
	json_decref(scanner->json);
	json_decref(parser.json);
	scanner->json = parser.json = NULL;
	free(mutable);
	free(constant);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return json_mutate(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace_parser scanner; /* keeps what it learned of the order of keys */
	static struct captured captured;
	const char *at = (const char *)data, *end = at + size;
	fuzz_capture(&captured);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
		if (stop > at)
			compare(&scanner, at, (size_t)(stop - at));
		at = stop + 1;
	}
	fuzz_release();
	json_arena_empty();
	return 0;
}
