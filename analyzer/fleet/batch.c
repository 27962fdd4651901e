/* Rows that are sent together.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/hash.h"
#include "analyzer/fleet/server.h"

enum { PACKED_AT = 1 << 20, SOURCES_PER_QUESTION = 100, LONGEST_INDEX = 1 << 30 };

void batch_source(struct batch *batch, const char *service, const char *host, const char *process, const char *file)
{
	GROW(batch->sources, batch->n_sources, batch->cap_sources);
	batch->sources[batch->n_sources++] =
		(struct batch_source){xstrdup(service), xstrdup(host), xstrdup(process), xstrdup(file)};
}

static void pack_some(struct batch *batch)
{
	if (!batch->gzip)
		batch->gzip = gzip_new();
	gzip_put(batch->gzip, batch->raw.data, batch->raw.n);
	batch->raw.n = 0;
}

static void count_day(struct batch *batch, unsigned day)
{
	for (unsigned i = batch->n_days; i > 0; i--)
		if (batch->days[i - 1] == day)
			return;
	if (batch->n_days < BATCH_DAYS)
		batch->days[batch->n_days++] = day;
}

void batch_count(struct batch *batch, size_t before, uint64_t offset, unsigned day)
{
	GROW(batch->rows, batch->n, batch->cap);
	batch->rows[batch->n++] =
		(struct batch_row){(uint32_t)batch->n_sources - 1, (uint32_t)(batch->raw.n - before), offset};
	batch->size += batch->raw.n - before;
	count_day(batch, day);
	if (batch->raw.n >= PACKED_AT)
		pack_some(batch);
}

void batch_pack(struct batch *batch)
{
	pack_some(batch);
	batch->data = gzip_end(batch->gzip);
	batch->gzip = NULL;
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->n_sources; i++) {
		free(batch->sources[i].service);
		free(batch->sources[i].host);
		free(batch->sources[i].process);
		free(batch->sources[i].file);
	}
	if (batch->gzip) {
		struct bytes rest = gzip_end(batch->gzip);
		free(rest.data);
	}
	free(batch->sources);
	free(batch->rows);
	free(batch->raw.data);
	free(batch->data.data);
	*batch = (struct batch){0};
}

/* -- files ---------------------------------------------------------------------------------------------------- */

struct batch_header {
	char magic[8];
	uint64_t size, index, data; /* bytes */
};

static const char magic[8] = "SSBATCH1";

struct bytes batch_save(const struct batch *batch)
{
	struct bytes index = {0}, file = {0};
	uint64_t counts[2] = {batch->n_sources, batch->n};
	bytes_put(&index, counts, sizeof counts);
	bytes_put(&index, batch->rows, batch->n * sizeof *batch->rows);
	for (size_t i = 0; i < batch->n_sources; i++) {
		const struct batch_source *source = &batch->sources[i];
		const char *words[] = {source->service, source->host, source->process, source->file};
		for (size_t j = 0; j < sizeof words / sizeof *words; j++)
			bytes_put(&index, words[j], strlen(words[j]) + 1);
	}
	struct gzip *gzip = gzip_new();
	gzip_put(gzip, index.data, index.n);
	free(index.data);
	index = gzip_end(gzip);
	struct batch_header header = {.size = batch->size, .index = index.n, .data = batch->data.n};
	memcpy(header.magic, magic, sizeof magic);
	bytes_put(&file, &header, sizeof header);
	bytes_put(&file, index.data, index.n);
	bytes_put(&file, batch->data.data, batch->data.n);
	free(index.data);
	return file;
}

/* The next word of an index, to be freed; NULL: there is none. */
static char *next_word(const char **at, const char *end)
{
	const char *stop = memchr(*at, 0, (size_t)(end - *at));
	char *word = stop ? xstrdup(*at) : NULL;
	*at = stop ? stop + 1 : end;
	return word;
}

static bool load_index(struct batch *batch, const struct bytes *index)
{
	uint64_t counts[2];
	if (index->n < sizeof counts)
		return false;
	memcpy(counts, index->data, sizeof counts);
	const char *at = index->data + sizeof counts, *end = index->data + index->n;
	if (counts[1] > (size_t)(end - at) / sizeof *batch->rows)
		return false;
	batch->n = batch->cap = counts[1];
	batch->rows = xcalloc(batch->n + 1, sizeof *batch->rows);
	memcpy(batch->rows, at, batch->n * sizeof *batch->rows);
	at += batch->n * sizeof *batch->rows;
	for (uint64_t i = 0; i < counts[0]; i++) {
		char *words[4];
		for (size_t j = 0; j < 4; j++)
			words[j] = next_word(&at, end);
		GROW(batch->sources, batch->n_sources, batch->cap_sources);
		batch->sources[batch->n_sources++] = (struct batch_source){words[0], words[1], words[2], words[3]};
		if (!words[3])
			return false;
	}
	uint64_t size = 0;
	for (size_t i = 0; i < batch->n; i++) {
		size += batch->rows[i].length;
		if (batch->rows[i].source >= batch->n_sources)
			return false;
	}
	return size == batch->size;
}

bool batch_load(struct batch *batch, const char *data, size_t n)
{
	struct batch_header header;
	struct bytes index = {0};
	*batch = (struct batch){0};
	if (n < sizeof header)
		return false;
	memcpy(&header, data, sizeof header);
	n -= sizeof header;
	if (memcmp(header.magic, magic, sizeof magic) != 0 || header.index > n || header.data != n - header.index)
		return false;
	batch->size = header.size;
	bool good = gunzip(&index, data + sizeof header, header.index, LONGEST_INDEX) && load_index(batch, &index);
	free(index.data);
	if (good)
		bytes_put(&batch->data, data + sizeof header + header.index, header.data);
	else
		batch_clear(batch);
	return good;
}

char *batch_id(const struct batch *batch)
{
	uint64_t seed[2] = {0, batch->n};
	seed[0] = siphash(seed, batch->rows, batch->n * sizeof *batch->rows);
	for (size_t i = 0; i < batch->n_sources; i++) {
		const struct batch_source *source = &batch->sources[i];
		seed[0] = siphash(seed, source->process, strlen(source->process));
		seed[0] = siphash(seed, source->file, strlen(source->file));
	}
	return xasprintf("socksan_ship_%016llx", (unsigned long long)seed[0]);
}

/* -- what the server has --------------------------------------------------------------------------------------- */

/* The least and the largest offset of each source from `from` on, `n` of them. */
static void find_ranges(const struct batch *batch, size_t from, size_t n, uint64_t (*ranges)[2])
{
	for (size_t i = 0; i < n; i++) {
		ranges[i][0] = UINT64_MAX;
		ranges[i][1] = 0;
	}
	for (size_t i = 0; i < batch->n; i++) {
		const struct batch_row *row = &batch->rows[i];
		if (row->source < from || row->source >= from + n)
			continue;
		uint64_t *range = ranges[row->source - from];
		range[0] = row->offset < range[0] ? row->offset : range[0];
		range[1] = row->offset > range[1] ? row->offset : range[1];
	}
}

static void put_condition(FILE *out, const char *column, const char *value, const char *before)
{
	char *quoted = sql_quoted(value);
	fprintf(out, "%s%s = %s", before, column, quoted);
	free(quoted);
}

static void put_process(FILE *out, const struct batch_source *source)
{
	put_condition(out, "service", source->service, "");
	put_condition(out, "host", source->host, " AND ");
	put_condition(out, "process", source->process, " AND ");
}

char *batch_question(const struct batch *batch, const char *table, size_t *from)
{
	uint64_t ranges[SOURCES_PER_QUESTION][2];
	char *text;
	size_t length, n = batch->n_sources - *from;
	n = n < SOURCES_PER_QUESTION ? n : SOURCES_PER_QUESTION;
	if (n == 0)
		return NULL;
	find_ranges(batch, *from, n, ranges);
	FILE *out = memstream(&text, &length);
	for (size_t i = 0; i < n; i++) {
		const struct batch_source *source = &batch->sources[*from + i];
		fprintf(out, "%sSELECT toUInt32(%zu) AS source, offset FROM %s WHERE ", i ? " UNION ALL " : "",
			*from + i, table);
		put_process(out, source);
		put_condition(out, "file", source->file, " AND ");
		fprintf(out, " AND offset BETWEEN %llu AND %llu", (unsigned long long)ranges[i][0],
			(unsigned long long)ranges[i][1]);
	}
	fclose(out);
	*from += n;
	return text;
}

/* Neutral in all but that: see sql/030_signs.sql. */
char *batch_look_again(const struct batch *batch, const char *events, const char *signs, size_t *from)
{
	char *text;
	size_t length, end = *from + SOURCES_PER_QUESTION;
	end = end < batch->n_sources ? end : batch->n_sources;
	if (*from >= end)
		return NULL;
	FILE *out = memstream(&text, &length);
	fprintf(out,
		"INSERT INTO %s (day, service, version, host, boot, process, lines, first, last, pid, ppid, pidns, "
		"started, inherited, tags, cookies) SELECT day, service, version, host, boot, process, "
		"sum(sipHash64(file, offset, 'again')), min(wall), max(wall), maxIf(pid, ev = 'process'), "
		"maxIf(toUInt32(visitParamExtractUInt(line, 'ppid')), ev = 'process'), "
		"maxIf(visitParamExtractUInt(line, 'pidns'), ev = 'process'), %llu, %llu, 1, 1 FROM %s WHERE ",
		signs, (unsigned long long)UINT64_MAX, (unsigned long long)UINT64_MAX, events);
	for (const char *before = "("; *from < end; before = " OR (") {
		fputs(before, out);
		put_process(out, &batch->sources[(*from)++]);
		fputs(")", out);
	}
	fputs(" GROUP BY day, service, version, host, boot, process", out);
	fclose(out);
	return text;
}

struct placed_row {
	uint64_t source, offset, row;
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed_row *x = a, *y = b;
	COMPARE(x->source, y->source);
	COMPARE(x->offset, y->offset);
	return 0;
}

size_t batch_mark(const struct batch *batch, const char *answer, bool *there)
{
	struct placed_row *placed = xcalloc(batch->n + 1, sizeof *placed), *found;
	size_t marked = 0;
	for (size_t i = 0; i < batch->n; i++)
		placed[i] = (struct placed_row){batch->rows[i].source, batch->rows[i].offset, i};
	qsort(placed, batch->n, sizeof *placed, compare_placed);
	while (*answer) {
		struct placed_row wanted = {0};
		char *end;
		wanted.source = strtoull(answer, &end, 10);
		wanted.offset = strtoull(end, &end, 10);
		found = batch->n ? bsearch(&wanted, placed, batch->n, sizeof *placed, compare_placed) : NULL;
		if (found && !there[found->row]) {
			there[found->row] = true;
			marked++;
		}
		answer = end + strcspn(end, "\n");
		answer += *answer == '\n';
	}
	free(placed);
	return marked;
}

bool batch_rest(const struct batch *batch, const bool *there, struct bytes *out)
{
	struct bytes raw = {0};
	bool good = gunzip(&raw, batch->data.data, batch->data.n, batch->size) && raw.n == batch->size;
	if (good) {
		struct gzip *gzip = gzip_new();
		const char *at = raw.data;
		for (size_t i = 0; i < batch->n; at += batch->rows[i++].length)
			if (!there[i])
				gzip_put(gzip, at, batch->rows[i].length);
		*out = gzip_end(gzip);
	}
	free(raw.data);
	return good;
}
