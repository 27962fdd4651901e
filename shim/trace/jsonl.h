/* One JSON object on one line, written into memory of the caller: no allocation, no locale, no stdio; safe anywhere. Strings are always
 * valid UTF-8: invalid bytes become U+FFFD. RFC 8259. A key that does not fit is left out as a whole, so that the line stays valid.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_JSONL_H
#define SHIM_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct jsonl {
	char *start, *at, *end;
	bool full; /* something was left out */
	bool open; /* inside an array */
};

enum { JSONL_TAIL = 4 }; /* reserved for closing an array and the line */

/* Starts `{"ev":"..."`, which needs no escape. `size` is at least 64. */
static inline struct jsonl jsonl_open(char *buffer, size_t size, const char *ev)
{
	static const char start[] = "{\"ev\":\"";
	size_t len = __builtin_strlen(ev);
	__builtin_memcpy(buffer, start, sizeof start - 1);
	char *at = buffer + sizeof start - 1;
	__builtin_memcpy(at, ev, len);
	at += len;
	*at++ = '"';
	return (struct jsonl){.start = buffer, .at = at, .end = buffer + size - JSONL_TAIL};
}

/* For the parts of a line that always fit: copies a literal, in a store or two, and returns its end. */
#define JSONL_PUT(at, literal) ((char *)__builtin_memcpy(at, literal, sizeof(literal) - 1) + sizeof(literal) - 1)

/* Writes `,"key":` and returns where the value goes, or NULL if it and `need` bytes of value do not fit. Inline, since keys are literals:
 * their length is known, and the copy is a store or two. */
static inline char *jsonl_key(struct jsonl *j, const char *key, size_t need)
{
	size_t len = __builtin_strlen(key);
	if (__builtin_expect(j->end - j->at < (ptrdiff_t)(len + 4 + need), 0)) {
		j->full = true;
		return NULL;
	}
	char *at = j->at;
	*at++ = ',';
	*at++ = '"';
	__builtin_memcpy(at, key, len);
	at += len;
	*at++ = '"';
	*at++ = ':';
	return at;
}

/* Writes the decimal digits of n at `at`, which has room for 20 bytes, any of which may be overwritten; returns the end of the digits. */
char *jsonl_long_decimal(char *at, uint64_t n);
static inline char *jsonl_decimal(char *at, uint64_t n)
{
	if (n >= 10)
		return jsonl_long_decimal(at, n);
	*at = (char)('0' + n);
	return at + 1;
}
static inline char *jsonl_signed_decimal(char *at, int64_t n)
{
	if (__builtin_expect(n >= 0, 1))
		return jsonl_decimal(at, (uint64_t)n);
	*at = '-';
	return jsonl_decimal(at + 1, 0 - (uint64_t)n);
}
char *jsonl_hexadecimal(char *at, uint64_t n); /* room for 16 */

static inline void jsonl_uint(struct jsonl *j, const char *key, uint64_t n)
{
	char *at = jsonl_key(j, key, 20);
	if (at)
		j->at = jsonl_decimal(at, n);
}

static inline void jsonl_int(struct jsonl *j, const char *key, int64_t n)
{
	char *at = jsonl_key(j, key, 21);
	if (at)
		j->at = jsonl_signed_decimal(at, n);
}

/* A text of the shim's own, which needs no escaping. */
static inline void jsonl_words(struct jsonl *j, const char *key, const char *text, size_t len)
{
	char *at = jsonl_key(j, key, len + 2);
	if (!at)
		return;
	*at++ = '"';
	__builtin_memcpy(at, text, len);
	at += len;
	*at++ = '"';
	j->at = at;
}

/* The same for a NUL-terminated word; NULL: null. */
static inline void jsonl_word(struct jsonl *j, const char *key, const char *word)
{
	char *at;
	if (word)
		jsonl_words(j, key, word, __builtin_strlen(word));
	else if ((at = jsonl_key(j, key, 4)))
		j->at = (char *)__builtin_memcpy(at, "null", 4) + 4;
}

static inline void jsonl_bool(struct jsonl *j, const char *key, bool b)
{
	char *at = jsonl_key(j, key, 5);
	if (at)
		j->at = b ? (char *)__builtin_memcpy(at, "true", 4) + 4 : (char *)__builtin_memcpy(at, "false", 5) + 5;
}

/* The same for words of a table, in one copy. */
struct jsonl_padded {
	char text[15];
	uint8_t len;
};
#define JSONL_PADDED(word)                \
	{                                 \
		word, sizeof(word "") - 1 \
	}

/* Writes `"`, the word and `"` at `at`, which has room for 17 bytes. */
static inline char *jsonl_put_padded(char *at, const struct jsonl_padded *word)
{
	*at++ = '"';
	__builtin_memcpy(at, word, sizeof *word);
	at += word->len;
	*at++ = '"';
	return at;
}

void jsonl_hex(struct jsonl *, const char *key, uint64_t);	  /* "0x..." */
void jsonl_digits(struct jsonl *, const char *key, uint64_t);	  /* "123", for numbers beyond 2^53 */
void jsonl_seconds(struct jsonl *, const char *key, uint64_t ns); /* 1.000002 */
void jsonl_str(struct jsonl *, const char *key, const char *);	  /* NULL: null */
void jsonl_strn(struct jsonl *, const char *key, const char *, size_t len);
void jsonl_bytes(struct jsonl *, const char *key, const unsigned char *, size_t len); /* in hex */

char *jsonl_inet4(char *at, const unsigned char *); /* 127.0.0.1; room for 16 */

/* "127.0.0.1:80", "[::1]:80", "unix:/path", "unix:@abstract"; nothing for an unknown family or a short address. */
char *jsonl_put_address(char *at, const char *end, const struct sockaddr *, socklen_t len);
static inline void jsonl_address(struct jsonl *j, const char *key, const struct sockaddr *sa, socklen_t len)
{
	char *at = jsonl_key(j, key, 0);
	if (at && (at = jsonl_put_address(at, j->end, sa, len)))
		j->at = at;
}

/* An array of strings or of numbers: open, add, close. An element that does not fit is left out. */
void jsonl_array(struct jsonl *, const char *key);
void jsonl_add(struct jsonl *, const char *, size_t len);
void jsonl_add_uint(struct jsonl *, uint64_t);
void jsonl_array_end(struct jsonl *);

/* Ends the line with "}\n" and returns its length. */
static inline size_t jsonl_close(struct jsonl *j)
{
	*j->at++ = '}';
	*j->at++ = '\n';
	return (size_t)(j->at - j->start);
}

#endif
