/* Which call started each program: see exec_sites.h.
 *
 * posix_spawn and vfork report the child's pid. system and popen do not: their child is identified only if all such calls of the process
 * are at one place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/exec_sites.h"

#include <stdlib.h>

#include "analyzer/replay/stack_refs.h"
#include "analyzer/base/util.h"

struct child {
	int64_t pid;
	struct exec_site site;
	UT_hash_handle hh;
};

struct exec_sites {
	struct child *children;
	struct exec_site nameless; /* of children without a pid */
	bool several;		   /* several places made such calls */
};

struct exec_site exec_site_of(struct traced_process *process, const struct trace_event *event)
{
	return (struct exec_site){
		.stack = stack_ref(process, event->stack),
		.op = event->op ? intern(event->op) : NULL,
		.tid = event->tid,
	};
}

void exec_sites_add(struct traced_process *parent, const struct trace_event *event)
{
	struct exec_site site = exec_site_of(parent, event);
	if (!parent->sites)
		parent->sites = xcalloc(1, sizeof *parent->sites);
	struct exec_sites *sites = parent->sites;
	if (event->child < 0) {
		sites->several |= sites->nameless.op && sites->nameless.stack != site.stack;
		sites->nameless = site;
		return;
	}
	struct child *child;
	HASH_FIND(hh, sites->children, &event->child, sizeof event->child, child);
	if (!child) {
		child = xcalloc(1, sizeof *child);
		child->pid = event->child;
		HASH_ADD(hh, sites->children, pid, sizeof child->pid, child);
	}
	child->site = site; /* the pid is reused */
}

struct exec_site exec_sites_find(const struct traced_process *parent, int64_t pid, bool forked)
{
	struct exec_sites *sites = parent ? parent->sites : NULL;
	struct child *child = NULL;
	if (sites)
		HASH_FIND(hh, sites->children, &pid, sizeof pid, child);
	if (child)
		return child->site;
	return sites && !sites->several && !forked ? sites->nameless : (struct exec_site){0};
}

void exec_sites_free(struct traced_process *process)
{
	struct child *child, *next;
	if (!process->sites)
		return;
	HASH_ITER (hh, process->sites->children, child, next) {
		HASH_DEL(process->sites->children, child);
		free(child);
	}
	free(process->sites);
	process->sites = NULL;
}
