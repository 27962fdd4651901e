/* What replay derives from events: processes, their sockets, the descriptors of those, and one fact with everything it is about.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LIVES_H
#define SOCKSAN_ANALYZER_LIVES_H

#include "analyzer/read/event.h"
#include "analyzer/base/hash.h"
#include "analyzer/base/violation.h"
#include "analyzer/replay/origin.h"
#include "analyzer/replay/stacks.h"

/* A stack's id in one process. Its line may come after the lines that name it. */
struct stack_ref {
	int64_t id;
	const struct stack *stack; /* NULL until its line is read, and forever if it is missing */
	UT_hash_handle hh;
};

/* A socket that processes share, identified by the kernel's SO_COOKIE. */
struct cookie;

/* A socket in one process, or a descriptor of another kind. */
struct socket_life {
	int64_t sock;
	enum kind kind;
	bool recalled; /* its kind was not recorded, except for what led to a violation */
	struct traced_process *process;
	bool made;	     /* in this process; else inherited */
	bool intended;	     /* the program declared that it stays open */
	bool inheritable;    /* some descriptor of it was without close-on-exec at some time */
	bool leaked;	     /* a leak line says that it was open at exit */
	bool used_unseen;    /* according to the kernel, bytes were moved that nobody counted */
	bool connected;	     /* at any time */
	bool connect_failed; /* the last connect */
	bool bind_failed;    /* the last bind */
	bool left;	     /* its ending interpreter closed it, not the program: counts as open until the end */
	bool listened;	     /* at any time */
	bool reset;
	enum state state;
	unsigned open; /* descriptors */
	unsigned refs; /* descriptor entries that refer to it */
	const char *family, *type;
	char *local, *peer;
	int64_t rx, tx;
	int64_t t_connected,
		t_gone; /* since when it was connected, and since when the peer is gone as this process saw it; 0: not */
	int64_t gap, close_wait; /* ns, as reported by the shim */
	struct stack_ref *opened;
	const char *opened_op;
	struct stack_ref *listener; /* where the listener that accepted it was opened; NULL: not accepted, or unknown */
	const char *listener_op;
	int64_t t, tid;
	int64_t t_seen;	  /* of its last line, or of the last byte that one told of */
	int64_t opened_t; /* as t, but for a pair the time of the first end for both */
	bool second;	  /* the second end of a pair */
	int64_t ended_t;  /* when it was closed; 0: it is open */
	struct cookie *cookie;
	size_t holder;						 /* its index among the cookie's holders, from 1 on */
	struct origin *origin;					 /* for those made here */
	struct registered *registered;				 /* in an epoll set; NULL: unknown */
	struct past *past;					 /* see story.h; NULL: nothing after its start */
	struct descriptor *descriptors;				 /* those open */
	bool told_stale, told_no_timeout, told_in_use, told_cut; /* the judge's marks: once per socket */
	int64_t round;						 /* the last that has a checkpoint of it */
	bool shut_first;					 /* this side was the first to shut down writing */
	int64_t shut_t, shut_rx; /* when it did, and what it had received by then; 0: it did not */
	struct spender *spender; /* where its port is counted, see ports_exhausted.c; NULL: it is not */
	UT_hash_handle hh;
};

/* A descriptor: what it refers to, and what it did before. */
struct descriptor {
	int64_t fd;
	struct socket_life *now;  /* NULL if it is not a socket */
	struct socket_life *last; /* closed here: keeps the stacks of the last life */
	struct stack_ref *closed;
	const char *closed_op;
	int64_t closed_t, closed_tid;
	int64_t users[2];	  /* threads that had used it when another closed it; 0: none */
	bool closed_by_user;	  /* a thread that had used the socket */
	enum violation closed_as; /* the code that its close was tagged with, or VIOLATION_none */
	struct {
		struct stack_ref *closed;
		const char *op;
		int64_t t, tid, maker, users[2];
		enum kind kind;
	} before; /* the life before the last: how it was closed, who made it and used it, and its kind */
	struct descriptor *prev, *next; /* of the same life */
	UT_hash_handle hh;
};

/* The call that started a program. */
struct exec_site {
	struct stack_ref *stack;
	const char *op; /* NULL: unknown */
	int64_t tid;
};

/* Events that were not recorded. */
struct lost_events {
	int64_t t; /* since when; 0: there was none */
	uint64_t dropped;
};

/* How a process ended. END_UNKNOWN: its trace just stops, and this machine does not know. END_DETACHED: it went on, no longer
 * observed. */
enum process_end { END_UNKNOWN, END_EXIT, END_SIGNAL, END_EXEC, END_RUNNING, END_DETACHED, ENDS };

/* The checkpoints of a round, as far as they are there. */
struct round_read {
	int64_t number, lines;
};

/* What a line `fault` tells: a place where a call may fail, the call that failed on purpose, where a signal ended the process, where
 * a thread was that hung. */
struct fault_note {
	struct fault_note *next;
	const char *what;	    /* "site", "injected", "crash", "thread" */
	const char *op, *error;	    /* NULL: not told; of a crash `op` is the signal */
	const char *site;	    /* NULL, or 16 hex digits */
	int64_t tid;		    /* -1: not told */
	int64_t t, nth;		    /* nth: of the calls at that site, from 1 on */
	const struct stack_ref *at; /* NULL: no stack */
};

/* A program in a process: exec makes a new one. */
struct traced_process {
	struct traced_process *next, *parent; /* parent: NULL if its trace is not here */
	int64_t pid, ppid, start;
	int64_t wall;	/* when its program began, in ns since the epoch; 0: unknown */
	int64_t pidns;	/* inode of the namespace of its pids; -1: unknown */
	int64_t nofile; /* its RLIMIT_NOFILE when its program began; -1: unknown */
	unsigned file;
	const char *exe, *how, *boot, *host;
	char **argv;
	size_t n_argv;
	bool announced;	   /* it has a process line; else only its events are known */
	bool exited;	   /* it has an exit line */
	bool detached;	   /* it has a detach line */
	bool exec_pending; /* its trace stopped right before an exec */
	bool replaced;	   /* by the next image of the same process */
	bool untraced;	   /* it left no trace because it used no socket */
	bool own_table;	   /* a thread or child of it had a descriptor table that is not recorded */
	enum process_end end;
	bool may_live; /* END_UNKNOWN on this machine: in a pid namespace that is not visible */
	bool untold_heir; /* a running process has recorded nothing yet: it may be the one that continues with sockets of this one */
	int64_t status; /* -1: unknown */
	int signal;	/* 0: unknown */
	int64_t t_died; /* when its parent learned of its death by a signal; 0: unknown */
	uint64_t sockets, events, dropped;
	uint64_t unseen;		   /* notes closed-unseen */
	struct lost_events losses[LOSSES]; /* by reason, if its lines say so; else under LOSS_none */
	bool pipe_told;			   /* it wrote to a peer that was gone */
	bool writing;			   /* at its end, a thread was in a call that writes to a socket */
	int64_t closing;		   /* the socket whose last descriptor a thread began to close last */
	uint64_t open, open_peak;
	int64_t t_bounded; /* since when what is over and well may be counted alone; 0: it is all there */
	uint64_t summed;   /* of `sockets`, those whose lines are gone */
	struct round_read round;
	int64_t t_first, t_exit, t_last;
	uint64_t leaks_dropped; /* descriptors open at its end that have no line */
	int64_t t_lost;		/* since when its record has gaps; 0: it has none */

	struct socket_life *lives;	/* by socket id */
	struct descriptor *descriptors; /* by fd */
	struct carried *carried;	/* see heirs.h */
	struct stack_ref *stacks;	/* by id */
	struct module_ref *modules;	/* by id */
	struct exec_site exec;		/* its last exec */
	struct exec_site entered;	/* how this program, or this forked child, was started */
	struct exec_sites *sites;	/* of its children, see exec_sites.h */
	struct origin *origins;
	struct fault_note *faults, *last_fault; /* in order of time */
	struct {
		int64_t pid, pidns;
		const char *boot, *host;
	} identity; /* the key of by_pid */
	UT_hash_handle by_pid;
};

/* Whether what is open according to its lines really was open at its end: if lines are missing, a close may be among them. */
static inline bool process_end_is_known(const struct traced_process *process)
{
	return process->exited || !process->t_lost;
}

/* Whether it went on when its trace ended, or does. */
static inline bool process_goes_on(const struct traced_process *process)
{
	return process->end == END_RUNNING || process->end == END_DETACHED;
}

/* Whether a signal is known to have ended it. */
static inline bool process_signalled(const struct traced_process *process)
{
	return process->end == END_SIGNAL && process->signal;
}

/* One fact with everything it is about, as the judge sees it. */
struct moment {
	const struct trace_event *event;
	struct traced_process *process, *first; /* first: of all facts */
	struct socket_life *life;		/* the socket, after the event; NULL: unknown */
	const struct descriptor *descriptor;	/* the descriptor it names; NULL: never a socket */
	struct stack_ref *stack;
	enum violation tag; /* the shim's tag; VIOLATION_none: none, or an unknown one */
	bool ended;	    /* with this event the process has released the socket */
};

const char *process_end_name(enum process_end end);

/* The program of a process, regardless of what it wrote to its arguments: "nginx". NULL if unknown. */
const char *process_program(const struct traced_process *process);

/* What a process is called: its program and, for an interpreter, its script: "python3 server.py". NULL if unknown. */
const char *process_name(const struct traced_process *process);

#endif
