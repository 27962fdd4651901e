/* Paths that Node.js gives as URLs: "file:///a%20b.mjs".
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FILE_URL_H
#define SHIM_FILE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline int file_url_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Converts such a URL to its path, in place, and returns its length; any other text is unchanged. Never produces a NUL. */
static inline size_t file_url_path(char *url, size_t len)
{
	enum { BEFORE = 7 };
	if (len <= BEFORE || memcmp(url, "file:///", BEFORE + 1) != 0)
		return len;
	char *to = url;
	const char *end = url + len;
	for (const char *from = url + BEFORE; from < end && *from != '?' && *from != '#'; from++) {
		bool escape =
			*from == '%' && end - from > 2 && file_url_hex(from[1]) >= 0 && file_url_hex(from[2]) >= 0;
		*to = escape ? (char)(file_url_hex(from[1]) << 4 | file_url_hex(from[2])) : *from;
		from += 2 * escape;
		to += *to != 0;
	}
	return (size_t)(to - url);
}

#endif
