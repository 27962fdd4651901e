/* Mutations that keep JSON what it is: values are repeated, moved, dropped, and made what a parser may not expect. Bytes
 * alone seldom get past the parser.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* libFuzzer's own; NULL in other builds. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room) __attribute__((weak));

/* What a value may be in place of what it was. */
static const char *const odd[] = {
	"0",
	"1",
	"2",
	"9",
	"-1",
	"-2147483648",
	"2147483647",
	"2147483648",
	"-9223372036854775808",
	"9223372036854775807",
	"9223372036854775808",
	"1e3",
	"1.5",
	"null",
	"true",
	"false",
	"\"\"",
	"\"\\u001b[31m\"",
	"\"\\u202e\\u0085\"",
	"\"]]></p>\\n::error::\"",
	"[]",
	"{}",
	"[[]]",
	"\"1+0x1\"",
	"\"ESTABLISHED\"",
	"\"CLOSE_WAIT\"",
};

enum kind { VALUE, MEMBER, LINE };

struct span {
	enum kind kind;
	size_t start, end;
	size_t value; /* of a member: where its value starts */
};

static size_t end_of_string(const uint8_t *data, size_t size, size_t at)
{
	for (at++; at < size && data[at] != '"'; at++)
		at += data[at] == '\\';
	return at < size ? at + 1 : size;
}

static size_t end_of_value(const uint8_t *data, size_t size, size_t at)
{
	int depth = 0;
	if (data[at] == '"')
		return end_of_string(data, size, at);
	if (!strchr("[{", data[at])) {
		while (at < size && data[at] && !strchr(",:]} \t\r\n", data[at]))
			at++;
		return at;
	}
	while (at < size) {
		uint8_t c = data[at];
		if (c == '"') {
			at = end_of_string(data, size, at);
			continue;
		}
		at++;
		depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
		if (depth == 0)
			break;
	}
	return at;
}

static size_t skip_blanks(const uint8_t *data, size_t size, size_t at)
{
	while (at < size && data[at] && strchr(" \t\r", data[at]))
		at++;
	return at;
}

/* The value that starts at a place, or the member, up to the comma behind it, whose key does. */
static struct span token(const uint8_t *data, size_t size, size_t at)
{
	struct span span = {VALUE, at, end_of_value(data, size, at), at};
	size_t colon = skip_blanks(data, size, span.end);
	if (data[at] != '"' || colon >= size || data[colon] != ':')
		return span;
	size_t value = skip_blanks(data, size, colon + 1);
	if (value >= size)
		return span;
	span = (struct span){MEMBER, at, end_of_value(data, size, value), value};
	span.end += span.end < size && data[span.end] == ',';
	return span;
}

/* A line at random, unless it is all there is, or one of its members and values, each as likely as the others. */
static struct span pick(const uint8_t *data, size_t size, unsigned *seed)
{
	size_t at = (size_t)rand_r(seed) % size;
	const uint8_t *before = memrchr(data, '\n', at), *after = memchr(data + at, '\n', size - at);
	size_t start = before ? (size_t)(before - data) + 1 : 0, end = after ? (size_t)(after - data) + 1 : size;
	struct span span = {LINE, start, end, start};
	if (rand_r(seed) % 4 == 0 && (before || end < size))
		return span;
	unsigned n = 0;
	for (at = start; at < end;) {
		uint8_t c = data[at];
		bool starts = c && strchr("\"[{-0123456789tfn", c);
		if (starts && (unsigned)rand_r(seed) % ++n == 0)
			span = token(data, end, at);
		at = c == '"'			  ? end_of_string(data, end, at)
		     : starts && !strchr("[{", c) ? end_of_value(data, end, at)
						  : at + 1;
	}
	return span;
}

/* Puts `n` bytes in the place of a span. */
static size_t replace(uint8_t *data, size_t size, size_t room, struct span span, const void *bytes, size_t n)
{
	size_t old = span.end - span.start;
	if (size - old + n > room)
		return size;
	memmove(data + span.start + n, data + span.end, size - span.end);
	memcpy(data + span.start, bytes, n);
	return size - old + n;
}

size_t json_mutate(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	unsigned n = rand_r(&seed) % 4 + 1;
	if (size == 0 || rand_r(&seed) % 2)
		return LLVMFuzzerMutate(data, size, room);
	while (n-- && size) {
		struct span to = pick(data, size, &seed), from = pick(data, size, &seed);
		const char *word = odd[(size_t)rand_r(&seed) % (sizeof odd / sizeof *odd)];
		for (int tries = 0; tries < 4 && from.kind != to.kind; tries++)
			from = pick(data, size, &seed);
		uint8_t *copy = malloc(size);
		memcpy(copy, data, size);
		switch (rand_r(&seed) % 4) {
		case 0:
			to.start = to.value;
			to.end -= to.kind == MEMBER && data[to.end - 1] == ',';
			size = replace(data, size, room, to, word, strlen(word));
			break;
		case 1: size = replace(data, size, room, to, "", 0); break;
		case 2: to.end = to.start; /* fall through */
		case 3: size = replace(data, size, room, to, copy + from.start, from.end - from.start); break;
		}
		free(copy);
	}
	return size;
}
