/* What a report cannot know, and why: see incomplete.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/incomplete.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

enum { NAMED = 3 };

/* The processes that a reason applies to. */
struct those {
	const struct traced_process *first;
	int64_t last_pid;
	uint64_t n, count, leaks; /* leaks: how many of them are sockets that were open at the end */
	bool unended;		  /* one of them has no recorded end, so what it left open is unknown */
	char *names;		  /* "71 (nginx), 72" */
};

static void those_add(struct those *those, const struct traced_process *process, uint64_t count)
{
	const char *name = process_name(process);
	char *former = those->names;
	those->count = sum(those->count, count);
	those->leaks = sum(those->leaks, process->leaks_dropped);
	those->unended |= !process->exited && !process->replaced && !process_goes_on(process);
	/* A process that was replaced by another program counts once. */
	if (those->n && those->last_pid == process->pid)
		return;
	if (!those->first)
		those->first = process;
	those->last_pid = process->pid;
	if (those->n++ >= NAMED)
		return;
	those->names = xasprintf("%s%s%lld%s%s%s", former ? former : "", former ? ", " : "", (long long)process->pid,
				 name ? " (" : "", name ? name : "", name ? ")" : "");
	free(former);
}

/* "process 71 (nginx)", "processes 71 (nginx), 72, 73 and 2 more"; to be freed. */
static char *those_text(const struct those *those)
{
	if (those->n > NAMED)
		return xasprintf("processes %s and %llu more", those->names, (unsigned long long)those->n - NAMED);
	return xasprintf("process%s %s", those->n == 1 ? "" : "es", those->names);
}

/* Takes ownership of the message. */
static void add(struct incompletes *all, const char *why, const struct those *those, uint64_t count, char *message)
{
	GROW(all->list, all->n, all->cap);
	all->list[all->n++] = (struct incomplete){
		.why = why,
		.pid = those && those->n == 1 ? those->first->pid : -1,
		.count = count,
		.message = message,
	};
}

/* -- the reasons ---------------------------------------------------------------------------------------------- */

static const struct loss_row {
	enum loss why;
	const char *word, *because;
} losses[] = {
	{LOSS_max_bytes, "max_bytes", " (max_bytes was reached)"},
	{LOSS_file, "file", " (the trace could not grow)"},
	{LOSS_sandbox, "sandbox", " (a sandbox does not allow writing the trace)"},
	{LOSS_none, "dropped", ""},
};

enum { LOSS_ROWS = sizeof losses / sizeof *losses };

static void find_losses(struct incompletes *all, const struct traced_process *processes, const struct loss_row *row)
{
	struct those those = {0};
	for (const struct traced_process *process = processes; process; process = process->next) {
		const struct lost_events *loss = &process->losses[row->why];
		if (loss->t || loss->dropped)
			those_add(&those, process, loss->dropped);
	}
	if (!those.n)
		return;
	const struct lost_events *first = &those.first->losses[row->why];
	char *who = those_text(&those);
	char *since = those.n == 1 && first->t ? time_text(first->t - those.first->t_first) : NULL;
	char *events = those.count
			       ? xasprintf("%llu event%s", (unsigned long long)those.count, those.count == 1 ? "" : "s")
			       : xstrdup("events");
	char *ends = those.unended ? xstrdup("; nor is what was left open at the end")
		     : those.leaks
			     ? xasprintf("; nor %s %llu of the descriptors left open at the end",
					 those.leaks == 1 ? "is" : "are", (unsigned long long)those.leaks)
			     : xstrdup(row->why == LOSS_max_bytes ? "; what was still open when it ended is" : "");
	add(all, row->word, &those, those.count,
	    xasprintf("%s of %s %s not recorded%s%s%s%s: misuse%s is not in this report%s", events, who,
		      those.count == 1 ? "was" : "were", since ? " from " : "", since ? since : "",
		      since ? " after its start on" : "", row->because, first->t ? " after that" : " in them", ends));
	free(ends);
	free(events);
	free(since);
	free(who);
	free(those.names);
}

static bool lacks_end(const struct traced_process *process)
{
	switch (process->end) {
	case END_UNKNOWN: return true;
	case END_EXIT: return !process->exited && !process->untraced;
	case END_SIGNAL: return process->signal == 0; /* inferred only from its absence */
	case END_EXEC:
	case END_RUNNING:
	case END_DETACHED:
	case ENDS: break;
	}
	return false;
}

/* The same if the trace is as the process left it, with all that it did until its end: unknown is only whether it still lives, was killed,
 * or disappeared, and what becomes of the sockets that it had. */
static bool leaves_open(const struct traced_process *process) { return lacks_end(process) && process->open > 0; }

static bool lacks_start(const struct traced_process *process) { return !process->announced; }

static void find_lacking(struct incompletes *all, const struct traced_process *processes, const char *why,
			 bool (*lacks)(const struct traced_process *), const char *one, const char *many)
{
	struct those those = {0};
	for (const struct traced_process *process = processes; process; process = process->next)
		if (lacks(process))
			those_add(&those, process, 0);
	if (!those.n)
		return;
	char *who = those_text(&those);
	add(all, why, &those, those.n, xasprintf("%s %s", who, those.n == 1 ? one : many));
	free(who);
	free(those.names);
}

/* `last` is 0 if a process did not know its own pid. */
static char *board_who(uint32_t n, uint32_t last, const char *did)
{
	if (n == 1)
		return last ? xasprintf("process %lu, which %s,", (unsigned long)last, did)
			    : xasprintf("a process that %s", did);
	return last ? xasprintf("%lu processes that %s, process %lu the last of them,", (unsigned long)n, did,
				(unsigned long)last)
		    : xasprintf("%lu processes that %s", (unsigned long)n, did);
}

static void find_refused(struct incompletes *all, const struct board *board)
{
	if (!board->refused)
		return;
	char *who = board_who(board->refused, board->last_refused,
			      board->refused == 1 ? "was started under a sandbox" : "were started under a sandbox");
	add(all, "mute", NULL, board->refused,
	    xasprintf("%s would have been killed for being recorded: what %s did is not in this report", who,
		      board->refused == 1 ? "it" : "they"));
	if (board->refused == 1 && board->last_refused)
		all->list[all->n - 1].pid = board->last_refused;
	free(who);
}

static void find_mute(struct incompletes *all, const struct board *board)
{
	if (!board->mute && !board->lost)
		return;
	char *who = board->mute ? board_who(board->mute, board->last_mute, "used sockets") : xstrdup("a process");
	add(all, "mute", NULL, board->mute,
	    xasprintf("%s could write no trace%s: %llu event%s of %s %s not in this report", who,
		      board->full == board->mute && board->full ? ", as max_bytes leaves no room for one" : "",
		      (unsigned long long)board->lost, board->lost == 1 ? "" : "s",
		      board->mute > 1 ? "theirs" : "its own", board->lost == 1 ? "is" : "are"));
	if (board->mute == 1 && board->last_mute)
		all->list[all->n - 1].pid = board->last_mute;
	free(who);
}

static void find_barred(struct incompletes *all, const struct board *board)
{
	static const char became[] =
		"became another program that may not write to the traces' folder, as another user or "
		"within a sandbox: what that did is not in this report";
	if (!board || !board->barred)
		return;
	add(all, "mute", NULL, board->barred,
	    board->barred == 1 ? xasprintf("process %lu %s", (unsigned long)board->last_barred, became)
			       : xasprintf("%lu processes, process %lu the last of them, each %s",
					   (unsigned long)board->barred, (unsigned long)board->last_barred, became));
	if (board->barred == 1)
		all->list[all->n - 1].pid = board->last_barred;
}

void incomplete_find(struct incompletes *all, const struct traced_process *processes, uint64_t torn,
		     const struct board *board, bool first_hand)
{
	for (size_t row = 0; row < LOSS_ROWS; row++)
		find_losses(all, processes, &losses[row]);
	if (torn)
		add(all, "torn", NULL, torn,
		    xasprintf("%llu line%s of the traces %s torn, cut off as %s being written: what %s recorded is not "
			      "in this report",
			      (unsigned long long)torn, torn == 1 ? "" : "s", torn == 1 ? "is" : "are",
			      torn == 1 ? "it was" : "they were", torn == 1 ? "it" : "they"));
	find_lacking(all, processes, "start", lacks_start,
		     "has no recorded start: what it did first may be missing in this report",
		     "have no recorded start: what they did first may be missing in this report");
	find_lacking(
		all, processes, "end", first_hand ? leaves_open : lacks_end,
		"has no recorded end: what it did last, and what it left open, may be missing in this report",
		"have no recorded end: what they did last, and what they left open, may be missing in this report");
	if (board) {
		find_mute(all, board);
		find_refused(all, board);
		find_barred(all, board);
	}
}

/* -- lists ---------------------------------------------------------------------------------------------------- */

bool incomplete_is_word(const char *why)
{
	static const char *const others[] = {"torn", "start", "end", "mute"};
	for (size_t row = 0; row < LOSS_ROWS; row++)
		if (strcmp(why, losses[row].word) == 0)
			return true;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(why, others[i]) == 0)
			return true;
	return false;
}

void incomplete_add(struct incompletes *all, const struct incomplete *one)
{
	GROW(all->list, all->n, all->cap);
	all->list[all->n] = *one;
	all->list[all->n++].message = xstrdup(one->message);
}

int incomplete_compare(const void *a, const void *b)
{
	const struct incomplete *x = a, *y = b;
	int order = strcmp(x->why, y->why);
	if (order)
		return order;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return strcmp(x->message, y->message);
}

void incomplete_free(struct incompletes *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->list[i].message);
	free(all->list);
	*all = (struct incompletes){0};
}
