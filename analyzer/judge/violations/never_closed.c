/* never-closed: a socket made in a process is still open when the process ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <unistd.h>

#include <utlist.h>

#include "analyzer/judge/gone.h"
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

/* Whether no byte was moved. Only its last line has the final counters. */
static bool is_untouched(const struct socket_life *life)
{
	return life->leaked && !life->used_unseen && life->rx <= 0 && life->tx <= 0 && !life_used_elsewhere(life);
}

/* As what it was left, whoever closed it then. */
static enum cause cause_of(const struct socket_life *life)
{
	if (life->kind != KIND_socket)
		return CAUSE_in_use;
	if (life->state == STATE_LISTENING)
		return CAUSE_listener;
	if (life->state == STATE_CLOSE_WAIT || life->state == STATE_CLOSING || life->reset)
		return CAUSE_peer_closed;
	if (life->connected)
		return life->state == STATE_ESTABLISHED && is_untouched(life) ? CAUSE_untouched : CAUSE_in_use;
	if (life->connect_failed)
		return CAUSE_connect_failed;
	if (life->listened)
		return CAUSE_listener;
	if (life->bind_failed && life->state == STATE_CLOSED && is_untouched(life))
		return CAUSE_bind_failed;
	if ((life->state == STATE_CLOSED || life->state == STATE_BOUND) && life->rx <= 0 && life->tx <= 0 &&
	    !life_used_elsewhere(life))
		return CAUSE_never_used;
	return CAUSE_in_use;
}

/* 0, 1 and 2 are for the lifetime of a process, and so is what dup2 put there. */
static bool is_standard(const struct socket_life *life)
{
	const struct descriptor *descriptor;
	DL_FOREACH (life->descriptors, descriptor)
		if (descriptor->fd > STDERR_FILENO)
			return false;
	return life->kind != KIND_socket;
}

static void fire(struct judge *judge, const struct traced_process *process, const struct socket_life *life)
{
	enum cause within = cause_of(life), cause = life->left ? CAUSE_interpreter_end : within;
	/* What an ending interpreter closed was left open, whatever became of the process. */
	bool killed = process->end != END_EXIT && !life->left;
	bool listener = cause == CAUSE_listener || life->state == STATE_LISTENING;
	struct occurrence occurrence = occurrence_of_life(VIOLATION_never_closed, life);
	const struct maker *maker = life_maker(life);
	occurrence.cause = cause;
	occurrence.within = life->left ? within : CAUSE_none;
	occurrence.lost = life;
	if (cause == CAUSE_peer_closed)
		occurrence.amount = gone_time(life, process->exited ? process->t_exit : process->t_last);
	occurrence.killed = killed && !listener;
	if (killed || listener)
		occurrence.severity = SEVERITY_WARNING;
	if (maker && maker->process != process) {
		occurrence.giver = maker->process;
		occurrence.taker = process;
	} else if (maker && life_taker(life)) {
		occurrence.giver = process;
		occurrence.taker = life_taker(life);
	}
	occurrence.shared = occurrence.taker ? life->cookie : NULL;
	judge_fire_open(judge, &occurrence, life);
}

/* Whether the process died in the call that closes it, so that no line tells of it. */
static bool is_closing(const struct traced_process *process, const struct socket_life *life)
{
	return !process->exited && process->closing > 0 && life->sock == process->closing;
}

static void at_end_of(struct judge *judge, const struct traced_process *process)
{
	const struct socket_life *life;
	/* What another program or a running process does with its sockets is not known yet. */
	if (process_goes_on(process) || process->may_live || process->end == END_EXEC)
		return;
	bool just_stops = !process->exited && process_end_is_known(process);
	for (life = process->lives; life; life = life->hh.next)
		if (life->made && life->open && !life->intended && !is_standard(life) && !is_closing(process, life) &&
		    (life->leaked || just_stops) && !life_handed_over(life) && !(process->untold_heir && life->cookie))
			fire(judge, process, life);
}

/* The finer one, where an interpreter's end is only when it was closed. */
static enum cause finer(const struct finding *finding) { return finding->within ? finding->within : finding->cause; }

static char *message(const struct finding *finding)
{
	static const char *const what[CAUSES] = {
		[CAUSE_none] = "still open",
		[CAUSE_connect_failed] = "whose connect failed, still open",
		[CAUSE_bind_failed] = "whose bind failed, still open",
		[CAUSE_peer_closed] = "whose peer is gone, still open",
		[CAUSE_never_used] = "never used, still open",
		[CAUSE_untouched] = "connected but never read or written, still open",
		[CAUSE_listener] = "still listening",
		[CAUSE_in_use] = "still open",
		[CAUSE_interpreter_end] = "still open",
	};
	const struct traced_process *process = finding->process;
	char *passed = crossing(finding);
	bool deaf = finer(finding) == CAUSE_listener && finding->state != STATE_LISTENING;
	char *text = xasprintf("%s %s when %s%s%s", socket_kind(finding),
			       deaf ? "that listened once, still open" : what[finer(finding)],
			       finding->cause == CAUSE_interpreter_end ? "its interpreter ended"
			       : process->end == END_SIGNAL
				       ? process->signal ? "the process was killed" : "the process was gone"
			       : process->end == END_UNKNOWN ? "its trace stopped"
							     : "the process ended",
			       *passed ? "; " : "", passed);
	free(passed);
	return text;
}

static const char *help(const struct finding *finding)
{
	static const char *const by_cause[CAUSES] = {
		[CAUSE_connect_failed] = "close it on the path that follows the failed connect",
		[CAUSE_bind_failed] = "close it on the path that follows the failed bind",
		[CAUSE_untouched] = "connect only when needed, and close what is not used",
		[CAUSE_listener] = "close the listener when the server stops",
		[CAUSE_interpreter_end] = "close it before the interpreter ends: in a block such as with, in finally, "
					  "or in an exit handler",
	};
	static const char *const by_lang[LANGS] = {
		[LANG_python] = "close it before the interpreter ends: in a with block, in finally, or by atexit",
		[LANG_ruby] = "close it before the interpreter ends: in a block, in ensure, or by at_exit",
		[LANG_perl] = "close it before the interpreter ends: when it is no longer needed, or in an END block",
		[LANG_php] = "close it before the interpreter ends: in finally, or by register_shutdown_function",
		[LANG_lua] = "close it before the interpreter ends, on every path, or in Lua 5.4 declare it <close>",
	};
	const struct stack_ref *opened = finding->stacks[ROLE_OPENED];
	const char *own = opened && opened->stack ? by_lang[opened->stack->lang] : NULL;
	enum cause cause = finer(finding);
	if (cause == CAUSE_connect_failed || cause == CAUSE_bind_failed)
		return by_cause[cause];
	if (finding->kind != KIND_socket && !by_cause[finding->cause])
		return "close it on every path: also when an error is returned, when a request ends";
	return finding->cause == CAUSE_interpreter_end && own ? own : by_cause[finding->cause];
}

/* Which path forgets it: the one after the failed call. */
static char *advice(const struct finding *finding, const struct places *places)
{
	if (finer(finding) != CAUSE_connect_failed && finer(finding) != CAUSE_bind_failed)
		return NULL;
	for (size_t i = finding->story.n; i-- > 0;) {
		const struct story_step *step = &finding->story.steps[i];
		const struct symbol *place = places->steps[i];
		if (step->error && place && place->file && place->line > 0)
			return xasprintf("close it on the path that follows the failed %s at %s:%d", step->op,
					 base_name(place->file), place->line);
	}
	return NULL;
}

/* A used socket may have been read and written to the end without a line that says so. */
static const char *ending(const struct finding *finding)
{
	enum cause cause = finer(finding);
	return cause == CAUSE_connect_failed || cause == CAUSE_bind_failed || cause == CAUSE_never_used ||
			       cause == CAUSE_untouched
		       ? "nothing more"
		       : "never closed";
}

const struct rule never_closed_rule = {
	.adds_up = true,
	.tells_listener = true,
	.message = message,
	.help = help,
	.advice = advice,
	.ending = ending,
	.process = at_end_of,
};
