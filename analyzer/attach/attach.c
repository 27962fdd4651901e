/* Attaching and detaching: see attach.h; dlopen(3).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/attach/attach.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/attach/host.h"
#include "analyzer/attach/thread.h"
#include "analyzer/launch/trace_dir.h"
#include "analyzer/base/util.h"

/* -- the folder for the trace ----------------------------------------------------------------------------------- */

static int fail(const char *path, const char *why)
{
	complain("cannot keep traces in %s: %s", path, why);
	return -1;
}

/* Makes the folder so that the process finds it and its user may write to it. `*path`: its name in the process; returns its path from here. */
static char *make_folder(const struct host *host, const char *given, char **path)
{
	char *here = NULL;
	bool made;
	*path = NULL;
	if (given && !*host->below) {
		made = mkdir(given, 0700) == 0;
		here = realpath(given, NULL);
		*path = here ? xstrdup(here) : NULL;
	} else if (given) {
		here = xasprintf("%s%s", host->below, given);
		*path = xstrdup(given);
		made = mkdir(here, 0700) == 0;
	} else {
		here = xasprintf("%s/tmp/socksan-%d-XXXXXX", host->below, (int)host->pid);
		made = mkdtemp(here) != NULL;
		*path = xstrdup(here + strlen(host->below));
	}
	struct stat st;
	int error = errno;
	if (!here || stat(here, &st) != 0)
		fail(given ? given : here, strerror(made ? errno : error));
	else if (!S_ISDIR(st.st_mode))
		fail(given, strerror(ENOTDIR));
	else if (**path != '/')
		fail(given, "the process has a different root folder, so the path must begin with /");
	else if (trace_dir_objection(*path))
		fail(*path, trace_dir_objection(*path));
	else if (made && host->user != geteuid() && chown(here, host->user, host->group) != 0)
		fail(here, strerror(errno));
	else
		return here;
	free(here);
	free(*path);
	*path = NULL;
	return NULL;
}

/* -- in the process --------------------------------------------------------------------------------------------- */

static struct stopped_thread *hold_thread(struct host *host)
{
	struct stopped_thread *thread;
	enum taken taken = thread_take(host, &thread);
	int error = errno;
	if (taken == TAKEN)
		return thread;
	thread_release(thread);
	if (taken == TAKEN_REFUSED) {
		host_explain_ptrace(host, error);
		host_complain(host);
	} else {
		complain("%s: none of its threads waited in a system call in which it can be stopped safely: try again",
			 host->who);
	}
	return NULL;
}

/* The address of errno, with the thread's current value in `*value`; 0 if it is unknown. */
static uint64_t errno_of(struct stopped_thread *thread, const struct host *host, int *value)
{
	uint64_t at;
	if (!thread_call(thread, host->errno_, NULL, 0, 0, &at) || !remote_read(host->pid, at, value, sizeof *value))
		return 0;
	return at;
}

static void complain_of_loader(struct stopped_thread *thread, const struct host *host)
{
	char why[512] = "the loader does not say why";
	uint64_t text = 0;
	if (host->error && thread_call(thread, host->error, NULL, 0, 0, &text) && text)
		for (size_t n = 0; n < sizeof why - 1 && remote_read(host->pid, text + n, why + n, 1); n++) {
			why[n + 1] = 0;
			if (!why[n])
				break;
		}
	complain("%s cannot load the shim: %s", host->who, why);
}

static bool load(struct stopped_thread *thread, struct host *host, const char *shim)
{
	if (!thread_call_long(thread, host->open, shim, RTLD_NOW | (host->open_is_internal ? 0x80000000u : 0))) {
		complain("%s does not return from loading the shim", host->who);
		return false;
	}
	if (host_find_shim(host) < 0) {
		host_complain(host);
		return false;
	}
	if (!host->shim)
		complain_of_loader(thread, host);
	return host->shim != 0;
}

static bool call_shim(struct stopped_thread *thread, struct host *host, const char *name, const char *text,
		      struct attach_reply *reply)
{
	uint64_t function = remote_symbol(host->pid, host->shim, name);
	if (function && thread_call_shim(thread, function, text, reply))
		return true;
	complain("%s does not return from the shim", host->who);
	return false;
}

static bool is_done(const struct host *host, const struct attach_reply *reply)
{
	static const char *const why[] = {
		[ATTACH_NOT_NOW] = "was attached to, or detached from, in the meantime",
		[ATTACH_NO_CALLS] = "imports none of the functions that the shim watches",
		[ATTACH_NO_TRACE] = "cannot write a trace in that folder: check that its user may",
		[ATTACH_BUSY] = "is loading objects: try again",
		[ATTACH_TAKEN] = "is already being attached to or detached from: try again",
	};
	if (reply->result == ATTACH_DONE)
		return true;
	complain("%s %s", host->who, reply->result < sizeof why / sizeof *why ? why[reply->result] : "refuses");
	return false;
}

static bool begin(struct stopped_thread *thread, struct host *host, const char *shim, const char *options,
		  struct attachment *attachment)
{
	struct attach_reply reply;
	if (!host->shim && !load(thread, host, shim))
		return false;
	if (!call_shim(thread, host, "socksan_attach_1", options, &reply))
		return false;
	if (!is_done(host, &reply))
		return false;
	attachment->adopted = reply.adopted;
	attachment->more = reply.more;
	return true;
}

static int refuse_attached(const struct host *host)
{
	if (host->attached == ATTACHED_NOT)
		return 0;
	complain(host->attached == ATTACHED_NOW ? "%s is already attached to"
						: "%s is already observed, since its start",
		 host->who);
	return -1;
}

static void keep_most(struct attachment *attachment, int64_t ns)
{
	if (ns > attachment->kept)
		attachment->kept = ns;
}

/* If much is open, it is adopted bit by bit, by whichever threads wait at the time. What remains when none does is unknown, and never
 * judged. */
static void adopt_rest(struct host *host, struct attachment *attachment)
{
	while (attachment->more) {
		struct attach_reply reply;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		struct stopped_thread *thread = hold_thread(host);
		if (!thread)
			return;
		int value = 0;
		uint64_t at = errno_of(thread, host, &value);
		bool done = at && call_shim(thread, host, "socksan_adopt_1", NULL, &reply);
		attachment->adopted += done ? reply.adopted : 0;
		attachment->more = done && reply.result == ATTACH_DONE && reply.more;
		if (at)
			remote_write(host->pid, at, &value, sizeof value);
		keep_most(attachment, thread_release(thread));
	}
}

static int attach_to(struct host *host, const char *shim, const char *folder, const char *options,
		     struct attachment *attachment)
{
	char *path;
	if (refuse_attached(host) < 0)
		return -1;
	if (host_check_shim(host, shim) < 0) {
		host_complain(host);
		return -1;
	}
	attachment->folder = make_folder(host, folder, &path);
	if (!attachment->folder)
		return -1;
	char *text = xasprintf("log_path=%s/socksan%s", path, options);
	struct stopped_thread *thread = hold_thread(host);
	bool done = false;
	if (thread) {
		int value = 0;
		uint64_t at = errno_of(thread, host, &value);
		done = at && begin(thread, host, shim, text, attachment);
		if (at)
			remote_write(host->pid, at, &value, sizeof value);
		attachment->kept = thread_release(thread);
	}
	if (done)
		adopt_rest(host, attachment);
	else if (!folder)
		rmdir(attachment->folder);
	free(text);
	free(path);
	return done ? 0 : -1;
}

int attach(pid_t pid, const char *shim, const char *folder, const char *options, struct attachment *attachment)
{
	struct host host;
	*attachment = (struct attachment){0};
	int result = host_look(&host, pid);
	if (result == 0)
		result = attach_to(&host, shim, folder, options, attachment);
	attachment->who = host.who ? xstrdup(host.who) : NULL;
	host_free(&host);
	return result;
}

static int detach_from(struct host *host, struct attachment *attachment)
{
	struct attach_reply reply = {.result = ATTACH_NOT_NOW};
	if (host->attached != ATTACHED_NOW) {
		complain(host->attached == ATTACHED_NOT
				 ? "%s is not attached to"
				 : "%s has been observed since its start, and cannot be detached from",
			 host->who);
		return -1;
	}
	struct stopped_thread *thread = hold_thread(host);
	if (!thread)
		return -1;
	int value = 0;
	uint64_t at = errno_of(thread, host, &value);
	bool done = at && call_shim(thread, host, "socksan_detach_1", NULL, &reply) && is_done(host, &reply);
	if (at)
		remote_write(host->pid, at, &value, sizeof value);
	attachment->kept = thread_release(thread);
	return done ? 0 : -1;
}

int detach(pid_t pid, struct attachment *attachment)
{
	struct host host;
	*attachment = (struct attachment){0};
	int result = host_look(&host, pid);
	if (result == 0)
		result = detach_from(&host, attachment);
	attachment->who = host.who ? xstrdup(host.who) : NULL;
	host_free(&host);
	return result;
}
