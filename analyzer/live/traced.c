/* Finds the traces of a process: see traced.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/live/traced.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"

/* What the mappings of a process reveal. */
struct mapped {
	bool shim;
	bool removed; /* its trace was removed */
	char *trace;  /* the path of its trace; NULL: it has none of its own */
};

/* The pid of a process in its innermost namespace. */
static long long own_number(pid_t pid)
{
	char *status = proc_read(pid, "status", NULL), *ids = status ? strstr(status, "\nNSpid:") : NULL;
	long long number = pid;
	if (ids) {
		ids[1 + strcspn(ids + 1, "\n")] = 0;
		char *last = strrchr(ids, '\t');
		number = last ? atoll(last) : pid;
	}
	free(status);
	return number;
}

/* Whether the file is the one that is mapped, and begins as a trace of this process: a child that has not recorded anything yet still has
 * its parent's trace mapped. */
static bool is_trace_of(const char *path, pid_t pid, unsigned long long inode)
{
	struct stat st;
	char head[16 << 10];
	int fd = open_regular(path, &st);
	if (fd < 0)
		return false;
	ssize_t n = (unsigned long long)st.st_ino == inode ? pread(fd, head, sizeof head - 1, 0) : -1;
	close(fd);
	if (n <= 0)
		return false;
	head[n] = 0;
	json_t *line = json_loadb(head, strcspn(head, "\n"), 0, NULL);
	const char *ev = json_string_value(json_object_get(line, "ev"));
	bool is =
		ev && strcmp(ev, "process") == 0 && json_integer_value(json_object_get(line, "pid")) == own_number(pid);
	json_decref(line);
	return is;
}

/* The path that the process has for the file may mean another file here: then looks below the root of the process. */
static char *trace_at(const char *name, pid_t pid, unsigned long long inode)
{
	char *there = xasprintf("/proc/%d/root%s", (int)pid, name);
	const char *paths[] = {name, there};
	char *found = NULL;
	for (size_t i = 0; i < 2 && !found; i++)
		if (is_trace_of(paths[i], pid, inode))
			found = xstrdup(paths[i]);
	free(there);
	return found;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* One line of /proc/PID/maps, without its newline: "START-END PERMS OFFSET DEVICE INODE  NAME" */
static void read_mapping(const char *line, pid_t pid, struct mapped *mapped)
{
	char perms[8];
	unsigned long long inode;
	int name = 0;
	if (sscanf(line, "%*s %7s %*s %*s %llu %n", perms, &inode, &name) < 2 || !name || !line[name])
		return;
	mapped->shim |= ends_with(line + name, "/libsocksan.so");
	if (perms[3] != 's' || mapped->trace)
		return;
	mapped->removed |= ends_with(line + name, ".jsonl (deleted)");
	if (ends_with(line + name, ".jsonl"))
		mapped->trace = trace_at(line + name, pid, inode);
}

/* Returns -1, with errno, if it cannot be read. */
static int read_mappings(pid_t pid, struct mapped *mapped)
{
	*mapped = (struct mapped){0};
	char *maps = proc_read(pid, "maps", NULL), *rest = maps, *line;
	if (!maps)
		return -1;
	while ((line = strsep(&rest, "\n")))
		read_mapping(line, pid, mapped);
	free(maps);
	return 0;
}

static bool is_known(const struct traced *traced, pid_t pid)
{
	for (size_t i = 0; i < traced->known.n; i++)
		if (traced->known.values[i] == pid)
			return true;
	return false;
}

static void take(struct traced *traced, pid_t pid, char *path)
{
	int_set_add(&traced->known, pid);
	GROW(traced->paths, traced->n, traced->cap);
	traced->paths[traced->n++] = path;
}

void traced_look(struct traced *traced)
{
	DIR *all = opendir("/proc");
	for (struct dirent *entry; all && (entry = readdir(all));) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		struct mapped mapped;
		if (pid > 0 && !is_known(traced, pid) && proc_descends(pid, traced->pid) &&
		    read_mappings(pid, &mapped) == 0 && mapped.trace)
			take(traced, pid, mapped.trace);
	}
	if (all)
		closedir(all);
}

/* "process 71 (nginx)", to be freed. */
static char *called(pid_t pid, const struct proc_stat *stat)
{
	return *stat->name ? xasprintf("process %d (%s)", (int)pid, stat->name) : xasprintf("process %d", (int)pid);
}

static void complain_of_user(const char *who, pid_t pid)
{
	char path[32];
	struct stat st;
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	const struct passwd *user = stat(path, &st) == 0 ? getpwuid(st.st_uid) : NULL;
	if (user && st.st_uid != geteuid())
		complain("%s belongs to another user: run socksan as %s%s", who, user->pw_name,
			 st.st_uid ? ", or as root" : "");
	else
		complain("%s cannot be inspected%s", who, geteuid() ? ": run socksan as root" : ", not even by root");
}

static void complain_of_none(const char *who, pid_t pid, const struct mapped *mapped)
{
	if (mapped->removed)
		complain("%s is traced, but its trace was removed: start it again, with a log_path or --trace-dir that "
			 "stays",
			 who);
	else if (mapped->shim)
		complain("%s is observed, but has no trace yet: it has used no socket since it started", who);
	else
		complain(
			"%s is not traced: trace it from now on with `socksan attach %d`, or start it with `socksan run "
			"--trace-dir=DIR -- COMMAND`, or with LD_PRELOAD=libsocksan.so",
			who, (int)pid);
}

/* A traced process that has this number in its own namespace; 0: there is none, or it cannot be examined. */
static pid_t find_inner(pid_t number)
{
	DIR *all = opendir("/proc");
	pid_t found = 0;
	for (struct dirent *entry; all && !found && (entry = readdir(all));) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		struct mapped mapped;
		if (pid <= 0 || pid == number || own_number(pid) != number || read_mappings(pid, &mapped) < 0)
			continue;
		found = mapped.trace ? pid : 0;
		free(mapped.trace);
	}
	if (all)
		closedir(all);
	return found;
}

/* The number may be the one that a container uses. */
static void complain_of_inner(pid_t number)
{
	pid_t here = find_inner(number);
	if (here)
		complain("the traced process that a container calls %d is process %d here", (int)number, (int)here);
}

char *traced_left(pid_t pid)
{
	static const char any[] = "[a-zA-Z0-9]"; /* as mkdtemp(3) */
	char *pattern = xasprintf("/tmp/socksan-%d-%s%s%s%s%s%s", (int)pid, any, any, any, any, any, any);
	char *newest = NULL;
	struct stat st;
	time_t changed = 0;
	glob_t found = {0};
	glob(pattern, GLOB_ONLYDIR, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (stat(found.gl_pathv[i], &st) == 0 && S_ISDIR(st.st_mode) &&
		    (geteuid() == 0 || st.st_uid == geteuid()) && (!newest || st.st_mtime > changed)) {
			free(newest);
			newest = xstrdup(found.gl_pathv[i]);
			changed = st.st_mtime;
		}
	globfree(&found);
	free(pattern);
	return newest;
}

/* What was attached to has left its trace. */
static void complain_of_gone(pid_t pid)
{
	char *left = traced_left(pid);
	if (left)
		complain(
			"there is no process %d any more; one of this number left its trace in %s, which `socksan report` reads",
			(int)pid, left);
	else
		complain("there is no process %d (any more)", (int)pid);
	free(left);
}

int traced_find(struct traced *traced, pid_t pid)
{
	struct proc_stat stat;
	struct mapped mapped = {0};
	*traced = (struct traced){.pid = pid};
	if (pid == 0 || proc_stat(pid, &stat) < 0 || !stat.alive) {
		complain_of_gone(pid);
		complain_of_inner(pid);
		return -1;
	}
	traced->start = stat.start;
	char *who = called(pid, &stat);
	int error = read_mappings(pid, &mapped) < 0 ? errno : 0;
	if (mapped.trace)
		take(traced, pid, mapped.trace);
	if (!error)
		traced_look(traced);
	if (error == EACCES || error == EPERM)
		complain_of_user(who, pid);
	else if (error)
		complain("%s: %s", who, strerror(error));
	else if (!traced->n)
		complain_of_none(who, pid, &mapped);
	if (!traced->n)
		complain_of_inner(pid);
	free(who);
	return traced->n ? 0 : -1;
}

void traced_free(struct traced *traced)
{
	for (size_t i = 0; i < traced->n; i++)
		free(traced->paths[i]);
	free(traced->paths);
	free(traced->known.values);
}
