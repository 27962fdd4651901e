/* gzip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/fleet/bytes.h"

#include <stdlib.h>
#include <zlib.h>

enum { GZIP = 16, PIECE = 256 << 10 };

struct gzip {
	z_stream z;
	struct bytes out;
};

struct gzip *gzip_new(void)
{
	struct gzip *gzip = xcalloc(1, sizeof *gzip);
	/* Lines are so alike that more effort gains little. */
	if (deflateInit2(&gzip->z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + GZIP, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* no memory, or another zlib than the one of the header */
	return gzip;
}

static void work(struct gzip *gzip, int flush)
{
	int result;
	do {
		char *room = bytes_add(&gzip->out, PIECE);
		gzip->z.next_out = (unsigned char *)room;
		gzip->z.avail_out = PIECE;
		result = deflate(&gzip->z, flush);
		gzip->out.n -= gzip->z.avail_out;
	} while (gzip->z.avail_in || (flush == Z_FINISH && result != Z_STREAM_END));
}

void gzip_put(struct gzip *gzip, const void *data, size_t n)
{
	gzip->z.next_in = (unsigned char *)(uintptr_t)data;
	gzip->z.avail_in = (unsigned)n;
	if (n)
		work(gzip, Z_NO_FLUSH);
}

size_t gzip_size(const struct gzip *gzip) { return gzip->out.n; }

struct bytes gzip_end(struct gzip *gzip)
{
	gzip->z.avail_in = 0;
	work(gzip, Z_FINISH);
	struct bytes out = gzip->out;
	deflateEnd(&gzip->z);
	free(gzip);
	return out;
}

bool gunzip(struct bytes *out, const void *data, size_t n, size_t most)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)data, .avail_in = (unsigned)n};
	if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
		return false;
	int result = Z_OK;
	while (result == Z_OK && out->n <= most) {
		char *room = bytes_add(out, PIECE);
		z.next_out = (unsigned char *)room;
		z.avail_out = PIECE;
		result = inflate(&z, Z_NO_FLUSH);
		out->n -= z.avail_out;
	}
	inflateEnd(&z);
	return result == Z_STREAM_END && out->n <= most;
}
