/* Helpers of the in-test API: see tell.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/api/tell.h"

#include "shim/kernel/sys.h"
#include "shim/model/words.h"
#include "shim/trace/jsonl.h"
#include "shim/track/query.h"

#include <string.h>
#include <sys/socket.h>

void line_put(struct line *l, const char *text, size_t len)
{
	size_t room = sizeof l->text - 1 - l->len;
	len = len < room ? len : room;
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

void line_text(struct line *l, const char *text) { line_put(l, text, strlen(text)); }

void line_number(struct line *l, int64_t n)
{
	char digits[20];
	if (n < 0)
		line_text(l, "-");
	line_put(l, digits, (size_t)(jsonl_decimal(digits, n < 0 ? 0 - (uint64_t)n : (uint64_t)n) - digits));
}

void line_quoted(struct line *l, const char *before, const char *value, const struct jsonl *j)
{
	if (j->at <= value)
		return;
	line_text(l, before);
	line_put(l, value, (size_t)(j->at - 1 - value));
}

/* The address returned by getsockname(2) or getpeername(2). */
static void put_address(struct line *l, const char *before, long call, int fd)
{
	char json[1024];
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	struct jsonl j = jsonl_open(json, sizeof json, "");
	const char *value = j.at + strlen(",\"\":\"");
	if (!sys3(call, fd, &address, &len))
		jsonl_address(&j, "", (void *)&address, len);
	line_quoted(l, before, value, &j);
}

void line_state(struct line *l, int fd, unsigned state)
{
	line_text(l, state_name(state));
	if (state != STATE_CLOSED)
		put_address(l, ", from ", SYS_getsockname, fd);
	put_address(l, ", to ", SYS_getpeername, fd);
}

struct socket *next_own(int *fd)
{
	struct socket *s, *other;
	for (; (s = socket_next(fd)); ++*fd) {
		int lower = 0;
		if (socket_life(s).flags & INHERITED)
			continue;
		if (socket_refs(s) > 1)
			while (lower < *fd && (other = socket_next(&lower)) && other != s)
				lower++;
		else
			lower = *fd;
		if (lower == *fd && (sys_off() || still_there(*fd, s)))
			return s;
	}
	return NULL;
}
