/* Traces that may still be growing: see session.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/int_set.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/progress.h"
#include "analyzer/base/util.h"
#include "analyzer/live/traced.h"
#include "analyzer/read/trace_reader.h"
#include "analyzer/replay/ends.h"
#include "shim/model/kinds.h"

struct session {
	struct trace_reader *reader;
	struct replay *replay;
	const char *what;     /* the process that was asked for */
	struct traced traced; /* pid 0: files were named */
	size_t added;	      /* of its paths */
	bool looked;
};

/* -1: the word is not a pid. */
static pid_t pid_of(const char *word)
{
	size_t n = strlen(word);
	return n && n < 10 && strspn(word, "0123456789") == n ? atoi(word) : -1;
}

/* How many of the traces of a process are usable. */
static size_t add_traces(struct session *session)
{
	size_t used = 0;
	for (; session->added < session->traced.n; session->added++)
		used += trace_reader_add(session->reader, session->traced.paths[session->added]) == 0;
	return used;
}

struct session *session_open(const char *what)
{
	struct session *session = xcalloc(1, sizeof *session);
	pid_t pid = pid_of(what);
	session->what = what;
	session->reader = trace_reader_new();
	session->replay = replay_new();
	trace_reader_follow(session->reader);
	replay_kinds(session->replay, KINDS_ALL);
	progress_stage("reading traces");
	trace_reader_on_progress(session->reader, progress_show);
	bool usable = pid >= 0 ? traced_find(&session->traced, pid) == 0 && add_traces(session) > 0
			       : trace_reader_add(session->reader, what) == 0;
	if (usable)
		return session;
	session_free(session);
	return NULL;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	replay_free(session->replay);
	trace_reader_free(session->reader);
	traced_free(&session->traced);
	free(session);
}

static bool is_there(const struct traced *traced)
{
	struct proc_stat stat;
	return !traced->pid || (proc_stat(traced->pid, &stat) == 0 && stat.alive && stat.start == traced->start);
}

static int compare_files(const void *a, const void *b)
{
	COMPARE(*(const int64_t *)a, *(const int64_t *)b);
	return 0;
}

static void replay_until(struct session *session, int64_t until)
{
	const struct trace_event *event;
	const char *contradiction; /* late lines may seem to be of one */
	struct moment moment;
	while ((event = trace_reader_next_until(session->reader, until)))
		(void)replay_event(session->replay, event, &moment, &contradiction);
}

/* It seemed to be replaced by another program, which continues the trace. */
static bool may_go_on(const struct traced_process *process) { return process->end == END_EXEC && !process->replaced; }

/* A running process may have ended, and lines that have come since may say how one that was missing ended. */
static void find_ends(struct session *session)
{
	for (struct traced_process *process = session_processes(session); process; process = process->next)
		if (process->end == END_RUNNING || may_go_on(process) ||
		    (process->end == END_SIGNAL && (process->exited || process->exec_pending)))
			process->end = END_UNKNOWN;
	replay_finish(session->replay);
}

/* Traces whose processes had all ended before the last reading: the majority in servers that fork a lot. */
static void leave_ended(struct session *session, struct int_set *running)
{
	int_set_settle(running);
	for (const struct traced_process *process = session_processes(session); process; process = process->next)
		if (running->n == 0 || !bsearch(&(int64_t){process->file}, running->values, running->n,
						sizeof *running->values, compare_files))
			trace_reader_leave(session->reader, process->file);
	free(running->values);
}

/* The traces of processes that may still write. */
static struct int_set running_files(const struct session *session)
{
	struct int_set running = {0};
	for (const struct traced_process *process = session_processes(session); process; process = process->next)
		if (process->end == END_RUNNING || process->end == END_UNKNOWN || may_go_on(process))
			int_set_add(&running, process->file);
	return running;
}

void session_begin(struct session *session, int64_t ago)
{
	replay_until(session, trace_reader_newest(session->reader) - ago);
	find_ends(session);
}

bool session_look(struct session *session, bool settle)
{
	static const struct timespec moment = {.tv_nsec = 50000000};
	bool there = is_there(&session->traced);
	struct int_set running = running_files(session);
	if (session->looked || settle) {
		if (session->looked && session->traced.pid && there)
			traced_look(&session->traced);
		(void)add_traces(session);
		trace_reader_look(session->reader);
	}
	int64_t until = settle ? trace_reader_newest(session->reader) : INT64_MAX;
	if (settle) {
		/* A thread may have taken the time of its line but not written it yet. */
		nanosleep(&moment, NULL);
		trace_reader_look(session->reader);
	}
	if (session->looked)
		leave_ended(session, &running);
	else
		free(running.values);
	session->looked = true;
	replay_until(session, until);
	progress_end();
	find_ends(session);
	return there;
}

struct traced_process *session_processes(const struct session *session) { return replay_processes(session->replay); }

const char *const *session_paths(const struct session *session, size_t *n)
{
	*n = session->traced.pid ? session->traced.n : 1;
	return session->traced.pid ? (const char *const *)session->traced.paths : &session->what;
}

struct trace_reader *session_read_again(const struct session *session)
{
	if (strcmp(session->what, "-") == 0) {
		complain("standard input cannot be read twice; name a file");
		return NULL;
	}
	struct trace_reader *reader = trace_reader_new();
	size_t n, used = 0;
	const char *const *paths = session_paths(session, &n);
	trace_reader_follow(reader);
	for (size_t i = 0; i < n; i++)
		used += trace_reader_add(reader, paths[i]) == 0;
	if (used)
		return reader;
	trace_reader_free(reader);
	return NULL;
}

uint64_t session_torn(const struct session *session) { return trace_reader_torn(session->reader); }
