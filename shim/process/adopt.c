/* What is open and was not made here: at the start of a program, and in a process that ran already. proc(5).
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
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Sockets by their cookies, where many are adopted: the number of one that is in the table. */
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

/* Whether another descriptor of the socket is in the table already: its word then, with one more counted. */
static bool known(int fd, fd_word *w)
{
	uint64_t cookie;
	struct socket *s;
	if (sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie))
		return false;
	if (by_cookie) {
		struct by_cookie *found = find_cookie(cookie);
		if (found && found->cookie) {
			*w = fd_load(found->fd);
			return socket_ref(*w);
		}
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

/* What is open at a number came from elsewhere, or was there before. What is not judged is noted alone. */
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
	if (was != FD_UNKNOWN) { /* a hook knows better, which came to it meanwhile */
		socket_unref(fd_swap(fd, was));
		return false;
	}
	if (!judged)
		return false;
	cookie_of(fd, w);
	watch_opened();
	return true;
}

/* The numbers in a folder of /proc, each to be taken. */
struct numbers {
	char path[ERRAND_PROC + sizeof "/fd"];
	void (*take)(struct numbers *, int fd);
	bool elsewhere; /* on a table that is not the one in the folder */
	bool worth;
	int n, *list;
};

static void read_numbers(void *p)
{
	char buffer[2048];
	struct numbers *numbers = p;
	long dir = sys_open(numbers->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), n;
	while (dir >= 0 && (n = sys3(SYS_getdents64, dir, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buffer + at);
			int fd = 0;
			at += d->d_reclen;
			if (*d->d_name < '0' || *d->d_name > '9')
				continue;
			for (const char *c = d->d_name; *c; c++)
				fd = fd * 10 + *c - '0';
			if (fd != dir || numbers->elsewhere)
				numbers->take(numbers, fd);
		}
	}
	if (dir >= 0)
		sys1(SYS_close, dir);
}

static void take_at_start(struct numbers *numbers, int fd)
{
	bool adopted = adopt(fd);
	numbers->n += adopted;
	numbers->worth |= adopted && fd > 2;
}

bool adopt_inherited(int *sockets)
{
	struct numbers numbers = {.path = "/proc/self/fd", .take = take_at_start};
	read_numbers(&numbers);
	*sockets = numbers.n;
	return numbers.worth;
}

enum { MOST = 1 << 20 }; /* numbers */

static void take_number(struct numbers *numbers, int fd)
{
	if (numbers->n < MOST)
		numbers->list[numbers->n++] = fd;
}

static bool is_open(int fd) { return sys2(SYS_fcntl, fd, F_GETFD) >= 0; }

static void *room(size_t size)
{
	return sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* The numbers are read on another table, where no thread of the host meets the descriptor that it takes. */
int adopt_running(bool late)
{
	struct numbers numbers = {.take = take_number, .elsewhere = true};
	int sockets = 0;
	struct socket *s;
	strcpy(errand_proc(numbers.path), "/fd");
	numbers.list = room(MOST * sizeof *numbers.list);
	by_cookie = room(BY_COOKIE * sizeof *by_cookie);
	if (numbers.list)
		errand(read_numbers, &numbers, ERRAND_EMPTY, false);
	for (int i = 0; i < numbers.n; i++) {
		int fd = numbers.list[i];
		if (fd_load(fd) != FD_UNKNOWN || !is_open(fd) || !adopt(fd))
			continue;
		sockets++;
		if (late && (s = socket_of(fd_load(fd))))
			own_inherited_line(fd, s, trace_now());
	}
	if (numbers.list)
		sys2(SYS_munmap, numbers.list, MOST * sizeof *numbers.list);
	if (by_cookie)
		sys2(SYS_munmap, by_cookie, BY_COOKIE * sizeof *by_cookie);
	by_cookie = NULL;
	return sockets;
}
