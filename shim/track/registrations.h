/* Registrations in epoll sets that outlive their number. epoll(7): a set holds descriptions, so what is closed stays in it, and its events
 * are handed out, as long as a duplicate or another process keeps the description open; and nobody can take it out any more.
 *
 * The place of each registration is kept beside the record of its socket, a few for each. When the number is closed and the description
 * may live on, it becomes an orphan: there is room for some, of which the oldest give way. Whether an event is really one of an orphan
 * the kernel says, in /proc/PID/fdinfo. Where anything is in doubt nothing is told.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_REGISTRATIONS_H
#define SHIM_REGISTRATIONS_H

#include "shim/track/fdtable.h"

#include <stdint.h>
#include <sys/epoll.h>

/* Whether there are orphans: a bit for the data of each, see data_bit(). */
extern uint64_t registrations_orphaned;
static inline bool registrations_any(void)
{
	return __builtin_expect(__atomic_load_n(&registrations_orphaned, __ATOMIC_ACQUIRE) != 0, 0);
}

/* An ADD or a MOD of a number has succeeded; anew: an ADD. The socket may be NULL: it is something else. */
void registration_made(struct socket *, int fd, int set, uint64_t data, bool anew);

/* Before a call that takes it out, or gives it other data, and after it was taken out. */
void registration_going(const struct socket *, int fd, int set);
void registration_gone(struct socket *, int fd, int set);

/* Before and after a number of the socket is closed, by a call at that stack. */
void registrations_look(struct socket *, int fd);
void registrations_orphan(struct socket *, fd_word, int fd, uint32_t stack);

/* Whether its description may live on without one of its numbers. */
static inline bool registered_and_shared(const struct socket *s)
{
	return __builtin_expect(s->registered, 0) &&
	       (socket_refs(s) > 1 || socket_life(s).flags & (SHARED | INHERITED));
}
static inline void registrations_closing(struct socket *s, int fd)
{
	if (__builtin_expect(s->registered, 0) && (registrations_any() || registered_and_shared(s)))
		registrations_look(s, fd);
}
static inline void registrations_closed(struct socket *s, fd_word w, int fd, uint32_t stack)
{
	if (registered_and_shared(s))
		registrations_orphan(s, w, fd, stack);
}

/* Before a dup2 over the number. */
static inline void registrations_replacing(int fd)
{
	struct socket *s = socket_of(fd_load(fd));
	if (s)
		registrations_closing(s, fd);
}

/* Around an epoll_wait: the first says for the second since when the orphans are that it may tell of, 0: there is none. */
uint64_t registrations_now(void);
static inline uint64_t registrations_begin(void) { return registrations_any() ? registrations_now() : 0; }
void registrations_handed_out(const char *op, int set, const struct epoll_event *, long n, uint64_t since);

/* In a forked child: the sets, and what is in them, are its parent's. */
void registrations_forget(void);

#endif
