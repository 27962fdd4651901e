/* What /proc says about other processes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/base/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

enum { KERNEL_THREAD = 0x00200000 }; /* PF_KTHREAD of linux/sched.h */

char *proc_read(pid_t pid, const char *file, size_t *size)
{
	char path[64], *text = NULL;
	size_t room = 0, used = 0;
	ssize_t got = -1;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	do {
		if (used + 1 >= room) {
			char *more = realloc(text, room = room ? room * 4 : 4096);

			if (more == NULL)
				break;
			text = more;
		}
		got = read(fd, text + used, room - used - 1);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	close(fd);
	if (got != 0 || text == NULL) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	if (size != NULL)
		*size = used;
	return text;
}

int proc_stat(pid_t pid, struct proc_stat *stat)
{
	char *line = proc_read(pid, "stat", NULL);
	/* The name may contain anything, parentheses too. */
	char *name = line ? strchr(line, '(') : NULL, *end = line ? strrchr(line, ')') : NULL;
	int parent = 0, threads = 0, fields = 0;
	unsigned flags = 0;

	if (name != NULL && end != NULL)
		fields =
			sscanf(end + 1, " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu",
			       &stat->state, &parent, &flags, &threads, &stat->start);
	if (fields == 5) {
		stat->parent = parent;
		stat->kernel = flags & KERNEL_THREAD;
		stat->alive = (stat->state != 'Z' && stat->state != 'X') || threads > 1;
		*end = '\0';
		snprintf(stat->name, sizeof stat->name, "%s", name + 1);
	}
	free(line);
	return fields == 5 ? 0 : -1;
}

char proc_state(pid_t pid)
{
	struct proc_stat stat;

	return proc_stat(pid, &stat) == 0 ? stat.state : '\0';
}

bool proc_descends(pid_t pid, pid_t ancestor)
{
	struct proc_stat stat;

	/* Ids may be reused while they are read, so bound the number of steps. */
	for (int i = 0; i < 100 && pid > 1; i++, pid = stat.parent) {
		if (pid == ancestor)
			return true;
		if (proc_stat(pid, &stat) != 0)
			return false;
	}
	return false;
}

static int64_t namespace_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
	return stat(path, &st) == 0 ? (int64_t)st.st_ino : -1;
}

int64_t proc_pid_namespace(void) { return namespace_of(getpid()); }

/* The id in the innermost of its namespaces, or -1 if it cannot be read. */
static long long innermost_id(pid_t pid)
{
	char *status = proc_read(pid, "status", NULL);
	char *ids = status ? strstr(status, "\nNSpid:") : NULL, *end = ids ? strchr(ids + 1, '\n') : NULL;
	long long id = -1;

	if (end != NULL) {
		*end = '\0';
		id = atoll(strrchr(ids, '\t') ? strrchr(ids, '\t') : "-1");
	}
	free(status);
	return id;
}

/* Where a process of another namespace was found. */
struct found_process {
	struct {
		int64_t namespace;
		unsigned long long start;
		pid_t pid;
	} key;
	pid_t here;
	UT_hash_handle hh;
};

static bool is_process(pid_t here, int64_t namespace, pid_t pid, unsigned long long start)
{
	struct proc_stat stat;

	return here > 0 && proc_stat(here, &stat) == 0 && stat.alive && stat.start == start &&
	       innermost_id(here) == pid && namespace_of(here) == namespace;
}

static pid_t search(DIR *all, int64_t namespace, pid_t pid, unsigned long long start)
{
	for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) {
		pid_t here = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (is_process(here, namespace, pid, start))
			return here;
	}
	return 0;
}

pid_t proc_here(int64_t namespace, pid_t pid, unsigned long long start)
{
	static struct found_process *all; /* so that repeated look-ups need not search each time */
	struct found_process *found, key;
	DIR *proc;

	if (namespace == proc_pid_namespace())
		return is_process(pid, namespace, pid, start) ? pid : 0;
	memset(&key, 0, sizeof key);
	key.key.namespace = namespace;
	key.key.start = start;
	key.key.pid = pid;
	HASH_FIND(hh, all, &key.key, sizeof key.key, found);
	if (found != NULL && is_process(found->here, namespace, pid, start))
		return found->here;
	proc = opendir("/proc");
	key.here = search(proc, namespace, pid, start);
	if (proc != NULL)
		closedir(proc);
	if (found == NULL && key.here > 0) {
		found = xcalloc(1, sizeof *found);
		found->key = key.key;
		HASH_ADD(hh, all, key, sizeof found->key, found);
	}
	if (found != NULL)
		found->here = key.here;
	return key.here;
}

enum proc_presence proc_find(int64_t namespace, pid_t pid, unsigned long long start)
{
	enum { INITIAL = 0xeffffffc }; /* PROC_PID_INIT_INO of linux/proc_ns.h: that namespace sees all processes */
	bool sees_all = geteuid() == 0 && proc_pid_namespace() == INITIAL && access("/proc/self", F_OK) == 0;

	if (proc_here(namespace, pid, start) > 0)
		return PROC_PRESENT;
	return sees_all ? PROC_ABSENT : PROC_HIDDEN;
}
