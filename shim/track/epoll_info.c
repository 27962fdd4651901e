/* Reads /proc/PID/fdinfo of an epoll set: see epoll_info.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/epoll_info.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/trace/jsonl.h"

#include <string.h>

struct set_reading {
	char path[ERRAND_PROC + 32];
	void (*visit)(void *arg, const struct epoll_entry *);
	void *arg;
	bool whole;
};

static uint64_t number_after(const char *line, const char *key, unsigned base)
{
	const char *at = strstr(line, key);
	uint64_t n = 0;
	for (at = at ? at + strlen(key) : ""; *at == ' ' || *at == '\t';)
		at++;
	for (;; at++) {
		unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
				 : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
							    : base;
		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

/* "tfd:        7 events:       19 data:                7  pos:0 ino:961f174 sdev:9" */
static void read_line(const struct set_reading *r, const char *line)
{
	if (strncmp(line, "tfd:", 4))
		return;
	struct epoll_entry entry = {(int)number_after(line, "tfd:", 10), number_after(line, " data:", 16),
				    number_after(line, " ino:", 16)};
	r->visit(r->arg, &entry);
}

static void read_all(void *p)
{
	struct set_reading *r = p;
	char text[1024], line[160];
	size_t len = 0;
	long n = -1, file = sys_open(r->path, O_RDONLY | O_CLOEXEC, 0);
	if (file < 0)
		return;
	while ((n = sys3(SYS_read, file, text, sizeof text)) > 0)
		for (long i = 0; i < n; i++) {
			if (text[i] != '\n' && len < sizeof line - 1) {
				line[len++] = text[i];
			} else if (text[i] == '\n') {
				line[len] = 0;
				len = 0;
				read_line(r, line);
			}
		}
	sys1(SYS_close, file);
	r->whole = n == 0;
}

bool epoll_info(int set, void (*visit)(void *arg, const struct epoll_entry *), void *arg)
{
	struct set_reading r = {.visit = visit, .arg = arg};
	jsonl_decimal(stpcpy(errand_proc(r.path), "/fdinfo/"), (uint64_t)(unsigned)set)[0] = 0;
	errand(read_all, &r, ERRAND_EMPTY, false);
	return r.whole;
}
