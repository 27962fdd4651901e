/* The descendants of this process: see descendants.h; pidfd_open(2), proc(5).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/explore/descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"
#include "shim/model/fault.h"

struct pids {
	pid_t *list;
	size_t n, cap;
};

static struct pids find(pid_t kept)
{
	struct pids pids = {0};
	DIR *all = opendir("/proc");
	struct dirent *entry;
	while (all && (entry = readdir(all))) {
		pid_t pid = isdigit((unsigned char)*entry->d_name) ? atoi(entry->d_name) : 0;
		if (pid <= 0 || pid == getpid() || pid == kept || !proc_descends(pid, getpid()))
			continue;
		GROW(pids.list, pids.n, pids.cap);
		pids.list[pids.n++] = pid;
	}
	if (all)
		closedir(all);
	return pids;
}

bool descendants_run(pid_t after)
{
	struct pids pids = find(after);
	struct proc_stat first, one;
	bool any = false, known = proc_stat(after, &first) == 0;
	for (size_t i = 0; i < pids.n; i++)
		any |= proc_stat(pids.list[i], &one) == 0 && one.alive && (!known || one.start >= first.start);
	free(pids.list);
	return any;
}

int64_t descendants_waited(pid_t kept)
{
	struct pids pids = find(kept);
	int64_t most = 0, waited;
	for (size_t i = 0; i < pids.n; i++) {
		char *text = proc_read(pids.list[i], "schedstat", NULL);
		if (text && sscanf(text, "%*d %" SCNd64, &waited) == 1 && waited > most)
			most = waited;
		free(text);
	}
	free(pids.list);
	return most;
}

/* Another process may have the number by now. */
static void kill_descendant(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return;
	if (proc_descends(pid, getpid()))
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	close(fd);
}

void descendants_end(pid_t kept)
{
	enum { STEPS = 500, STEP_US = 10000 };
	for (int i = 0; i < STEPS; i++) {
		struct pids pids = find(kept);
		size_t alive = 0;
		for (size_t j = 0; j < pids.n; j++) {
			if (waitpid(pids.list[j], NULL, WNOHANG) == pids.list[j])
				continue;
			kill_descendant(pids.list[j]);
			/* The process that is kept reaps its own children. */
			alive += proc_state(pids.list[j]) != 'Z' || !kept;
		}
		free(pids.list);
		if (!alive)
			return;
		usleep(STEP_US);
	}
}

/* Whether the process has a handler for the signal: without one, it would die of it. */
static bool answers(pid_t pid)
{
	char *status = proc_read(pid, "status", NULL), *line = status ? strstr(status, "\nSigCgt:") : NULL;
	bool does = line && strtoull(line + sizeof "\nSigCgt:" - 1, NULL, 16) >> (FAULT_SIGNAL - 1) & 1;
	free(status);
	return does;
}

void descendants_ask(pid_t kept)
{
	enum { ANSWER_US = 300000 };
	struct pids pids = find(kept);
	bool any = false;
	for (size_t i = 0; i < pids.n; i++) {
		char path[64];
		struct dirent *entry;
		snprintf(path, sizeof path, "/proc/%d/task", (int)pids.list[i]);
		DIR *threads = answers(pids.list[i]) ? opendir(path) : NULL;
		while (threads && (entry = readdir(threads)))
			if (isdigit((unsigned char)*entry->d_name))
				any |= syscall(SYS_tgkill, pids.list[i], atoi(entry->d_name), FAULT_SIGNAL) == 0;
		if (threads)
			closedir(threads);
	}
	free(pids.list);
	if (any)
		usleep(ANSWER_US);
}
