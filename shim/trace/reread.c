/* Reading one's own trace: see reread.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/reread.h"

#include "shim/trace/descriptor.h"
#include "shim/trace/file.h"

#include <string.h>
#include <sys/mman.h>

static void each_line(const char *at, const char *end, void (*look)(void *, const char *, size_t), void *of)
{
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			return;
		if (*at == '{' && newline[-1] == '}')
			look(of, at, (size_t)(newline - at));
		at = newline + 1;
	}
}

void trace_reread(void (*look)(void *, const char *line, size_t len), void *of)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s)
		return;
	/* Behind what was appended the mapping has no file. */
	uint64_t claimed = __atomic_load_n(&s->claimed, __ATOMIC_ACQUIRE),
		 appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE),
		 end = claimed < appended ? claimed : appended;
	for (uint64_t n = 0; n << WINDOW_BITS < end; n++) {
		const char *w = file_window(s, n);
		uint64_t left = end - (n << WINDOW_BITS);
		if (!w)
			continue;
		each_line(w, w + (left < WINDOW ? left : WINDOW), look, of);
		if (left > 2 * WINDOW) /* out of the host's resident memory again, see file_map_window() */
			sys3(SYS_madvise, w, WINDOW, MADV_DONTNEED);
	}
}

const char *trace_value(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);
	for (const char *at = line; (at = memchr(at, '"', (size_t)(line + len - at))); at++)
		if ((size_t)(line + len - at) > n + 2 && !memcmp(at + 1, key, n) && at[n + 1] == '"' &&
		    at[n + 2] == ':')
			return at + n + 3;
	return NULL;
}
