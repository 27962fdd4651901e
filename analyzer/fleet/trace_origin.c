/* Where a trace comes from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/trace_origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/read/trace_parse.h"

enum { SCHEMA = 1, READ_BUFFER = 1 << 20 };

static void name_process(struct trace_origin *origin, const char *more, const struct labels *labels)
{
	static const uint64_t seed[2] = {0x736f636b73616e2d,
					 0x6f726967696e2d31}; /* never changes: it is in databases */
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fprintf(out, "%s%c%s%c%lld%c%lld%c%lld%c%lld%c%s%c%s", origin->host, 0, origin->boot, 0,
		(long long)origin->pidns, 0, (long long)origin->pid, 0, (long long)origin->start, 0,
		(long long)origin->t, 0, labels->values[LABEL_INSTANCE] ? labels->values[LABEL_INSTANCE] : "", 0, more);
	fclose(out);
	snprintf(origin->process, sizeof origin->process, "%016llx", (unsigned long long)siphash(seed, text, n));
	free(text);
}

static void add_image(struct trace_origin *origin, int64_t t, const char *exe)
{
	for (size_t i = 0; i < origin->n_images; i++)
		if (origin->images[i].t == t)
			return;
	GROW(origin->images, origin->n_images, origin->cap_images);
	size_t at = origin->n_images++;
	for (; at > 0 && origin->images[at - 1].t > t; at--)
		origin->images[at] = origin->images[at - 1];
	origin->images[at] = (struct origin_image){t, xstrdup(exe ? exe : "")};
}

void origin_add(struct trace_origin *origin, const struct trace_event *event, const struct labels *labels)
{
	add_image(origin, event->t, event->exe);
	if (event->schema > SCHEMA)
		origin->newer = true;
	if (origin->known || *origin->process)
		return;
	const char *service = labels->values[LABEL_SERVICE];
	origin->known = true;
	origin->host = xstrdup(event->host ? event->host : "");
	origin->boot = xstrdup(event->boot ? event->boot : "");
	origin->service = xstrdup(service ? service : event->exe ? base_name(event->exe) : "");
	origin->pid = event->pid;
	origin->pidns = event->pidns;
	origin->start = event->start;
	origin->wall = event->wall > 0 ? event->wall : 0;
	origin->t = event->t;
	name_process(origin, "", labels);
}

void origin_unknown(struct trace_origin *origin, const char *name, const struct labels *labels)
{
	struct utsname here;
	const char *service = labels->values[LABEL_SERVICE];
	origin->host = xstrdup(uname(&here) == 0 ? here.nodename : "");
	origin->boot = xstrdup("");
	origin->service = xstrdup(service ? service : "");
	origin->pidns = origin->start = -1;
	name_process(origin, name, labels);
}

void origin_read(struct trace_origin *origin, struct trace_file *file, const struct labels *labels)
{
	static const char begins[] = "{\"ev\":\"process\"";
	struct trace_parser parser = {0};
	struct trace_line line;
	struct lines lines;
	lines_open(&lines, file, 0, file->size, 1, READ_BUFFER);
	while (lines_next(&lines, &line)) {
		if (line.kind != LINE_WHOLE || line.length < sizeof begins ||
		    memcmp(line.text, begins, sizeof begins - 1) != 0)
			continue;
		const struct trace_event *event = trace_parse(&parser, file, &line);
		if (event && event->kind == EVENT_PROCESS)
			origin_add(origin, event, labels);
	}
	lines_close(&lines);
	trace_parser_clear(&parser);
}

const char *origin_exe(const struct trace_origin *origin, int64_t t)
{
	size_t i = origin->n_images;
	while (i > 1 && origin->images[i - 1].t > t)
		i--;
	return i ? origin->images[i - 1].exe : NULL;
}

uint64_t origin_wall(const struct trace_origin *origin, int64_t t)
{
	int64_t wall;
	if (!origin->wall || t < 0 || __builtin_add_overflow(origin->wall, t - origin->t, &wall) || wall < 0)
		return 0;
	return (uint64_t)wall;
}

void origin_free(struct trace_origin *origin)
{
	for (size_t i = 0; i < origin->n_images; i++)
		free(origin->images[i].exe);
	free(origin->images);
	free(origin->host);
	free(origin->boot);
	free(origin->service);
}
