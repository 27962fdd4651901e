/* The in-test API: see socksan.h for its contract, noted.h for what is kept.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/api/socksan.h"

#include "shim/api/tell.h"
#include "shim/hooks/hook.h"
#include "shim/trace/jsonl.h"
#include "shim/track/noted.h"

#include <limits.h>
#include <string.h>

#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

static const char *const severities[VIOLATIONS] = {
#define VIOLATION(id, slug, severity, ...) [VIOLATION_##id] = #severity,
#include "shim/model/violation.def"
};

static struct line begin(const char *label)
{
	char json[1024];
	struct line l = {0};
	struct jsonl j = jsonl_open(json, sizeof json, "");
	const char *value = j.at + strlen(",\"\":\"");
	jsonl_strn(&j, "", label ? label : "check", label ? strnlen(label, 150) : strlen("check"));
	line_text(&l, "socksan: ");
	line_quoted(&l, "", value, &j);
	line_text(&l, ": ");
	return l;
}

/* One system call per line, so that lines of threads do not mix. If standard error was closed, its number may now be one of the program's
 * connections: then nothing is printed. */
static void end(struct line *l)
{
	struct socket *s = socket_of(fd_load(2));
	l->text[l->len++] = '\n';
	if (!s)
		sys3(SYS_write, 2, l->text, l->len);
	else if (socket_life(s).flags & INHERITED)
		sys6(SYS_sendto, 2, SYS_ARG(l->text), SYS_ARG(l->len), MSG_NOSIGNAL, 0, 0);
}

/* "error[never-closed]: ", as in reports. */
static void put_code(struct line *l, unsigned violation, bool warning)
{
	line_text(l, warning || *severities[violation] == 'W' ? "warning[" : "error[");
	line_text(l, violation_name(violation));
	line_text(l, "]: ");
}

static void tell_violation(const char *label, uint64_t turn)
{
	struct noted n;
	if (!check_look(turn, &n))
		return; /* only counted */
	struct line l = begin(label);
	put_code(&l, (unsigned)n.violation, false);
	line_text(&l, n.op);
	if (n.fd >= 0 || n.violation == VIOLATION_bad_fd) {
		line_text(&l, " on descriptor ");
		line_number(&l, n.fd);
	}
	end(&l);
}

static void tell_socket(const char *label, int fd, const struct socket *s)
{
	struct line l = begin(label);
	unsigned state = socket_life(s).state;
	put_code(&l, VIOLATION_never_closed, state == STATE_LISTENING);
	line_text(&l, "descriptor ");
	line_number(&l, fd);
	line_text(&l, " is open, ");
	line_state(&l, fd, state);
	end(&l);
}

EXPORT int(socksan_is_active)(void) { return process_active(); }

EXPORT int(socksan_open_sockets)(void)
{
	int n = 0;
	if (process_active())
		for (int fd = 0; next_own(&fd); fd++)
			n++;
	return n;
}

EXPORT int(socksan_check)(const char *label)
{
	if (!process_active())
		return 0;
	uint64_t first, last, n = check_take(&first, &last);
	for (uint64_t turn = first; turn <= last; turn++)
		tell_violation(label, turn);

	struct socket *s;
	for (int fd = 0, lines = 0; (s = next_own(&fd)); fd++) {
		if (GET(s->told) & TOLD_INTENDED ||
		    __atomic_fetch_or(&s->told, TOLD_OPEN, __ATOMIC_RELAXED) & TOLD_OPEN)
			continue;
		n++;
		if (lines++ < NOTED_LAST)
			tell_socket(label, fd, s);
	}
	if (!n)
		return 0;
	struct line l = begin(label);
	line_number(&l, (int64_t)n);
	line_text(&l, n == 1 ? " violation since the last check" : " violations since the last check");
	end(&l);
	return n < INT_MAX ? (int)n : INT_MAX;
}

EXPORT int(socksan_ignore)(int fd)
{
	struct call c = call_begin(fd);
	if (self_untold())
		return 0;
	if (!c.socket)
		return -1;
	if (__atomic_fetch_or(&c.socket->told, TOLD_INTENDED, __ATOMIC_RELAXED) & TOLD_INTENDED)
		return 0;
	struct event e = event("socksan_ignore", fd);
	e.sock = c.sock;
	e.from = e.to = c.life.state;
	e.note = NOTE_intended;
	record(&e);
	return 0;
}
