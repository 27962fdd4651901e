/* What replay makes of events: processes, the sockets they had, the descriptors of those, and one fact with all that it is about.
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
	const struct stack *stack; /* NULL until its line is read, and for good when it is missing */
	UT_hash_handle hh;
};

/* A socket that processes share, known by the kernel's SO_COOKIE. */
struct cookie;

/* A socket in one process, or a descriptor of another kind. */
struct socket_life {
	int64_t sock;
	enum kind kind;
	bool recalled; /* its kind was not recorded: only what led to a violation was */
	struct traced_process *process;
	bool made;	     /* here; else inherited */
	bool intended;	     /* to stay open, by the program's word */
	bool inheritable;    /* by some descriptor, at any time: without close-on-exec */
	bool leaked;	     /* a leak line says that it was open at exit */
	bool used_unseen;    /* by the kernel's word, bytes came or went by that nobody counted */
	bool connected;	     /* at any time */
	bool connect_failed; /* the last connect */
	bool bind_failed;    /* the last bind */
	bool left;     /* not the program closed it, but its interpreter, which ended: as good as open to the end */
	bool listened; /* at any time */
	bool reset;
	enum state state;
	unsigned open; /* descriptors */
	unsigned refs; /* descriptor entries that point here */
	const char *family, *type;
	char *local, *peer;
	int64_t rx, tx;
	int64_t t_connected,
		t_gone; /* since when connected, and since when the peer is gone as this process saw it; 0: not */
	int64_t gap, close_wait; /* ns, as the shim tells them */
	struct stack_ref *opened;
	const char *opened_op;
	struct stack_ref
		*listener; /* where the listener was opened that accepted it; NULL: it was not, or that is not known */
	const char *listener_op;
	int64_t t, tid;
	int64_t opened_t; /* as t, but of a pair the first end's for both */
	int64_t ended_t;  /* when it was closed; 0: it is open */
	struct cookie *cookie;
	size_t holder;						 /* its place among the cookie's holders, from 1 on */
	struct origin *origin;					 /* of those made here */
	struct past *past;					 /* see story.h; NULL: nothing since it began */
	struct descriptor *descriptors;				 /* those open */
	bool told_stale, told_no_timeout, told_in_use, told_cut; /* the judge's marks: once per socket */
	bool shut_first;					 /* of both sides, for writing */
	struct spender *spender; /* where its port is counted, see ports_exhausted.c; NULL: it is not */
	UT_hash_handle hh;
};

/* A descriptor: what it is, and what it was. */
struct descriptor {
	int64_t fd;
	struct socket_life *now;  /* NULL when it is no socket */
	struct socket_life *last; /* closed here: keeps the stacks of its last life */
	struct stack_ref *closed;
	const char *closed_op;
	int64_t closed_t, closed_tid;
	bool closed_by_user;	  /* a thread that had used the socket */
	enum violation closed_as; /* the code that its close was tagged with, or VIOLATION_none */
	struct {
		struct stack_ref *closed;
		const char *op;
		int64_t t, tid, maker;
		enum kind kind;
	} before; /* how its life before the last was closed, by whom it was made, and what it was */
	struct descriptor *prev, *next; /* of the same life */
	UT_hash_handle hh;
};

/* The call that let a program in. */
struct exec_site {
	struct stack_ref *stack;
	const char *op; /* NULL: not known */
	int64_t tid;
};

/* Events that were not recorded. */
struct lost_events {
	int64_t t; /* since when; 0: there was none */
	uint64_t dropped;
};

/* How a process went. END_UNKNOWN: its trace stops, and this machine cannot tell. */
enum process_end { END_UNKNOWN, END_EXIT, END_SIGNAL, END_EXEC, END_RUNNING };

/* A program in a process: exec makes a new one. */
/* What a line `fault` tells: a place where a call may fail, the call that failed on purpose, where a signal ended the process, where
 * a thread was that hung. */
struct fault_note {
	struct fault_note *next;
	const char *what;	    /* "site", "injected", "crash", "thread" */
	const char *op, *error;	    /* NULL: not told; of a crash `op` is the signal */
	const char *site;	    /* NULL, or 16 hex digits */
	int64_t tid;		    /* -1: not told */
	const struct stack_ref *at; /* NULL: no stack */
};

struct traced_process {
	struct traced_process *next, *parent; /* parent: NULL when its trace is not here */
	int64_t pid, ppid, start;
	int64_t wall;	/* when its program began, in ns since the epoch; 0: not known */
	int64_t pidns;	/* inode of the namespace of these numbers; -1: not known */
	int64_t nofile; /* its RLIMIT_NOFILE when its program began; -1: not known */
	unsigned file;
	const char *exe, *how, *boot, *host;
	char **argv;
	size_t n_argv;
	bool announced;	   /* a process line stands for it; else only its events are known */
	bool exited;	   /* an exit line */
	bool exec_pending; /* about to become another program when its trace stopped */
	bool replaced;	   /* by the next image of the same process */
	bool untraced;	   /* it left no trace, for it used no socket */
	bool own_table;	   /* a thread or child of it had a descriptor table that is not recorded */
	enum process_end end;
	bool may_live; /* END_UNKNOWN, of this machine: in a pid namespace that cannot be seen into */
	bool untold_heir; /* a process lives that has told nothing yet: it may be the one that goes on with sockets of this */
	int64_t status; /* -1: not known */
	int signal;	/* 0: not known */
	int64_t t_died; /* when its parent had been told of its death by a signal; 0: not known */
	uint64_t sockets, events, dropped;
	uint64_t unseen;		   /* notes closed-unseen */
	struct lost_events losses[LOSSES]; /* by why, as its lines tell it; LOSS_none: they do not */
	bool pipe_told;			   /* a write to a peer that is gone */
	bool writing;			   /* its end found a thread in a call that writes to a socket */
	uint64_t open, open_peak;
	int64_t t_first, t_exit, t_last;
	uint64_t leaks_dropped; /* descriptors open at its end of which there is no line */
	int64_t t_lost;		/* since when its record has holes; 0: it has none */

	struct socket_life *lives;	/* by socket id */
	struct descriptor *descriptors; /* by fd */
	struct carried *carried;	/* see heirs.h */
	struct stack_ref *stacks;	/* by id */
	struct module_ref *modules;	/* by id */
	struct exec_site exec;		/* its last exec */
	struct exec_site entered;	/* how this program, or the child of a fork, came in */
	struct exec_sites *sites;	/* of its children, see exec_sites.h */
	struct origin *origins;
	struct fault_note *faults, *last_fault; /* in order of time */
	struct {
		int64_t pid, pidns;
		const char *boot, *host;
	} identity; /* the key of by_pid */
	UT_hash_handle by_pid;
};

/* Whether what is open as far as its lines tell was open at its end: where lines are missing, a close may be among them. */
static inline bool process_end_is_known(const struct traced_process *process)
{
	return process->exited || !process->t_lost;
}

/* Whether a signal is known to have ended it. */
static inline bool process_signalled(const struct traced_process *process)
{
	return process->end == END_SIGNAL && process->signal;
}

/* One fact with what it is about, as the judge sees it. */
struct moment {
	const struct trace_event *event;
	struct traced_process *process, *first; /* first: of all of them */
	struct socket_life *life;		/* the socket, as it is after the event; NULL: not known */
	const struct descriptor *descriptor;	/* the one it names; NULL: never a socket */
	struct stack_ref *stack;
	enum violation tag; /* what the shim tagged it with; VIOLATION_none: nothing, or nothing that is known */
	bool ended;	    /* with this event the process has let go of the socket */
};

const char *process_end_name(enum process_end end);

/* The program of a process, and not what it made of its arguments: "nginx". NULL when it is not known. */
const char *process_program(const struct traced_process *process);

/* What a process is called: its program, and of an interpreter the script as well, "python3 server.py". NULL when it is not known. */
const char *process_name(const struct traced_process *process);

#endif
