/* Mutations that keep JSON what it is: values are repeated, moved, dropped, and made what a parser may not expect. Bytes
 * alone seldom get past the parser.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
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

struct span {
	size_t start, end;
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

/* A value or a key, or a whole line; the first one after a place at random. */
static struct span pick(const uint8_t *data, size_t size, unsigned *seed)
{
	size_t at = (size_t)rand_r(seed) % size;
	if (rand_r(seed) % 4 == 0) {
		const uint8_t *before = memrchr(data, '\n', at), *after = memchr(data + at, '\n', size - at);
		return (struct span){before ? (size_t)(before - data) + 1 : 0,
				     after ? (size_t)(after - data) + 1 : size};
	}
	while (at < size && (!data[at] || !strchr("\"[{-0123456789tfn", data[at])))
		at++;
	return (struct span){at, at < size ? end_of_value(data, size, at) : size};
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
		uint8_t *copy = malloc(size);
		memcpy(copy, data, size);
		switch (rand_r(&seed) % 4) {
		case 0: size = replace(data, size, room, to, word, strlen(word)); break;
		case 1: size = replace(data, size, room, to, "", 0); break;
		case 2: to.end = to.start; /* fall through */
		case 3: size = replace(data, size, room, to, copy + from.start, from.end - from.start); break;
		}
		free(copy);
	}
	return size;
}
