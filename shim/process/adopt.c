/* Descriptors that the shim did not see being made: inherited by a program, or open before an attach. proc(5).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/state/options.h"
#include "shim/trace/trace.h"
#include "shim/track/call.h"
#include "shim/track/event.h"
#include "shim/track/history.h"
#include "shim/track/query.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

/* For many sockets: from a cookie to the descriptor that is in the table. */
struct by_cookie {
	uint64_t cookie;
	int fd;
};
enum { BY_COOKIE = 1 << 18 };
static struct by_cookie *by_cookie;

static struct by_cookie *find_cookie(uint64_t cookie)
{
	uint64_t at = cookie * 0x9e3779b97f4a7c15ull >> 46;
	for (int tries = 0; tries < BY_COOKIE / 2; tries++, at = (at + 1) % BY_COOKIE)
		if (!by_cookie[at].cookie || by_cookie[at].cookie == cookie)
			return &by_cookie[at];
	return NULL;
}

/* Whether another descriptor of the same socket is in the table already. If so, stores its word, with one more
 * reference. */
static bool known(int fd, fd_word *w)
{
	uint64_t cookie;
	struct socket *s;
	if (sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie))
		return false;
	if (by_cookie) {
		struct by_cookie *found = find_cookie(cookie);
		*w = found && found->cookie ? fd_load(found->fd) : FD_UNKNOWN;
		if ((s = socket_of(*w)) && socket_cookie(s) == cookie)
			return socket_ref(*w);
		if (found)
			*found = (struct by_cookie){cookie, fd};
		return false;
	}
	for (int other = 0; (s = socket_next(&other)); other++)
		if (socket_cookie(s) == cookie) {
			*w = fd_load(other);
			return socket_ref(*w);
		}
	return false;
}

/* Enters a descriptor that was inherited or opened before the attach. A kind that is not judged is only marked as open.
 * Returns true if a judged one was entered. */
static bool adopt(int fd)
{
	struct life life;
	fd_word w = FD_OTHER, was;
	if (!kernel_life(fd, &life)) {
		life = life_open(options.kinds == 1 << KIND_socket ? KIND_other : kernel_kind(fd, KIND_other));
	}
	life.flags |= INHERITED;
	bool judged = kind_is_judged(life_kind(life));
	if (judged && !known(fd, &w)) {
		struct socket *s = socket_new(life, &w);
		if (!s)
			return false;
		if (own.how != HOW_attach) {
			s->inside[0] = s->inside[1] = UNUSED;
			unused.sockets++;
		}
	}
	was = fd_swap(fd, w);
	if (was != FD_UNKNOWN) { /* a hook entered it meanwhile and knows more */
		socket_unref(fd_swap(fd, was));
		return false;
	}
	if (!judged)
		return false;
	identity_of(fd, w);
	watch_opened();
	return true;
}

bool adopt_inherited(int *sockets)
{
	char buffer[2048];
	bool worth = false;
	long dir = sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), n;
	*sockets = 0;
	while (dir >= 0 && (n = sys3(SYS_getdents64, dir, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buffer + at);
			int fd = 0;
			at += d->d_reclen;
			if (*d->d_name < '0' || *d->d_name > '9')
				continue;
			for (const char *c = d->d_name; *c; c++)
				fd = fd * 10 + *c - '0';
			if (fd == dir || !adopt(fd))
				continue;
			++*sockets;
			worth |= fd > 2;
		}
	}
	if (dir >= 0)
		sys1(SYS_close, dir);
	return worth;
}

/* -- while other threads run ------------------------------------------------------------------------------------ */

static int next, end; /* the numbers still to be checked */

static bool is_open(int fd) { return sys2(SYS_fcntl, fd, F_GETFD) >= 0; }

struct status_text {
	char path[ERRAND_PROC + sizeof "/status"], text[2048];
	long n;
};

static void read_text(void *p)
{
	struct status_text *r = p;
	long fd = sys_open(r->path, O_RDONLY | O_CLOEXEC, 0);
	r->n = fd < 0 ? 0 : sys3(SYS_read, fd, r->text, sizeof r->text - 1);
	sys1(SYS_close, fd);
}

/* The range is the size of the kernel's table: asking for each number costs less than listing those that are open. The
 * file is opened on another table, so no thread of the host sees its descriptor. */
void adopt_from_first(void)
{
	struct status_text r = {.n = 0};
	strcpy(errand_proc(r.path), "/status");
	errand(read_text, &r, ERRAND_EMPTY, false);
	r.text[r.n > 0 ? r.n : 0] = 0;
	const char *at = strstr(r.text, "\nFDSize:");
	next = end = 0;
	for (at = at ? at + sizeof "\nFDSize:" : ""; *at >= '0' && *at <= '9' && end < INT_MAX / 16; at++)
		end = end * 10 + *at - '0';
	if (!by_cookie)
		by_cookie = sys_mmap(NULL, BY_COOKIE * sizeof *by_cookie, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static uint64_t now(void)
{
	struct timespec ts;
	sys_clock(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int adopt_next(uint64_t ns, bool told)
{
	uint64_t until = now() + ns;
	int sockets = 0;
	struct socket *s;
	for (; next < end && (next % 16 || now() < until); next++) {
		if (fd_load(next) != FD_UNKNOWN || !is_open(next) || !adopt(next))
			continue;
		sockets++;
		if (told && (s = socket_of(fd_load(next))))
			own_inherited_line(next, s, trace_now());
	}
	return sockets;
}

bool adopt_left(void) { return next < end; }

void adopt_end(void)
{
	if (by_cookie)
		sys2(SYS_munmap, by_cookie, BY_COOKIE * sizeof *by_cookie);
	by_cookie = NULL;
	next = end = 0;
}
