/* leaked-to-exec: a socket without close-on-exec entered another program. Once per socket and program.
 *
 * What the program goes on to use, or what the same program run again inherits, was handed over. A program that closes it before it becomes
 * another one is a launcher: nothing leaked.
 *
 * The program finds the socket at its start; its maker is known by the cookie, though perhaps only later: a trace with bounds may have lost
 * the line that made it, and says who made it in a checkpoint. What no process in these traces made came from outside, and 0, 1 and 2
 * are passed on purpose. So is what its maker always kept close-on-exec: a child cleared the flag between fork and exec to hand
 * it on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/replay/ops.h"

struct leaked {
	struct {
		const struct traced_process *program;
		const struct cookie *cookie;
	} key;
	struct stack_ref *opened; /* what was reported, and for whom */
	const struct traced_process *maker;
	bool stands;	    /* it was not taken back */
	bool open_question; /* its maker was not known yet */
	bool closed;	    /* by the program */
	int64_t t, fd;	    /* when the program found it, and where */
	enum state state;
	enum kind kind;
	const char *family, *type;
	char *local, *peer;
	struct story story;
	UT_hash_handle hh;
};

static char *message(const struct finding *finding)
{
	char *passed = crossing(finding);
	char *text = xasprintf("%s without close-on-exec entered another program: %s", socket_kind(finding), passed);
	free(passed);
	return text;
}

static const char *help(const struct finding *finding)
{
	return finding->kind == KIND_socket ? NULL
					    : "open it with O_CLOEXEC, streams with \"e\" in their mode, pipes by "
					      "pipe2; other makers have such a flag too";
}

/* What was reported about a socket in a program, no matter how many descriptors it has there. */
static struct leaked *leaked_find(struct leaked *all, const struct traced_process *program, const struct cookie *cookie,
				  struct leaked *key)
{
	struct leaked *leaked;
	memset(key, 0, sizeof *key);
	key->key.program = program;
	key->key.cookie = cookie;
	HASH_FIND(hh, all, &key->key, sizeof key->key, leaked);
	return leaked;
}

static void take_back(struct judge *judge, struct leaked *leaked)
{
	if (!leaked->stands)
		return;
	leaked->stands = false;
	judge_take_back(judge, &(struct occurrence){.code = VIOLATION_leaked_to_exec,
						    .process = leaked->maker,
						    .kind = leaked->kind,
						    .former = leaked->kind,
						    .stacks = {[ROLE_OPENED] = leaked->opened}});
}

/* A shell that redirects a command duplicates the descriptor, and its command uses it. */
static bool uses(const struct trace_event *event)
{
	return event->note == NOTE_first_use ||
	       (event->kind == EVENT_FD && !event->inherited && effect_of(event->op) == OP_DUPS && event->ret >= 0);
}

/* A program that uses it was meant to have it. */
static void go_on(struct judge *judge, struct leaked *all, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	const struct socket_life *life = moment->life;
	struct leaked key, *leaked = life ? leaked_find(all, life->process, life->cookie, &key) : NULL;
	if (leaked && uses(event)) {
		leaked->open_question = false;
		take_back(judge, leaked);
	}
	if (leaked && event->kind == EVENT_FD && event->to == STATE_CLOSED && effect_of(event->op) == OP_CLOSES)
		leaked->closed = true;
}

static bool is_same_program(const struct traced_process *a, const struct traced_process *b)
{
	return a->exe && b->exe && strcmp(a->exe, b->exe) == 0;
}

static void fire(struct judge *judge, struct leaked *leaked, const struct maker *maker)
{
	const struct traced_process *program = leaked->key.program;
	leaked->opened = maker->opened;
	leaked->maker = maker->process;
	leaked->stands = true;
	struct occurrence occurrence = {
		.code = VIOLATION_leaked_to_exec,
		.severity = violations[VIOLATION_leaked_to_exec].severity,
		.process = maker->process,
		.giver = maker->process,
		.taker = program,
		.shared = leaked->key.cookie,
		.fds = &leaked->fd,
		.n_fds = 1,
		.stacks = {[ROLE_OPENED] = maker->opened, [ROLE_OTHER] = program->entered.stack},
		.ops = {[ROLE_OPENED] = maker->op, [ROLE_OTHER] = program->entered.op},
		.tids = {[ROLE_OPENED] = maker->tid, [ROLE_OTHER] = program->entered.tid},
		.t = leaked->t,
		.state = leaked->state,
		.kind = leaked->kind,
		.former = leaked->kind,
		.family = leaked->family ? leaked->family : maker->family,
		.type = leaked->type ? leaked->type : maker->type,
		.local = leaked->local ? leaked->local : maker->local,
		.peer = leaked->peer ? leaked->peer : maker->peer,
		.story = leaked->story,
	};
	struct finding *finding = judge_fire(judge, &occurrence);
	if (finding)
		int_set_add(&finding->pids, program->pid); /* both are involved */
}

static bool is_leak_of(const struct maker *maker, const struct traced_process *program)
{
	return maker->inheritable && !is_same_program(maker->process, program);
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	const struct socket_life *life = moment->life;
	const struct maker *maker = life ? life_maker(life) : NULL;
	struct leaked *all = *memory, *leaked, key;
	go_on(judge, all, moment);
	if (!event->inherited || event->kind != EVENT_FD || strcmp(event->op, "execve") != 0 ||
	    event->fd <= STDERR_FILENO || !life || !life->cookie || (maker && !is_leak_of(maker, life->process)) ||
	    leaked_find(all, life->process, life->cookie, &key))
		return;
	leaked = xcalloc(1, sizeof *leaked);
	*leaked = (struct leaked){
		.open_question = !maker,
		.t = event->t,
		.fd = event->fd,
		.state = life->state,
		.kind = life->kind,
		.family = life->family,
		.type = life->type,
		.local = life->local ? xstrdup(life->local) : NULL,
		.peer = life->peer ? xstrdup(life->peer) : NULL,
		.story = story_of(life),
	};
	leaked->key = key.key;
	HASH_ADD(hh, all, key, sizeof leaked->key, leaked);
	*memory = all;
	if (maker)
		fire(judge, leaked, maker);
}

static void shared(struct judge *judge, void **memory, struct cookie *cookie)
{
	size_t n;
	const struct holder *holders = cookie_holders(cookie, &n);
	const struct maker *maker = cookie_maker(cookie);
	struct leaked key, *leaked;
	for (size_t i = 0; maker && i < n; i++)
		if ((leaked = leaked_find(*memory, holders[i].process, cookie, &key)) && leaked->open_question &&
		    maker->t < leaked->t && is_leak_of(maker, leaked->key.program)) {
			leaked->open_question = false;
			fire(judge, leaked, maker);
		}
}

static void finish(struct judge *judge, void **memory)
{
	struct leaked *all = *memory, *leaked, *next;
	HASH_ITER (hh, all, leaked, next) {
		/* A program that closed it before it became another one, like Java's jspawnhelper, let nothing through. */
		if (leaked->closed && (leaked->key.program->replaced || leaked->key.program->exec_pending))
			take_back(judge, leaked);
		HASH_DEL(all, leaked);
		free(leaked->local);
		free(leaked->peer);
		free(leaked);
	}
	*memory = NULL;
}

const struct rule leaked_to_exec_rule = {
	.adds_up = true,
	.message = message,
	.help = help,
	.words = {[ROLE_OTHER] = "passed on"},
	.moment = any,
	.shared = shared,
	.finish = finish,
};
