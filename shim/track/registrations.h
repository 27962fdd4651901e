/* Registrations in epoll sets that outlive their descriptor. epoll(7): a set holds open file descriptions, so a closed descriptor stays in
 * it and its events are returned as long as a duplicate or another process keeps the description open, and nobody can remove it any more.
 *
 * The slots of registrations are stored next to the record of their socket, a few for each. When the descriptor is closed and the
 * description may live on, the registration becomes an orphan; their number is limited, and the oldest are dropped. Whether an event really
 * is an orphan's is checked with the kernel, in /proc/PID/fdinfo. If anything is in doubt, nothing is reported. Safe in any thread and in
 * signal handlers; no lock, no allocation, no errno.
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

/* Call after an ADD or a MOD of a descriptor succeeded; anew: an ADD. The socket may be NULL: it is something else. */
void registration_made(struct socket *, int fd, int set, uint64_t data, bool anew);

/* Call before an epoll_ctl that removes it or changes its data, and after it was removed. */
void registration_going(const struct socket *, int fd, int set);
void registration_gone(struct socket *, int fd, int set);

/* Call before and after a descriptor of the socket is closed, at that stack. */
void registrations_look(struct socket *, int fd);
void registrations_orphan(struct socket *, fd_word, int fd, uint32_t stack);

/* In socket.registered of an epoll set that is judged: something was registered in it. */
enum { REGISTERED_SET = 1 << 5 };

/* Whether its description may live on without one of its descriptors. */
static inline bool registered_and_shared(const struct socket *s)
{
	return __builtin_expect(s->registered, 0) &&
	       (socket_refs(s) > 1 || socket_life(s).flags & (SHARED | INHERITED));
}
static inline void registrations_closing(struct socket *s, int fd)
{
	if (__builtin_expect(s->registered, 0) &&
	    (registrations_any() || registered_and_shared(s) || s->registered & REGISTERED_SET))
		registrations_look(s, fd);
}
static inline void registrations_closed(struct socket *s, fd_word w, int fd, uint32_t stack)
{
	if (registered_and_shared(s))
		registrations_orphan(s, w, fd, stack);
}

/* Call before a dup2 over the descriptor. */
static inline void registrations_replacing(int fd)
{
	struct socket *s = socket_of(fd_load(fd));
	if (s)
		registrations_closing(s, fd);
}

/* Around an epoll_wait. Pass the result of the first to the second: it reports only orphans that existed at that time. 0: there are none. */
uint64_t registrations_now(void);
static inline uint64_t registrations_begin(void) { return registrations_any() ? registrations_now() : 0; }
void registrations_handed_out(const char *op, int set, const struct epoll_event *, long n, uint64_t since);

/* In a forked child: the sets and their contents are the parent's. */
void registrations_forget(void);

#endif
