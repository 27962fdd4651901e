/* A growing run of bytes, and gzip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_BYTES_H
#define SOCKSAN_ANALYZER_FLEET_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "analyzer/base/util.h"

struct bytes {
	char *data; /* to be freed */
	size_t n, cap;
};

/* Room for `n` more bytes, which are counted. */
static inline char *bytes_add(struct bytes *bytes, size_t n)
{
	if (bytes->cap - bytes->n < n) {
		bytes->cap = 2 * bytes->cap + n;
		bytes->data = xreallocarray(bytes->data, bytes->cap, 1);
	}
	bytes->n += n;
	return bytes->data + bytes->n - n;
}

static inline void bytes_put(struct bytes *bytes, const void *data, size_t n)
{
	if (n)
		memcpy(bytes_add(bytes, n), data, n);
}

struct gzip;

/* Compresses what it is given, a little at a time. */
struct gzip *gzip_new(void);
void gzip_put(struct gzip *gzip, const void *data, size_t n);

/* How many bytes have come out so far. */
size_t gzip_size(const struct gzip *gzip);

/* Ends it, and frees it. */
struct bytes gzip_end(struct gzip *gzip);

/* Decompresses all; false if it is damaged, or longer than `most`. */
bool gunzip(struct bytes *out, const void *data, size_t n, size_t most) __attribute__((warn_unused_result));

#endif
