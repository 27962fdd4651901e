/* Random sequences of socket calls, right and wrong ones, over many descriptors, threads and forks, which keep the truth about
 * themselves: `random_calls SEED N` runs N sequences, each in a process of its own, and each process tells on standard output
 * what a report must say of it: "PID MADE SOCKETS OPEN_PEAK CODE[/CAUSE]=COUNT...": what was received by SCM_RIGHTS is made, and no
 * socket more. Silent without arguments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/un.h>

enum { NUMBERS = 64, LIVES = 256, THREADS = 6, CODES_TEXT = 1024 };

static uint64_t seed;

static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

/* -- the truth ------------------------------------------------------------------------------------------------ */

enum code {
	LEFT_LISTENER,
	LEFT_PEER_CLOSED,
	LEFT_IN_USE,
	LEFT_UNTOUCHED,
	LEFT_TO_OTHERS,
	LEFT_CONNECT_FAILED,
	LEFT_BIND_FAILED,
	LEFT_NEVER_USED,
	DOUBLE_CLOSE,
	USE_AFTER_CLOSE,
	STALE_CLOSE,
	WRONG_STATE,
	LISTEN_UNBOUND,
	BAD_FD,
	ADDRESS_IN_USE,
	UNREAD_DATA,
	LEAKED_TO_EXEC,
	CODES
};

static const char *const names[CODES] = {"never-closed/listener",
					 "never-closed/peer-closed",
					 "never-closed/in-use",
					 "never-closed/untouched",
					 "never-closed/either",
					 "never-closed/connect-failed",
					 "never-closed/bind-failed",
					 "never-closed/never-used",
					 "double-close",
					 "use-after-close",
					 "stale-close",
					 "wrong-state",
					 "listen-unbound",
					 "bad-fd",
					 "address-in-use",
					 "unread-data",
					 "leaked-to-exec"};

static int counts[CODES], made, received, open_now, open_peak;

enum kind { TCP, UDP, UNIX_STREAM, UNIX_DATAGRAM };

/* A socket as this process knows it. */
struct life {
	enum kind kind;
	enum { FRESH, BOUND, LISTENING, CONNECTED, CLOSE_WAIT, FIN_WAIT, CLOSING, RESET } state;
	bool inherited;
	bool shared;	  /* by fork or SCM_RIGHTS: what its last close here does is not told */
	bool crossed;	  /* a child had it, if only until it became another program */
	bool inheritable; /* by a number of its maker at any time; else whoever takes close-on-exec off means it */
	bool frozen;	  /* it is only closed from now on */
	bool was_connected, connect_failed, pending; /* pending: a connect that failed, and nobody has asked */
	bool listened;
	bool *touched; /* by a read or a write, or as a stream, in whatever process */
	bool lazy;     /* connected without waiting: connect says 0 once more */
	int twin;      /* the life that was received by SCM_RIGHTS, or itself: one socket of the kernel's */
	bool taken;    /* the address that it was to have: that it listens unbound follows from that */
	int descriptors, maker;
	bool stale;  /* told so */
	int user[2]; /* the threads that read and wrote last; -1: none */
	struct sockaddr_storage at;
	socklen_t at_size;
	/* of the kernel's */
	int peer; /* -1: none, or gone */
	int unread;
	bool fin, rst, dead;
};

static struct life lives[LIVES];
static struct {
	unsigned n;
	bool marks[1 << 20];
} * touches; /* of a sequence and all its processes */
static int n_lives;

/* A descriptor number and its past. */
static struct number {
	enum { NEVER, SOCKET, CLOSED, FILE_NOW, OTHER } kind;
	int life;
	bool cloexec;
	bool unread_told;	   /* of the close that ended its last life */
	int closer, closer_before; /* the threads that closed its last life, and the one before that; -1: none */
	int place, place_before;   /* where they did */
	int maker, maker_before;   /* of these lives; -1: inherited */
	int file_maker;		   /* of the file that it is now */
	bool by_user;		   /* the last closer had used the socket: it was handed over */
} numbers[NUMBERS];

static int self; /* the thread whose turn it is */

enum side { READING, WRITING };

static int new_life(enum kind kind, int state)
{
	EXPECT(n_lives < LIVES);
	lives[n_lives] = (struct life){.kind = kind,
				       .state = state,
				       .peer = -1,
				       .maker = self,
				       .twin = n_lives,
				       .touched = &touches->marks[__atomic_fetch_add(&touches->n, 1, __ATOMIC_RELAXED)],
				       .user = {-1, -1},
				       .was_connected = state == CONNECTED};
	made++;
	return n_lives++;
}

static void holds(int number, int life)
{
	EXPECT(number >= 0 && number < NUMBERS);
	numbers[number].kind = SOCKET;
	numbers[number].cloexec = fcntl(number, F_GETFD) & FD_CLOEXEC;
	if (!lives[life].inherited && !numbers[number].cloexec)
		lives[lives[life].twin].inheritable = true;
	numbers[number].life = life;
	if (lives[life].descriptors++ == 0 && ++open_now > open_peak)
		open_peak = open_now;
}

/* The kernel's side of the end of a socket. */
static void ends(struct life *life)
{
	if (life->peer < 0)
		return;
	struct life *peer = &lives[life->peer];
	peer->peer = -1;
	if (life->unread > 0 && peer->kind == TCP && peer->fin)
		peer->dead = true; /* a reset after the end: reading does not tell */
	else if (life->unread > 0)
		peer->rst = true;
	else
		peer->fin = true;
	life->peer = -1;
}

/* A life of the number is over. */
static void passes(struct number *n, int maker, int place)
{
	n->closer_before = n->closer;
	n->closer = self;
	n->place_before = n->place;
	n->place = place;
	n->maker_before = n->maker;
	n->maker = maker;
}

/* The same of a file's. */
#define file_goes(number) file_goes_at(number, __LINE__)
static void file_goes_at(int number, int place)
{
	if (numbers[number].file_maker >= 0) /* of one that was inherited nothing is known */
		passes(&numbers[number], numbers[number].file_maker, place);
	numbers[number].kind = OTHER;
}

/* The number lets go of its socket; `looked`: by a call that tells of unread bytes. */
#define lets_go(number, looked) lets_go_at(number, looked, __LINE__)
static void lets_go_at(int number, bool looked, int place)
{
	struct life *life = &lives[numbers[number].life];
	bool seen = life->state == CONNECTED || life->state == CLOSE_WAIT || life->state == FIN_WAIT ||
		    life->state == CLOSING;
	numbers[number].unread_told = false;
	if (--life->descriptors == 0) {
		open_now--;
		bool over = life->rst || life->dead ||
			    (life->fin && life->state == FIN_WAIT); /* there is nothing to reset */
		if (looked && life->kind == TCP && seen && life->unread > 0 && !over && !life->shared &&
		    !life->inherited) {
			numbers[number].unread_told = true;
			counts[UNREAD_DATA]++;
		}
		if (!life->inherited && !life->frozen)
			ends(life);
	}
	numbers[number].kind = CLOSED;
	passes(&numbers[number], life->inherited ? -1 : life->maker, place);
	numbers[number].by_user = life->user[READING] == self || life->user[WRITING] == self;
}

/* A call on a number whose socket is closed. */
static void misses(int number, enum code code)
{
	const struct number *n = &numbers[number];
	struct life *life = &lives[n->life];
	if (life->stale && n->closer != self)
		return;
	/* Who closed it had closed its former life, or made that; or each of two threads closed, at a place of its own, what a third one
	 * owns and goes on to use. */
	bool theirs = n->closer_before != life->maker,
	     meant = n->closer_before == n->closer || (theirs && n->maker_before == n->closer) ||
		     (theirs && code == USE_AFTER_CLOSE && n->place_before != n->place);
	bool stale = !life->inherited && !n->by_user && n->closer_before >= 0 && meant && life->maker != n->closer &&
		     life->maker == self;
	if (stale) {
		life->stale = true;
		counts[UNREAD_DATA] -= n->unread_told; /* one misuse, under the most specific code */
	}
	counts[stale ? STALE_CLOSE : code]++;
}

static void tell(bool killed)
{
	char text[CODES_TEXT];
	for (int i = 0; i < n_lives; i++) {
		const struct life *life = &lives[i];
		if (!life->descriptors || life->inherited)
			continue;
		bool told = !killed && life->kind == TCP && life->state == CONNECTED && life->fin &&
			    !life->dead; /* by the kernel */
		if (life->state == LISTENING)
			counts[LEFT_LISTENER]++;
		else if (life->state == CLOSE_WAIT || life->state == CLOSING || life->state == RESET || told)
			counts[LEFT_PEER_CLOSED]++;
		else if (life->was_connected || (life->pending && killed))
			counts[life->state != CONNECTED || *life->touched || killed ? LEFT_IN_USE
			       : life->shared || life->crossed
				       ? LEFT_TO_OTHERS /* of whom nobody knows whether they asked after it */
				       : LEFT_UNTOUCHED]++;
		else
			counts[life->connect_failed				? LEFT_CONNECT_FAILED
			       : life->listened					? LEFT_LISTENER
			       : life->taken && life->state == FRESH && !killed ? LEFT_BIND_FAILED
										: LEFT_NEVER_USED]++;
	}
	int n = snprintf(text, sizeof text, "%d %d %d %d", (int)getpid(), made, made - received, open_peak);
	for (int i = 0; i < CODES; i++)
		if (counts[i])
			n += snprintf(text + n, sizeof text - (size_t)n, " %s=%d", names[i], counts[i]);
	text[n++] = '\n';
	EXPECT(write(1, text, (size_t)n) == n);
}

/* -- random choices ------------------------------------------------------------------------------------------- */

/* A number that holds a socket which `fits`, or -1. */
static int find(bool (*fits)(const struct life *))
{
	unsigned start = pick(NUMBERS);
	for (unsigned i = 0; i < NUMBERS; i++) {
		int number = (int)((start + i) % NUMBERS);
		if (numbers[number].kind == SOCKET && fits(&lives[numbers[number].life]))
			return number;
	}
	return -1;
}

static int find_kind(int kind)
{
	unsigned start = pick(NUMBERS);
	for (unsigned i = 0; i < NUMBERS; i++)
		if (numbers[(start + i) % NUMBERS].kind == (unsigned)kind)
			return (int)((start + i) % NUMBERS);
	return -1;
}

static bool own(const struct life *l) { return !l->inherited && !l->frozen; }
static bool any(const struct life *l) { return l->kind <= UNIX_DATAGRAM; }
static bool is_fresh(const struct life *l) { return own(l) && l->state == FRESH; }
static bool is_inet_fresh(const struct life *l) { return is_fresh(l) && l->kind <= UDP; }
static bool is_tcp_fresh(const struct life *l) { return is_fresh(l) && l->kind == TCP; }
static bool is_tcp_unconnected(const struct life *l) { return own(l) && l->kind == TCP && l->state <= BOUND; }
static bool is_tcp_bound(const struct life *l) { return own(l) && l->kind == TCP && l->state == BOUND; }
static bool is_bound(const struct life *l) { return own(l) && l->kind <= UDP && l->state == BOUND; }
static bool has_tcp_address(const struct life *l)
{
	return l->kind == TCP && (l->state == BOUND || l->state == LISTENING) && own(l);
}
static bool is_listening(const struct life *l) { return own(l) && l->state == LISTENING; }
static bool is_tcp_listening(const struct life *l) { return is_listening(l) && l->kind == TCP; }
static bool is_unix_fresh(const struct life *l) { return is_fresh(l) && l->kind >= UNIX_STREAM; }
static bool is_unix_bound(const struct life *l) { return own(l) && l->kind == UNIX_STREAM && l->state == BOUND; }
static bool is_datagram_bound(const struct life *l)
{
	return own(l) && (l->kind == UDP || l->kind == UNIX_DATAGRAM) && l->state == BOUND;
}
static bool is_datagram_connected(const struct life *l)
{
	return own(l) && (l->kind == UDP || l->kind == UNIX_DATAGRAM) && l->state == CONNECTED;
}
/* Whom no peer depends on. */
static bool may_pass(const struct life *l)
{
	return own(l) && !l->pending &&
	       (l->state <= LISTENING || (l->state == CONNECTED && (l->kind == UDP || l->kind == UNIX_DATAGRAM)));
}
static bool may_send(const struct life *l)
{
	return own(l) && l->state == CONNECTED && l->peer >= 0 && !lives[l->peer].frozen;
}
static bool may_recv(const struct life *l)
{
	return own(l) && (l->kind == TCP || l->kind == UNIX_STREAM) &&
	       (l->state == CONNECTED || l->state == FIN_WAIT) && (l->unread || l->fin || l->rst);
}
static bool may_shut(const struct life *l)
{
	return own(l) && (l->kind == TCP || l->kind == UNIX_STREAM) && l->state == CONNECTED && !l->rst && !l->dead;
}
static bool is_shut(const struct life *l)
{
	return own(l) && l->kind == TCP && (l->state == FIN_WAIT || l->state == CLOSING) && !l->rst;
}
static bool is_tcp_connected(const struct life *l)
{
	return own(l) && l->kind == TCP && l->state == CONNECTED && !l->rst && !l->fin;
}
static bool is_udp_fresh(const struct life *l) { return is_fresh(l) && l->kind == UDP; }
static struct life *life_of(int number) { return &lives[numbers[number].life]; }

/* -- calls that are right ------------------------------------------------------------------------------------- */

static void do_socket(void)
{
	static const struct {
		int family, type;
	} kinds[] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}, {AF_UNIX, SOCK_DGRAM}};
	enum kind kind = pick(8) < 5 ? TCP : (enum kind)pick(4);
	holds(MUST(socket(kinds[kind].family, kinds[kind].type, 0)), new_life(kind, FRESH));
}

static void do_socketpair(void)
{
	int fds[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	int a = new_life(UNIX_STREAM, CONNECTED), b = new_life(UNIX_STREAM, CONNECTED);
	lives[a].peer = b;
	lives[b].peer = a;
	holds(fds[0], a);
	holds(fds[1], b);
}

/* Each process has an address of its own: ports that linger stay out of the way of the next sequences. */
static struct sockaddr_in address(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(0x7f000000u | ((unsigned)getpid() & 0x3fffffu) << 1)};
}

static void learn_address(int fd)
{
	struct life *life = life_of(fd);
	life->at_size = sizeof life->at;
	MUST(getsockname(fd, (struct sockaddr *)&life->at, &life->at_size));
}

static int connect_to(int fd, int to) { return connect(fd, (struct sockaddr *)&life_of(to)->at, life_of(to)->at_size); }

static void do_bind(void)
{
	int fd = find(pick(3) ? is_inet_fresh : is_unix_fresh);
	if (fd < 0)
		return;
	struct sockaddr_in at = address();
	if (life_of(fd)->kind >= UNIX_STREAM)
		at.sin_family = AF_UNIX; /* the kernel chooses a name */
	MUST(bind(fd, (struct sockaddr *)&at, life_of(fd)->kind >= UNIX_STREAM ? sizeof at.sin_family : sizeof at));
	learn_address(fd);
	life_of(fd)->state = BOUND;
}

static void do_listen(void)
{
	int fd = find(pick(4) == 0 ? is_tcp_fresh : pick(3) ? is_tcp_bound : is_unix_bound);
	if (fd < 0)
		return;
	struct life *life = life_of(fd);
	MUST(listen(fd, 8));
	learn_address(fd);
	if (life->state == FRESH && !life->taken)
		counts[LISTEN_UNBOUND]++;
	life->state = LISTENING;
	life->listened = true;
}

/* A listener of TCP ends by shutdown, too. */
static void do_shut_listener(void)
{
	int fd = find(is_tcp_listening);
	if (fd < 0 || pick(3))
		return;
	MUST(shutdown(fd, pick(2) ? SHUT_RD : SHUT_RDWR));
	life_of(fd)->state = FRESH;
	life_of(fd)->frozen = true;
}

/* A connect that does not wait, completed in one of the ways that there are. */
static void complete(int fd, int to, int accepted)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	struct sockaddr_storage peer;
	int error;
	socklen_t size = sizeof error;
	char byte;
	EXPECT(poll(&wait, 1, 60000) == 1);
	life_of(fd)->lazy = true;
	switch (pick(5)) {
	case 0: MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)); break;
	case 1:
		MUST(connect_to(fd, to));
		life_of(fd)->lazy = false;
		break;
	case 2:
		size = sizeof peer;
		MUST(getpeername(fd, (struct sockaddr *)&peer, &size));
		break;
	case 3:
		EXPECT(send(fd, "a", 1, 0) == 1);
		EXPECT(recv(accepted, &byte, 1, MSG_WAITALL) == 1);
		*life_of(fd)->touched = *life_of(accepted)->touched = true;
		life_of(accepted)->user[READING] = self;
		break;
	default:
		EXPECT(send(accepted, "a", 1, 0) == 1);
		wait.events = POLLIN;
		EXPECT(poll(&wait, 1, 60000) == 1);
		EXPECT(recv(fd, &byte, 1, 0) == 1);
		*life_of(fd)->touched = *life_of(accepted)->touched = true;
		life_of(accepted)->user[WRITING] = self;
		life_of(fd)->user[READING] = self;
	}
}

static void do_connect(void)
{
	int to = find(is_listening), fd = to < 0 ? -1 : find(life_of(to)->kind == TCP ? is_tcp_fresh : is_unix_fresh);
	if (fd < 0 || life_of(fd)->kind != life_of(to)->kind)
		return;
	int visitor = numbers[fd].life;
	bool waits = life_of(to)->kind != TCP || pick(3);
	if (waits) {
		MUST(connect_to(fd, to));
	} else {
		MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
		EXPECT(connect_to(fd, to) == -1 && errno == EINPROGRESS);
	}
	int accepted = pick(2) ? MUST(accept(to, NULL, NULL)) : MUST(accept4(to, NULL, NULL, SOCK_CLOEXEC));
	int peer = new_life(life_of(to)->kind, CONNECTED);
	life_of(to)->user[READING] = lives[visitor].user[WRITING] = self;
	holds(accepted, peer);
	lives[visitor].state = CONNECTED;
	lives[visitor].was_connected = true;
	lives[visitor].peer = peer;
	lives[peer].peer = visitor;
	if (!waits) {
		complete(fd, to, accepted);
		MUST(fcntl(fd, F_SETFL, 0));
	}
}

static void do_connect_refused(void)
{
	int fd = find(is_tcp_fresh), to = find(is_tcp_bound);
	if (fd < 0 || to < 0)
		return;
	struct pollfd wait = {.fd = fd};
	life_of(fd)->connect_failed = true;
	life_of(fd)->user[WRITING] = self;
	if (pick(4)) {
		EXPECT(connect_to(fd, to) == -1 && errno == ECONNREFUSED);
		return;
	}
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT(connect_to(fd, to) == -1 && errno == EINPROGRESS);
	EXPECT(poll(&wait, 1, 60000) == 1);
	life_of(fd)->frozen = life_of(fd)->pending = true;
}

static void do_connect_datagram(void)
{
	int to = find(is_datagram_bound),
	    fd = to < 0 ? -1 : find(life_of(to)->kind == UDP ? is_udp_fresh : is_unix_fresh);
	if (fd < 0 || life_of(fd)->kind != life_of(to)->kind)
		return;
	MUST(connect_to(fd, to));
	life_of(fd)->state = CONNECTED;
	life_of(fd)->user[WRITING] = self;
	life_of(fd)->was_connected = true;
}

static void do_disconnect(void)
{
	int fd = find(is_datagram_connected);
	if (fd < 0)
		return;
	MUST(connect(fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
	life_of(fd)->state = FRESH;
	life_of(fd)->frozen = true;
	life_of(fd)->user[WRITING] = self;
}

static void do_send(void)
{
	int fd = find(may_send), n = 1 + (int)pick(3);
	if (fd < 0)
		return;
	EXPECT(send(fd, "abc", (size_t)n, MSG_NOSIGNAL) == n);
	life_of(fd)->user[WRITING] = self;
	*life_of(fd)->touched = true;
	lives[life_of(fd)->peer].unread += n;
}

static void read_all(int fd)
{
	struct life *life = life_of(fd);
	char bytes[4096];
	EXPECT(life->unread <= (int)sizeof bytes);
	if (!life->unread)
		return;
	EXPECT(recv(fd, bytes, (size_t)life->unread, MSG_WAITALL) == life->unread);
	life->unread = 0;
	life->user[READING] = self;
	*life->touched = true;
}

static void do_recv(void)
{
	int fd = find(may_recv);
	char byte;
	if (fd < 0)
		return;
	struct life *life = life_of(fd);
	read_all(fd);
	if (life->rst) {
		EXPECT(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
		life->state = RESET;
		life->user[READING] = self;
	} else if (life->fin && pick(2)) {
		EXPECT((pick(2) ? recv(fd, &byte, 1, 0) : read(fd, &byte, 1)) == 0);
		life->state = life->state == FIN_WAIT ? CLOSING : CLOSE_WAIT;
		life->user[READING] = self;
	}
}

static void do_shutdown(void)
{
	int fd = find(may_shut);
	if (fd < 0)
		return;
	struct life *life = life_of(fd);
	MUST(shutdown(fd, SHUT_WR));
	life->state = FIN_WAIT;
	if (life->peer >= 0)
		lives[life->peer].fin = true;
}

static void do_dup(void)
{
	int fd = find(any), copy;
	if (fd < 0)
		return;
	switch (pick(3)) {
	case 0: copy = MUST(dup(fd)); break;
	case 1: copy = MUST(fcntl(fd, F_DUPFD, 20)); break;
	default: copy = MUST(fcntl(fd, F_DUPFD_CLOEXEC, 0)); break;
	}
	holds(copy, numbers[fd].life);
}

/* What a reset takes with it must not lie unread on the other side: whether that is told is the kernel's affair. */
static void before_end(int fd)
{
	const struct life *life = life_of(fd);
	if (life->descriptors > 1 || life->inherited || life->frozen || life->unread == 0 || life->peer < 0)
		return;
	for (int other = 0; other < NUMBERS; other++)
		if (numbers[other].kind == SOCKET && numbers[other].life == life->peer) {
			read_all(other);
			return;
		}
}

static void do_dup2(void)
{
	int fd = find(any), over = pick(2) ? find(any) : (int)(3 + pick(NUMBERS - 3));
	if (fd < 0 || over < 0 || over == fd || numbers[over].kind == FILE_NOW)
		return;
	bool socket = numbers[over].kind == SOCKET;
	if (socket)
		before_end(over);
	bool three = !pick(2);
	MUST(three ? dup3(fd, over, O_CLOEXEC) : dup2(fd, over));
	if (socket)
		lets_go_at(over, false, three ? -1 : -2);
	holds(over, numbers[fd].life);
}

static void do_close(void)
{
	int fd = find(any);
	if (fd < 0)
		return;
	before_end(fd);
	if (pick(8)) {
		MUST(close(fd));
		lets_go(fd, true);
	} else {
		FILE *file = fdopen(fd, "r");
		*life_of(fd)->touched = true; /* for all that anybody can see */
		EXPECT(file != NULL);
		MUST(fclose(file));
		lets_go(fd, true);
	}
}

/* As a daemon does that knows of nothing: numbers that are no descriptors are among them. */
static void do_sweep(void)
{
	if (pick(12))
		return;
	for (int fd = NUMBERS + 8; fd > 2; fd--) {
		if (fd < NUMBERS && numbers[fd].kind == SOCKET) {
			before_end(fd);
			MUST(close(fd));
			lets_go(fd, true);
		} else {
			close(fd);
			if (fd < NUMBERS && numbers[fd].kind == FILE_NOW)
				file_goes(fd);
		}
	}
}

static void do_close_range(void)
{
	int first = 3 + (int)pick(NUMBERS - 3), last = first + (int)pick(4);
	for (int fd = first; fd <= last && fd < NUMBERS; fd++)
		if (numbers[fd].kind == SOCKET)
			before_end(fd);
	MUST(close_range((unsigned)first, (unsigned)last, 0));
	for (int fd = first; fd <= last && fd < NUMBERS; fd++) {
		if (numbers[fd].kind == SOCKET)
			lets_go(fd, true);
		else if (numbers[fd].kind == FILE_NOW)
			file_goes(fd);
	}
}

/* Hands a socket over by SCM_RIGHTS, perhaps closes it while it is in flight, and perhaps takes it. */
static void do_pass(void)
{
	int fd = find(may_pass), over[2];
	if (fd < 0 || life_of(fd)->descriptors > 1)
		return;
	struct life *life = life_of(fd);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, over));
	for (int i = 0; i < 2; i++) {
		holds(over[i], new_life(UNIX_STREAM, CONNECTED));
		life_of(over[i])->frozen = true;
	}
	pass(over[0], fd);
	life_of(over[0])->user[WRITING] = self;
	life->shared = life->frozen = true;
	if (pick(2)) {
		MUST(close(fd));
		lets_go(fd, true);
	}
	if (pick(4)) {
		int got = receive(over[1]), copy = new_life(life->kind, life->state);
		received++;
		lives[copy].shared = lives[copy].frozen = true;
		lives[copy].twin = (int)(life - lives);
		if (life->kind == TCP) /* which the kernel counts */
			lives[copy].touched = life->touched;
		holds(got, copy);
		life_of(over[1])->user[READING] = self;
	}
	for (int i = 0; i < 2; i++) {
		MUST(close(over[i]));
		lets_go(over[i], true);
	}
}

/* -- calls that are wrong ------------------------------------------------------------------------------------- */

static void do_close_again(void)
{
	int fd = find_kind(CLOSED);
	if (fd < 0)
		return;
	EXPECT(close(fd) == -1 && errno == EBADF);
	misses(fd, DOUBLE_CLOSE);
}

static void do_use_again(void)
{
	int fd = find_kind(CLOSED), result;
	struct sockaddr_in at = address();
	int type;
	socklen_t size = sizeof type;
	char byte;
	if (fd < 0)
		return;
	switch (pick(8)) {
	case 0: result = (int)send(fd, "x", 1, MSG_NOSIGNAL); break;
	case 1: result = (int)recv(fd, &byte, 1, 0); break;
	case 2: result = listen(fd, 1); break;
	case 3: result = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size); break;
	case 4: result = connect(fd, (struct sockaddr *)&at, sizeof at); break;
	case 5: result = getsockname(fd, (struct sockaddr *)&at, &size); break;
	case 6: result = fdopen(fd, "r") ? 0 : -1; break;
	default: result = (int)read(fd, &byte, 1); break;
	}
	EXPECT(result == -1 && errno == EBADF);
	misses(fd, USE_AFTER_CLOSE);
}

static void do_bad_number(void)
{
	int fd = pick(2) ? -1 : (int)(5000 + pick(100));
	EXPECT((pick(2) ? (int)send(fd, "x", 1, MSG_NOSIGNAL) : listen(fd, 1)) == -1 && errno == EBADF);
	counts[BAD_FD]++;
}

/* Another program, which has every socket that is not closed on exec. */
static void do_exec(void)
{
	extern char **environ;
	char *arguments[] = {"true", NULL};
	bool seen[LIVES] = {false};
	pid_t child;
	if (pick(20))
		return;
	for (int fd = 3; fd < NUMBERS; fd++) {
		if (numbers[fd].kind != SOCKET || numbers[fd].cloexec || seen[life_of(fd)->twin] ||
		    !lives[life_of(fd)->twin].inheritable)
			continue;
		seen[life_of(fd)->twin] = true;
		counts[LEAKED_TO_EXEC]++;
	}
	unsigned how = pick(3);
	for (int i = 0; i < n_lives; i++)
		lives[i].crossed |= lives[i].descriptors > 0;
	/* A forked child has them all until it becomes the program; one of vfork or posix_spawn is that from the start. */
	for (int fd = 0; fd < NUMBERS; fd++)
		if (numbers[fd].kind == SOCKET && (how == 2 || !numbers[fd].cloexec))
			life_of(fd)->shared = true;
	switch (how) {
	case 0: EXPECT(posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) == 0); break;
	case 1:
		child = MUST(vfork());
		if (child == 0) {
			execve("/bin/true", arguments, environ);
			_exit(99);
		}
		break;
	default:
		child = MUST(fork());
		if (child == 0) {
			execv("/bin/true", arguments);
			_exit(99);
		}
	}
	wait_for(child);
	do_bad_number(); /* a sign of life after the other program: it did not outlive this one */
}

static void do_file(void)
{
	int fd = find_kind(FILE_NOW);
	if (fd >= 0) {
		MUST(close(fd));
		file_goes(fd);
		return;
	}
	fd = MUST(open("/dev/null", O_RDONLY | O_CLOEXEC));
	EXPECT(fd < NUMBERS);
	numbers[fd].kind = FILE_NOW;
	numbers[fd].file_maker = self;
}

static void do_wrong(void)
{
	struct sockaddr_in at = address();
	char byte;
	int fd;
	switch (pick(10)) {
	case 7:
		if ((fd = find(is_tcp_connected)) < 0)
			return;
		EXPECT(accept(fd, NULL, NULL) == -1 && errno == EINVAL);
		life_of(fd)->user[READING] = self;
		break;
	case 8:
		if ((fd = find(is_tcp_connected)) < 0)
			return;
		EXPECT(listen(fd, 1) == -1 && errno == EINVAL);
		break;
	case 9:
		if ((fd = find(is_udp_fresh)) < 0)
			return;
		EXPECT(send(fd, "x", 1, 0) == -1 && errno == EDESTADDRREQ);
		learn_address(fd); /* Linux refuses, and binds it all the same */
		life_of(fd)->state = BOUND;
		life_of(fd)->user[WRITING] = self;
		break;
	case 0:
		if ((fd = find(is_bound)) < 0)
			return;
		EXPECT(bind(fd, (struct sockaddr *)&at, sizeof at) == -1 && errno == EINVAL);
		break;
	case 1:
		if ((fd = find(is_tcp_unconnected)) < 0)
			return;
		EXPECT(accept(fd, NULL, NULL) == -1 && errno == EINVAL);
		life_of(fd)->user[READING] = self;
		break;
	case 2:
		if ((fd = find(is_tcp_unconnected)) < 0)
			return;
		EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
		life_of(fd)->user[WRITING] = self;
		break;
	case 3:
		if ((fd = find(is_tcp_unconnected)) < 0)
			return;
		EXPECT(recv(fd, &byte, 1, 0) == -1 && errno == ENOTCONN);
		life_of(fd)->user[READING] = self;
		break;
	case 4:
		if ((fd = find(is_tcp_unconnected)) < 0)
			return;
		EXPECT(shutdown(fd, SHUT_RDWR) == -1 && errno == ENOTCONN);
		life_of(fd)->frozen = true; /* Linux refuses, and shuts it down all the same */
		break;
	case 5:
		if ((fd = find(is_tcp_connected)) < 0)
			return;
		if (life_of(fd)->lazy)
			return;
		EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1 && errno == EISCONN);
		life_of(fd)->user[WRITING] = self;
		break;
	default:
		if ((fd = find(is_shut)) < 0)
			return;
		EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
		life_of(fd)->user[WRITING] = self;
		break;
	}
	counts[WRONG_STATE]++;
}

static void do_bind_taken(void)
{
	int fd = find(is_tcp_fresh), other = find(has_tcp_address);
	if (fd < 0 || other < 0)
		return;
	EXPECT(bind(fd, (struct sockaddr *)&life_of(other)->at, life_of(other)->at_size) == -1 && errno == EADDRINUSE);
	counts[ADDRESS_IN_USE]++;
	life_of(fd)->taken = true;
}

/* -- sequences ------------------------------------------------------------------------------------------------ */

static void sequence(int depth);

static void do_fork(int depth)
{
	/* The child's own sequence does not depend on this one's. */
	uint64_t child_seed = seed * 0x9e3779b97f4a7c15u | 1;
	for (int i = 0; i < n_lives; i++)
		lives[i].shared |= lives[i].descriptors > 0;
	pid_t pid = MUST(fork());
	if (pid == 0) {
		seed = child_seed;
		memset(counts, 0, sizeof counts);
		made = received = 0;
		open_peak = open_now;
		for (int i = 0; i < n_lives; i++) {
			lives[i].inherited = true;
			lives[i].stale = false;
		}
		for (int i = 0; i < NUMBERS; i++)
			numbers[i].closer = numbers[i].closer_before = numbers[i].file_maker = -1;
		self = 0;
		sequence(depth + 1);
	}
	int status;
	MUST(waitpid(pid, &status, 0));
	EXPECT((WIFEXITED(status) && WEXITSTATUS(status) == 0) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

static void step(void)
{
	static void (*const calls[])(void) = {do_socket,
					      do_socket,
					      do_socket,
					      do_socketpair,
					      do_bind,
					      do_bind,
					      do_listen,
					      do_listen,
					      do_connect,
					      do_connect,
					      do_connect,
					      do_connect,
					      do_send,
					      do_send,
					      do_send,
					      do_recv,
					      do_recv,
					      do_shutdown,
					      do_dup,
					      do_dup2,
					      do_sweep,
					      do_close_range,
					      do_pass,
					      do_pass,
					      do_exec,
					      do_shut_listener,
					      do_disconnect,
					      do_close,
					      do_close,
					      do_close,
					      do_close,
					      do_close,
					      do_file,
					      do_close_again,
					      do_use_again,
					      do_wrong,
					      do_connect_refused,
					      do_connect_datagram,
					      do_bind_taken,
					      do_bad_number};
	if (n_lives < LIVES - 2 && open_now < NUMBERS / 4)
		calls[pick(sizeof calls / sizeof *calls)]();
	else
		do_close();
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;

/* A thread's turn: 0 is the main thread's, THREADS the end. */
static void *take_turns(void *number)
{
	int me = (int)(intptr_t)number;
	pthread_mutex_lock(&lock);
	for (;;) {
		while (self != me && self != THREADS)
			pthread_cond_wait(&turned, &lock);
		if (self == THREADS)
			break;
		step();
		self = 0;
		pthread_cond_broadcast(&turned);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void run_threads(unsigned steps)
{
	pthread_t threads[THREADS];
	for (intptr_t i = 1; i < THREADS; i++)
		EXPECT(!pthread_create(&threads[i], NULL, take_turns, (void *)i));
	pthread_mutex_lock(&lock);
	while (steps--) {
		self = (int)pick(THREADS);
		if (self == 0) {
			step();
			continue;
		}
		pthread_cond_broadcast(&turned);
		while (self != 0)
			pthread_cond_wait(&turned, &lock);
	}
	self = THREADS;
	pthread_cond_broadcast(&turned);
	pthread_mutex_unlock(&lock);
	for (int i = 1; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	self = 0;
}

static void sequence(int depth)
{
	unsigned steps = 5 + pick(60);
	if (depth == 0 && pick(3) == 0)
		run_threads(steps);
	else
		while (steps--)
			step();
	if (depth < 2 && pick(4) == 0) {
		do_fork(depth);
		do_bad_number(); /* a sign of life after the child: it did not outlive its parent */
		for (steps = pick(20); steps--;)
			step();
	}
	bool killed = depth == 0 &&
		      pick(8) == 0; /* a killed child might have gone on with its parent's sockets, for all one knows */
	tell(killed);
	if (killed)
		raise(SIGKILL);
	switch (pick(3)) {
	case 0: _exit(0);
	case 1: quick_exit(0);
	default: exit(0);
	}
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	int n = argc > 2 ? atoi(argv[2]) : 0, status;

	for (int i = 0; i < NUMBERS; i++)
		numbers[i].closer = numbers[i].closer_before = numbers[i].file_maker = -1;
	touches = mmap(NULL, sizeof *touches, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(touches != MAP_FAILED);
	for (int i = 0; i < n; i++) {
		pid_t pid = MUST(fork());
		if (pid == 0) {
			seed = (first + (uint64_t)i) * 0x9e3779b97f4a7c15u + 0x1234567u;
			for (int warm = 0; warm < 8; warm++)
				pick(1);
			sequence(0);
		}
		MUST(waitpid(pid, &status, 0));
		EXPECT((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
		       (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	}
	return 0;
}
