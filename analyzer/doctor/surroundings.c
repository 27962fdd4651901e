/* What could hinder recording on this machine: see surroundings.h; ld.so(8), getrlimit(2), statvfs(3).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/doctor/surroundings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "analyzer/attach/host.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"
#include "analyzer/launch/shim_path.h"
#include "analyzer/launch/trace_dir.h"

char *check_shim(struct checkup *checkup)
{
	char *why, *shim = shim_find(&why);
	struct statvfs fs;
	if (!shim)
		checkup_add(checkup, "shim", CHECKUP_PROBLEM, why,
			    xstrdup("install SockSan anew, or set SOCKSAN_SHIM to the path of libsocksan.so"));
	else if (statvfs(shim, &fs) == 0 && fs.f_flag & ST_NOEXEC)
		checkup_add(checkup, "shim", CHECKUP_PROBLEM,
			    xasprintf("%s is on a file system that is mounted noexec, and cannot be loaded from there",
				      shim),
			    xstrdup("set SOCKSAN_SHIM to a copy elsewhere, or mount that file system with exec"));
	else
		checkup_add(checkup, "shim", CHECKUP_OK, xstrdup(shim), NULL);
	return shim;
}

/* -- the folder for traces -------------------------------------------------------------------------------------- */

enum { LEAST_SPACE = 1 << 20, MUCH_SPACE = 256 << 20 }; /* a trace's first blocks; the default of max_bytes */

/* The path, or the nearest folder above it that exists, to be freed. NULL, with errno, if it cannot be reached. */
static char *nearest_folder(const char *path)
{
	char *at = xstrdup(path), *real, *slash;
	while (!(real = realpath(at, NULL)) && errno == ENOENT && strcmp(at, ".") != 0) {
		slash = strrchr(at, '/');
		if (slash && slash > at)
			*slash = 0;
		else
			strcpy(at, slash ? "/" : ".");
	}
	free(at);
	return real;
}

/* What can be done if it cannot be that folder, to be freed. */
static char *other_folder(const struct checkup *checkup)
{
	return xstrdup(checkup->pid || checkup->trace_dir
			       ? "name another folder with --trace-dir"
			       : "name another folder with --trace-dir, or with TMPDIR for a private one");
}

/* `shown`: the folder in words. */
static void judge_space(struct checkup *checkup, const char *shown, const char *above)
{
	struct statvfs fs;
	uint64_t left = statvfs(above, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : UINT64_MAX;
	if (left >= MUCH_SPACE)
		checkup_add(checkup, "trace folder", CHECKUP_OK, xstrdup(shown), NULL);
	else
		checkup_add(checkup, "trace folder", left < LEAST_SPACE ? CHECKUP_PROBLEM : CHECKUP_NOTE,
			    xasprintf("%s: %" PRIu64 " KiB are left there, and one process may write up to 256 MiB",
				      shown, left >> 10),
			    left < LEAST_SPACE
				    ? other_folder(checkup)
				    : xstrdup("make room, name another folder with --trace-dir, or set a lower "
					      "--option=max_bytes=SIZE"));
}

/* Whether a folder for traces can be made in this one; the reason if not, to be freed. */
static char *try_folder(const struct checkup *checkup, const char *path, const char *above)
{
	struct trace_dir dir = {0};
	struct stat st;
	char *why = NULL;
	if (trace_dir_objection(path))
		return xstrdup(trace_dir_objection(path));
	if (!above || (!checkup->trace_dir && access(path, F_OK) != 0))
		return xstrdup(strerror(errno));
	if (stat(above, &st) == 0 && !S_ISDIR(st.st_mode))
		return xstrdup(strerror(ENOTDIR));
	if (trace_dir_open_in(&dir, above, &why) == 0)
		trace_dir_discard(&dir);
	free(dir.path);
	return why;
}

char *check_trace_dir(struct checkup *checkup, const char *below)
{
	const char *given = checkup->trace_dir, *named = given ? given : checkup->pid ? "/tmp" : trace_dir_above();
	char *path = xasprintf("%s%s%s", below, *below && *named != '/' ? "/" : "", named),
	     *above = nearest_folder(path), *why = try_folder(checkup, path, above),
	     *shown = xasprintf("%s%s%s",
				given	       ? ""
				: checkup->pid ? "a new folder in "
					       : "a private folder in ",
				path, given || checkup->pid ? "" : ", removed after the report");
	if (why) {
		checkup_add(checkup, "trace folder", CHECKUP_PROBLEM,
			    xasprintf("cannot keep traces in %s: %s", path, why), other_folder(checkup));
		free(above);
		above = NULL;
	} else {
		judge_space(checkup, shown, above);
	}
	free(shown);
	free(why);
	free(path);
	return above;
}

/* -- limits ----------------------------------------------------------------------------------------------------- */

enum {
	FEW_FILES = 16,		 /* below that, the shim keeps no descriptor of its own */
	TRACE_STEP = 64 << 10,	 /* a trace grows by that */
	LEAST_MEMORY = 12 << 20, /* the shim and a small trace take up to that */
	MUCH_MEMORY = 64 << 20,
};

/* How many descriptors it has open; -1: unknown. */
static long descriptors(pid_t pid)
{
	char *path = xasprintf("/proc/%d/fd", (int)pid);
	DIR *all = opendir(path);
	long n = all ? 0 : -1;
	for (struct dirent *entry; all && (entry = readdir(all));)
		n += *entry->d_name != '.';
	if (all)
		closedir(all);
	free(path);
	return n;
}

static void judge_files(struct checkup *checkup, pid_t pid, rlim_t limit)
{
	long used = pid ? descriptors(pid) : -1;
	if (used >= 0 && (rlim_t)used >= limit)
		checkup_add(checkup, "open files", CHECKUP_PROBLEM,
			    xasprintf("all of its %ju descriptors are in use, and loading the shim takes one",
				      (uintmax_t)limit),
			    xasprintf("raise its limit: prlimit --pid %d --nofile=N", (int)pid));
	else if (limit < FEW_FILES)
		checkup_add(checkup, "open files", CHECKUP_NOTE,
			    xasprintf("at most %ju, so that the shim keeps none for itself: under a sandbox or after "
				      "chroot it cannot begin another file of a trace",
				      (uintmax_t)limit),
			    xstrdup("raise the limit: ulimit -n"));
	else if (limit == RLIM_INFINITY)
		checkup_add(checkup, "open files", CHECKUP_OK, xstrdup("no limit"), NULL);
	else
		checkup_add(checkup, "open files", CHECKUP_OK,
			    used < 0 ? xasprintf("at most %ju", (uintmax_t)limit)
				     : xasprintf("%ld of at most %ju", used, (uintmax_t)limit),
			    NULL);
}

/* A limit in bytes, of which some is used: if less than `least` is left, nothing is recorded, below `much` perhaps not all. */
static void judge_size(struct checkup *checkup, const char *name, rlim_t limit, rlim_t used, rlim_t least, rlim_t much,
		       const char *what, const char *advice)
{
	rlim_t left = limit == RLIM_INFINITY ? limit : limit > used ? limit - used : 0;
	enum checkup_result result = left < least ? CHECKUP_PROBLEM : left < much ? CHECKUP_NOTE : CHECKUP_OK;
	if (limit == RLIM_INFINITY)
		checkup_add(checkup, name, result, xstrdup("no limit"), NULL);
	else if (result == CHECKUP_OK)
		checkup_add(checkup, name, result, xasprintf("at most %ju MiB", (uintmax_t)limit >> 20), NULL);
	else
		checkup_add(checkup, name, result,
			    xasprintf("%s %ju KiB%s, and %s", used ? "only" : "at most", (uintmax_t)left >> 10,
				      used ? " left" : "", what),
			    xstrdup(advice));
}

/* The size of its address space; 0: unknown. */
static rlim_t memory(pid_t pid)
{
	char *text = proc_read(pid, "statm", NULL);
	rlim_t pages = text ? strtoul(text, NULL, 10) : 0;
	free(text);
	return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

void check_limits(struct checkup *checkup, pid_t pid)
{
	struct rlimit files, size, space;
	if (prlimit(pid, RLIMIT_NOFILE, NULL, &files) != 0 || prlimit(pid, RLIMIT_FSIZE, NULL, &size) != 0 ||
	    prlimit(pid, RLIMIT_AS, NULL, &space) != 0)
		return;
	judge_files(checkup, pid, files.rlim_cur);
	judge_size(checkup, "file size", size.rlim_cur, 0, TRACE_STEP, MUCH_SPACE,
		   "a trace that reaches that loses what follows",
		   "raise the limit (ulimit -f), or keep traces below it with --option=max_bytes=SIZE");
	judge_size(checkup, "address space", space.rlim_cur, pid ? memory(pid) : 0, LEAST_MEMORY, MUCH_MEMORY,
		   "the shim takes 8 MiB or more for its tables and the trace",
		   pid ? "raise its limit: prlimit --as" : "raise the limit: ulimit -v");
}

void check_attaching(struct checkup *checkup)
{
	int scope = yama_scope();
	if (scope == 3)
		checkup_add(checkup, "attaching", CHECKUP_NOTE,
			    xstrdup("/proc/sys/kernel/yama/ptrace_scope is 3: no process may be attached to"),
			    xstrdup("start programs under `socksan run`; only a reboot can lower it"));
	else if (scope > 0 && geteuid() != 0)
		checkup_add(checkup, "attaching", CHECKUP_NOTE,
			    xasprintf("/proc/sys/kernel/yama/ptrace_scope is %d: only root may attach", scope),
			    xstrdup("run `socksan attach` as root, or write 0 there; `socksan run` does not need it"));
	else
		checkup_add(checkup, "attaching", CHECKUP_OK,
			    xstrdup(geteuid() ? "allowed to processes of this user; `socksan doctor PID` checks one"
					      : "allowed; `socksan doctor PID` checks one process"),
			    NULL);
}
