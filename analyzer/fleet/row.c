/* Rows of `events`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/fleet/row.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/read/trace_parse.h"
#include "shim/model/kinds.h"

enum { LAST_DAY = 49709 }; /* in 2106, when seconds of 32 bits end */

char *row_columns(void)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
#define ORIGIN(name, value) fputs(#name ", ", out);
#include "analyzer/fleet/row.def"
	fputs("line, offset", out);
#define COLUMN(name, type, value) fputs(", " #name, out);
#include "analyzer/fleet/row.def"
	fclose(out);
	return text;
}

/* -- types ---------------------------------------------------------------------------------------------------- */

static void put_counted(struct bytes *out, const char *text, size_t n)
{
	char *at = bytes_add(out, n + 10), *start = at;
	size_t left = n;
	for (; left >= 0x80; left >>= 7)
		*at++ = (char)(left | 0x80);
	*at++ = (char)left;
	memcpy(at, text, n);
	out->n -= n + 10 - (size_t)(at + n - start);
}

static void put_text(struct bytes *out, const char *text)
{
	if (text)
		put_counted(out, text, strlen(text));
	else
		*bytes_add(out, 1) = 0;
}

static void put_u64(struct bytes *out, int64_t value)
{
	uint64_t little = htole64(value > 0 ? (uint64_t)value : 0);
	memcpy(bytes_add(out, sizeof little), &little, sizeof little);
}

static void put_u32(struct bytes *out, int64_t value)
{
	uint32_t little = htole32(value > 0 ? (uint32_t)value : 0);
	memcpy(bytes_add(out, sizeof little), &little, sizeof little);
}

static void put_i32(struct bytes *out, int64_t value)
{
	uint32_t little = htole32((uint32_t)value);
	memcpy(bytes_add(out, sizeof little), &little, sizeof little);
}

static void put_u16(struct bytes *out, unsigned value)
{
	uint16_t little = htole16((uint16_t)value);
	memcpy(bytes_add(out, sizeof little), &little, sizeof little);
}

/* -- values --------------------------------------------------------------------------------------------------- */

static unsigned day_of(uint64_t wall)
{
	uint64_t day = wall / 1000000000 / 86400;
	return day > LAST_DAY ? LAST_DAY : (unsigned)day;
}

static const char *state_text(enum state state)
{
	return state == STATE_ABSENT ? NULL : state == STATE_NONE ? "null" : state_name(state);
}

void row_begin(struct bytes *out, const struct trace_origin *origin, const struct labels *labels, const char *file)
{
#define ORIGIN(name, value) put_text(out, value);
#include "analyzer/fleet/row.def"
}

bool row_put(struct bytes *out, const struct bytes *beginning, struct trace_parser *parser, struct trace_file *file,
	     const struct trace_line *line, struct trace_origin *origin, const struct labels *labels, unsigned *day)
{
	static struct trace_event blank;
	bytes_put(out, beginning->data, beginning->n);
	put_counted(out, line->text, line->length);
	put_u64(out, line->offset);
	const struct trace_event *event = line->kind == LINE_WHOLE ? trace_parse(parser, file, line) : NULL;
	if (event && event->kind == EVENT_PROCESS)
		origin_add(origin, event, labels);
	bool known = event && !origin->newer;
	if (!known) {
		int64_t t = event ? event->t : find_time(line);
		blank = trace_event_blank;
		blank.t = t > 0 ? t : 0;
		blank.pid = event ? event->pid : origin->pid;
		event = &blank;
	}
	const char *exe = origin_exe(origin, event->t);
	uint64_t wall = origin_wall(origin, event->t ? event->t : origin->t);
	*day = day_of(wall);
#define COLUMN(name, type, value) put_##type(out, value);
#include "analyzer/fleet/row.def"
	return known;
}
