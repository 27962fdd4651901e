/* How the programs that a process lets in come in: see passages.h.
 *
 * posix_spawn tells the child's pid, and so does vfork. system and popen do not: their child is told from others only when all
 * such calls of the process were at one place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/passages.h"

#include <stdlib.h>

#include "analyzer/replay/stack_refs.h"
#include "analyzer/base/util.h"

struct child {
	int64_t pid;
	struct passage passage;
	UT_hash_handle hh;
};

struct passages {
	struct child *children;
	struct passage nameless; /* of children without a pid */
	bool several;		 /* such calls at several places */
};

struct passage passage_of(struct process *process, const struct event *event)
{
	return (struct passage){
		.stack = stack_ref(process, event->stack),
		.op = event->op ? intern(event->op) : NULL,
		.tid = event->tid,
	};
}

void passages_add(struct process *parent, const struct event *event)
{
	struct passage passage = passage_of(parent, event);
	if (!parent->passages)
		parent->passages = xcalloc(1, sizeof *parent->passages);
	struct passages *passages = parent->passages;
	if (event->child < 0) {
		passages->several |= passages->nameless.op && passages->nameless.stack != passage.stack;
		passages->nameless = passage;
		return;
	}
	struct child *child;
	HASH_FIND(hh, passages->children, &event->child, sizeof event->child, child);
	if (!child) {
		child = xcalloc(1, sizeof *child);
		child->pid = event->child;
		HASH_ADD(hh, passages->children, pid, sizeof child->pid, child);
	}
	child->passage = passage; /* a pid is used again */
}

struct passage passages_find(const struct process *parent, int64_t pid)
{
	struct passages *passages = parent ? parent->passages : NULL;
	struct child *child = NULL;
	if (passages)
		HASH_FIND(hh, passages->children, &pid, sizeof pid, child);
	if (child)
		return child->passage;
	return passages && !passages->several ? passages->nameless : (struct passage){0};
}

void passages_free(struct process *process)
{
	struct child *child, *next;
	if (!process->passages)
		return;
	HASH_ITER (hh, process->passages->children, child, next) {
		HASH_DEL(process->passages->children, child);
		free(child);
	}
	free(process->passages);
	process->passages = NULL;
}
