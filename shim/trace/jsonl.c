/* One JSON object on one line: see jsonl.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/jsonl.h"

#include "shim/trace/digits.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

/* Digits of n < 10^4. */
static inline char *up_to_four(char *at, uint32_t n)
{
	uint32_t high = n * 5243 >> 19, x = high | (n - high * 100) << 16;
	high = (x * 103 >> 10) & 0xf000f;
	uint32_t digits = high | (x - high * 10) << 8, leading = (uint32_t)__builtin_ctz(digits | 1u << 24) & ~7u;
	digits = htole32((digits | (uint32_t)ZEROS) >> leading);
	memcpy(at, &digits, 4);
	return at + 4 - leading / 8;
}

/* Digits of n < 10^8. */
static inline char *up_to_eight(char *at, uint64_t n)
{
	uint64_t digits = eight(n);
	int leading = __builtin_ctzll(digits | 1ull << 56) & ~7;
	digits = htole64((digits | ZEROS) >> leading);
	memcpy(at, &digits, 8); /* what follows the digits is written over */
	return at + 8 - leading / 8;
}

char *jsonl_long_decimal(char *at, uint64_t n)
{
	if (n < 10000)
		return up_to_four(at, (uint32_t)n);
	if (n < EIGHT)
		return up_to_eight(at, n);
	uint64_t high = n / EIGHT;
	at = high < EIGHT ? up_to_eight(at, high) : all_eight(up_to_eight(at, high / EIGHT), high % EIGHT);
	return all_eight(at, n - high * EIGHT);
}

/* A handler may come in between, and keep another number. */
char *jsonl_keep_high(char *at, uint64_t n, struct kept_digits *kept)
{
	uint64_t high = n / EIGHT, text;
	if (high - 1 >= EIGHT - 1)
		return jsonl_decimal(at, n);
	char *end = up_to_eight(at, high);
	memcpy(&text, at, 8);
	__atomic_store_n(&kept->high, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	kept->text = text;
	kept->len = (unsigned)(end - at);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&kept->high, high + 1, __ATOMIC_RELAXED);
	return all_eight(end, n % EIGHT);
}

char *jsonl_hexadecimal(char *at, uint64_t n)
{
	int shift = 60;
	while (shift && !(n >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*at++ = "0123456789abcdef"[n >> shift & 15];
	return at;
}

void jsonl_hex(struct jsonl *j, const char *key, uint64_t n)
{
	char *at = jsonl_key(j, key, 20);
	if (!at)
		return;
	at = jsonl_hexadecimal(mempcpy(at, "\"0x", 3), n);
	*at++ = '"';
	j->at = at;
}

void jsonl_digits(struct jsonl *j, const char *key, uint64_t n)
{
	char *at = jsonl_key(j, key, 22);
	if (!at)
		return;
	*at++ = '"';
	at = jsonl_decimal(at, n);
	*at++ = '"';
	j->at = at;
}

void jsonl_seconds(struct jsonl *j, const char *key, uint64_t ns)
{
	char *at = jsonl_key(j, key, 27);
	if (!at)
		return;
	at = jsonl_decimal(at, ns / 1000000000);
	*at++ = '.';
	for (uint64_t us = ns % 1000000000 / 1000, unit = 100000; unit; unit /= 10)
		*at++ = (char)('0' + us / unit % 10);
	j->at = at;
}

/* Length of the UTF-8 sequence at s, at most `left` bytes, or 0 when there is none: Unicode, table 3-7. */
static size_t sequence(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char first, last, low, high, len;
	} table[] = {
		{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (*s < table[i].first || *s > table[i].last || table[i].len > left)
			continue;
		if (table[i].len > 1 && (s[1] < table[i].low || s[1] > table[i].high))
			return 0;
		for (size_t k = 2; k < table[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return table[i].len;
	}
	return 0;
}

static bool plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/* A quoted string at `at`, or NULL when it ends past `end`. */
static char *quote(char *at, const char *end, const char *s, size_t len)
{
	if (end - at < 2)
		return NULL;
	*at++ = '"';
	while (len) {
		unsigned char c = (unsigned char)*s;
		size_t n = 1;
		if (end - at < 7)
			return NULL;
		if (plain(c)) {
			*at++ = *s;
		} else if (!(n = sequence((const unsigned char *)s, len))) {
			at = mempcpy(at, "\\ufffd", 6);
			n = 1;
		} else if (c < 0x20 || c == 0x7f) {
			at = mempcpy(at, "\\u00", 4);
			*at++ = "0123456789abcdef"[c >> 4];
			*at++ = "0123456789abcdef"[c & 15];
		} else {
			if (c == '"' || c == '\\')
				*at++ = '\\';
			at = mempcpy(at, s, n);
		}
		s += n;
		len -= n;
	}
	*at++ = '"';
	return at;
}

void jsonl_strn(struct jsonl *j, const char *key, const char *s, size_t len)
{
	char *at = jsonl_key(j, key, len + 2);
	if (at)
		at = quote(at, j->end, s, len);
	if (at)
		j->at = at;
	else
		j->full = true;
}

void jsonl_str(struct jsonl *j, const char *key, const char *s)
{
	if (s)
		jsonl_strn(j, key, s, strlen(s));
	else
		jsonl_word(j, key, NULL);
}

void jsonl_bytes(struct jsonl *j, const char *key, const unsigned char *b, size_t len)
{
	char *at = jsonl_key(j, key, 2 * len + 2);
	if (!at)
		return;
	*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		*at++ = "0123456789abcdef"[b[i] >> 4];
		*at++ = "0123456789abcdef"[b[i] & 15];
	}
	*at++ = '"';
	j->at = at;
}

/* Digits of n < 256: the first in the lowest byte, and in the highest how many there are. */
static inline char *octet(char *at, unsigned n)
{
#define OCTET(n)                                                                                           \
	((n) > 99  ? 3u << 24 | (0x30 + (n) % 10) << 16 | (0x30 + (n) / 10 % 10) << 8 | (0x30 + (n) / 100) \
	 : (n) > 9 ? 2u << 24 | (0x30 + (n) % 10) << 8 | (0x30 + (n) / 10)                                 \
		   : 1u << 24 | (0x30 + (n)))
#define FOUR(n) OCTET(n), OCTET(n + 1), OCTET(n + 2), OCTET(n + 3)
#define SIXTEEN(n) FOUR(n), FOUR(n + 4), FOUR(n + 8), FOUR(n + 12)
#define SIXTY_FOUR(n) SIXTEEN(n), SIXTEEN(n + 16), SIXTEEN(n + 32), SIXTEEN(n + 48)
	static const uint32_t octets[256] = {SIXTY_FOUR(0u), SIXTY_FOUR(64u), SIXTY_FOUR(128u), SIXTY_FOUR(192u)};
	uint32_t text = octets[n], digits = htole32(text);
	memcpy(at, &digits, sizeof digits); /* what follows the digits is written over */
	return at + (text >> 24);
}

char *jsonl_inet4(char *at, const unsigned char *b)
{
	at = octet(at, b[0]);
	for (int i = 1; i < 4; i++) {
		*at++ = '.';
		at = octet(at, b[i]);
	}
	return at;
}

/* RFC 5952: the longest run of two or more zero groups becomes "::"; a mapped IPv4 address keeps its dots. */
static char *inet6(char *at, const unsigned char *b)
{
	unsigned group[8];
	int run = -1, run_len = 1;
	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	for (int i = 0, n; i < 8; i += n ? n : 1) {
		for (n = 0; i + n < 8 && !group[i + n]; n++)
			;
		if (n > run_len)
			run = i, run_len = n;
	}
	bool mapped = run == 0 && run_len == 5 && group[5] == 0xffff;
	for (int i = 0; i < 8; i++) {
		if (i == run) {
			*at++ = ':';
			*at++ = ':';
			i += run_len - 1;
			continue;
		}
		if (mapped && i == 6)
			return jsonl_inet4(mempcpy(at, ":", 1), b + 12);
		if (i && i != run + run_len)
			*at++ = ':';
		at = jsonl_hexadecimal(at, group[i]);
	}
	return at;
}

/* An abstract name's NULs show as in /proc/net/unix. */
static char *unix_name(char *at, const char *end, const struct sockaddr_un *un, size_t len)
{
	char text[sizeof "unix:@" + sizeof un->sun_path], *to = mempcpy(text, "unix:", 5);
	size_t n = len < sizeof un->sun_path ? len : sizeof un->sun_path;
	if (!n)
		return NULL; /* unnamed */
	bool abstract = !un->sun_path[0];
	if (abstract)
		*to++ = '@';
	else
		n = strnlen(un->sun_path, n);
	for (size_t i = abstract; i < n; i++)
		*to++ = un->sun_path[i] ? un->sun_path[i] : '@';
	return quote(at, end, text, (size_t)(to - text));
}

char *jsonl_put_address(char *at, const char *end, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	if (!sa || len < sizeof sa->sa_family)
		return NULL;
	if (sa->sa_family == AF_UNIX)
		return unix_name(at, end, (const void *)sa, len - sizeof sa->sa_family);
	if (end - at < INET6_ADDRSTRLEN + 16)
		return NULL;
	*at++ = '"';
	if (sa->sa_family == AF_INET && len >= sizeof *in) {
		at = jsonl_inet4(at, (const void *)&in->sin_addr);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof *in6) {
		*at++ = '[';
		at = inet6(at, (const void *)&in6->sin6_addr);
		*at++ = ']';
	} else {
		return NULL;
	}
	*at++ = ':';
	at = jsonl_decimal(at, ntohs(in->sin_port)); /* where sin6_port is, too */
	*at++ = '"';
	return at;
}

void jsonl_array(struct jsonl *j, const char *key)
{
	char *at = jsonl_key(j, key, 1);
	if (!at)
		return;
	*at++ = '[';
	j->at = at;
	j->open = true;
}

void jsonl_add(struct jsonl *j, const char *s, size_t len)
{
	char *at = j->at;
	if (!j->open)
		return;
	if (at < j->end && at[-1] != '[')
		*at++ = ',';
	at = quote(at, j->end, s, len);
	if (at)
		j->at = at;
	else
		j->full = true;
}

void jsonl_add_uint(struct jsonl *j, uint64_t n)
{
	if (!j->open)
		return;
	if (j->end - j->at < 21) {
		j->full = true;
		return;
	}
	if (j->at[-1] != '[')
		*j->at++ = ',';
	j->at = jsonl_decimal(j->at, n);
}

void jsonl_array_end(struct jsonl *j)
{
	if (j->open)
		*j->at++ = ']';
	j->open = false;
}
