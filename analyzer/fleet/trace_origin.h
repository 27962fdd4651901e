/* Where a trace comes from: the process that wrote it, as all its lines have it.
 *
 * Each trace has a name that is the same wherever and whenever it is read: 16 hexadecimal digits, a hash of the host, the boot, the pid with
 * its namespace, the start, and the time of the first line of ev "process". A label "instance" is hashed too, to tell machines apart that
 * have all of this in common.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_TRACE_ORIGIN_H
#define SOCKSAN_ANALYZER_FLEET_TRACE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/fleet/labels.h"
#include "analyzer/read/event.h"
#include "analyzer/read/trace_lines.h"

/* A program that the process was, from a time on. */
struct origin_image {
	int64_t t;
	char *exe;
};

struct trace_origin {
	bool known; /* there is a line of ev "process" */
	char process[17];
	char *host, *boot, *service;
	int64_t pid, pidns, start;   /* as in struct trace_event */
	int64_t wall, t;	     /* of the same moment; wall 0: unknown */
	bool newer;		     /* of a schema that this SockSan does not know */
	struct origin_image *images; /* ascending */
	size_t n_images, cap_images;
};

/* Finds the first file's lines of ev "process". */
void origin_read(struct trace_origin *origin, struct trace_file *file, const struct labels *labels);

/* Adds what one such line says; `labels` are those of the shipper. */
void origin_add(struct trace_origin *origin, const struct trace_event *event, const struct labels *labels);

/* What is said of lines of which no process is known: they are told apart by the name of their file. */
void origin_unknown(struct trace_origin *origin, const char *name, const struct labels *labels);

/* The program at a time; NULL if nothing is known. */
const char *origin_exe(const struct trace_origin *origin, int64_t t);

/* The clock of the host at a time, in ns since the epoch; 0: unknown. */
uint64_t origin_wall(const struct trace_origin *origin, int64_t t);

void origin_free(struct trace_origin *origin);

#endif
