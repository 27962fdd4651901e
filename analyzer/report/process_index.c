/* The processes of reports: see process_index.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/process_index.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/base/util.h"

/* None sorts before an empty one: they are written differently. */
static int compare_texts(const char *a, const char *b) { return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL); }

int process_compare(const struct traced_process *a, const struct traced_process *b)
{
	COMPARE(a->pid, b->pid);
	COMPARE(a->ppid, b->ppid);
	COMPARE(a->end, b->end);
	COMPARE(a->status, b->status);
	COMPARE(a->signal, b->signal);
	COMPARE(a->sockets, b->sockets);
	COMPARE(a->events, b->events);
	COMPARE(a->dropped, b->dropped);
	COMPARE(a->announced, b->announced);
	COMPARE(a->n_argv, b->n_argv);
	for (size_t i = 0; i < a->n_argv; i++)
		if (compare_texts(a->argv[i], b->argv[i]))
			return compare_texts(a->argv[i], b->argv[i]);
	if (compare_texts(a->exe, b->exe))
		return compare_texts(a->exe, b->exe);
	return compare_texts(a->how, b->how);
}

/* The process with one id; NULL if others with that id were another program. */
struct process_index {
	int64_t pid;
	const struct traced_process *process;
	UT_hash_handle hh;
};

struct process_index *process_index_new(const struct traced_process *processes)
{
	const struct traced_process *process;
	struct process_index *index = NULL, *entry;
	LL_FOREACH (processes, process) {
		HASH_FIND(hh, index, &process->pid, sizeof process->pid, entry);
		if (!entry) {
			entry = xcalloc(1, sizeof *entry);
			entry->pid = process->pid;
			entry->process = process;
			HASH_ADD(hh, index, pid, sizeof entry->pid, entry);
		} else if (entry->process && (compare_texts(process_name(entry->process), process_name(process)) != 0 ||
					      compare_texts(entry->process->exe, process->exe) != 0)) {
			entry->process = NULL;
		}
	}
	return index;
}

const struct traced_process *process_index_find(const struct process_index *index, int64_t pid)
{
	const struct process_index *entry;
	HASH_FIND(hh, index, &pid, sizeof pid, entry);
	return entry ? entry->process : NULL;
}

void process_index_free(struct process_index *index)
{
	struct process_index *entry, *next;
	HASH_ITER (hh, index, entry, next) {
		HASH_DEL(index, entry);
		free(entry);
	}
}
