/* The line about what is registered in an epoll set: see registered.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/registered.h"

#include "shim/kernel/sys.h"
#include "shim/state/self.h"
#include "shim/state/thread.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"
#include "shim/track/epoll_info.h"

#include <sys/stat.h>

enum { MEMBERS = 32, SETS = 64 /* in a process: a loop may make a set for each request */ };

struct content {
	uint64_t n; /* registrations */
	unsigned listed;
	struct epoll_entry members[MEMBERS];
};

static void count(void *p, const struct epoll_entry *entry)
{
	struct content *content = p;
	content->n++;
	if (content->listed < MEMBERS)
		content->members[content->listed++] = *entry;
}

/* Whether the number still is what was registered, and not closed or another descriptor. */
static bool is_there(const struct epoll_entry *member)
{
	struct stat st;
	enum fd_kind kind = fd_kind(fd_load(member->fd));
	return (kind == FD_SOCKET || kind == FD_OTHER) && !sys2(SYS_fstat, member->fd, &st) &&
	       st.st_ino == member->inode;
}

void registered_tell(const char *op, int set, const struct socket *s)
{
	static uint32_t asked;
	struct content content = {0};
	char line[768];
	if (__atomic_load_n(&asked, __ATOMIC_RELAXED) >= SETS ||
	    __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED) >= SETS || !epoll_info(set, count, &content) || !content.n)
		return;
	unsigned state = socket_life(s).state;
	struct jsonl j = jsonl_open(line, sizeof line, "fd");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	jsonl_int(&j, "tid", thread_tid());
	jsonl_word(&j, "op", op);
	jsonl_int(&j, "fd", set);
	jsonl_uint(&j, "sock", socket_id(s));
	jsonl_word(&j, "from", state_name(state));
	jsonl_word(&j, "to", state_name(state));
	jsonl_word(&j, "note", note_name(NOTE_registered));
	jsonl_uint(&j, "registrations", content.n);
	jsonl_array(&j, "members");
	for (unsigned i = 0; i < content.listed; i++)
		if (is_there(&content.members[i]))
			jsonl_add_uint(&j, (uint64_t)content.members[i].fd);
	jsonl_array_end(&j);
	if (trace_put(line, jsonl_close(&j)))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
}
