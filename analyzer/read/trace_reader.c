/* Reads traces: finds the files and their runs, and merges the runs by time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/read/trace_reader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/read/trace_inputs.h"
#include "analyzer/read/trace_parse.h"
#include "analyzer/base/util.h"

enum { SCHEMA = 1, SCAN_BUFFER = 256 << 10, RUN_BUFFER = 16 << 10, RUN_BUFFERS = 1 << 20, PROGRESS_STEP = 1 << 20 };

enum { LEAST_LINE = 24 }; /* bytes: no line is shorter */

/* Lines in ascending order of t. */
struct ascent {
	unsigned file;
	off_t start, end;
	uint64_t line;
	int64_t t;
};

/* A run being merged. */
struct cursor {
	struct lines lines;
	unsigned file;
	struct trace_line line; /* the present one */
	int64_t t;
};

struct trace_reader {
	struct trace_inputs inputs;
	struct ascent *runs; /* sorted by time once reading begins */
	size_t n_runs, cap_runs, next_run;
	struct cursor **heap; /* a heap, the one with the earliest line on top */
	size_t n_heap, cap_heap;
	struct cursor *current; /* the one whose line was returned last */
	bool sorted;
	bool follows;	/* the files may still grow */
	int64_t newest; /* the latest time of any line found so far */
	struct trace_parser parser;
	uint64_t done, total, said;
	void (*progress)(uint64_t done, uint64_t total);
};

struct trace_reader *trace_reader_new(void) { return xcalloc(1, sizeof(struct trace_reader)); }

void trace_reader_on_progress(struct trace_reader *reader, void (*progress)(uint64_t done, uint64_t total))
{
	reader->progress = progress;
}

uint64_t trace_reader_torn(const struct trace_reader *reader) { return reader->parser.torn; }

bool trace_reader_cut(const struct trace_reader *reader, unsigned trace)
{
	for (size_t i = 0; i < reader->inputs.n; i++)
		if (reader->inputs.files[i].cut && reader->inputs.files[i].trace == trace)
			return true;
	return false;
}

static void progress(struct trace_reader *reader, uint64_t bytes)
{
	reader->done += bytes;
	if (reader->progress && reader->done - reader->said >= PROGRESS_STEP) {
		reader->said = reader->done;
		reader->progress(reader->done, reader->total);
	}
}

void trace_reader_complain(struct trace_reader *reader, const struct trace_event *event, const char *what)
{
	complain_of_line(&reader->inputs.files[event->part], event->line, what);
}

void trace_reader_finish(struct trace_reader *reader)
{
	for (size_t i = 0; i < reader->inputs.n; i++)
		complain_of_rest(&reader->inputs.files[i]);
}

/* -- files ---------------------------------------------------------------------------------------------------- */

static void add_run(struct trace_reader *reader, const struct ascent *run)
{
	GROW(reader->runs, reader->n_runs, reader->cap_runs);
	reader->runs[reader->n_runs++] = *run;
}

static void end_run(struct trace_reader *reader, struct ascent *run)
{
	if (run->t >= 0)
		add_run(reader, run);
	run->t = -1;
}

/* Remembers a part in which lines may still appear, to look at it again. */
static void add_gap(struct trace_file *file, off_t start, off_t end, uint64_t line)
{
	GROW(file->gaps, file->n_gaps, file->cap_gaps);
	file->gaps[file->n_gaps++] = (struct trace_gap){start, end, line};
}

/* Whether a line is still being written, as far as can be seen: its first or last bytes are missing. */
static bool is_unfinished(const struct trace_line *line)
{
	return line->kind != LINE_TOO_LONG && (line->text[0] != '{' || line->text[line->length - 1] != '}');
}

/* The t of a line; -1, with a complaint, if it has none. */
static int64_t time_of(struct trace_reader *reader, struct trace_file *file, const struct trace_line *line)
{
	if (line->kind == LINE_TOO_LONG) {
		complain_of_line(file, line->number, "longer than 16 MiB; left out");
		return -1;
	}
	int64_t t = peek_time(line);
	if (t < 0 && trace_parse(&reader->parser, file, line))
		complain_of_line(file, line->number, "no usable \"t\"; left out");
	return t;
}

/* Finds the runs in a part of a file. Lines without a time belong to none. If lines may still appear between others, new lines form a run of
 * their own. */
static void scan(struct trace_reader *reader, unsigned index, struct trace_gap part)
{
	struct trace_file *file = &reader->inputs.files[index];
	struct lines lines;
	struct trace_line line;
	struct ascent run = {.t = -1};
	int64_t last = -1;
	off_t before = part.start, end = part.start; /* end: of the last complete line */
	uint64_t number = part.line;
	bool hole = false;

	lines_open(&lines, file, part.start, part.end, part.line, SCAN_BUFFER);
	while (lines_next(&lines, &line)) {
		progress(reader, (uint64_t)(line.offset - before));
		before = line.offset;
		if (reader->follows && is_unfinished(&line)) {
			hole = true;
			continue;
		}
		if (reader->follows && (hole || line.offset - end >= LEAST_LINE)) {
			add_gap(file, end, line.offset, number);
			end_run(reader, &run);
			hole = false;
		}
		end = line.offset + (off_t)line.length + (line.kind == LINE_WHOLE);
		number = line.number + 1;
		int64_t t = time_of(reader, file, &line);
		if (t < 0)
			continue;
		if (t < last || run.t < 0) {
			end_run(reader, &run);
			run = (struct ascent){.file = index, .start = line.offset, .line = line.number, .t = t};
		}
		last = t;
		reader->newest = t > reader->newest ? t : reader->newest;
		run.end = end;
	}
	end_run(reader, &run);
	if (reader->follows && (hole || part.end - end >= LEAST_LINE || part.end == file->size))
		add_gap(file, end, part.end, number);
	lines_close(&lines);
}

/* Scans the files from `first` on. */
static void scan_new(struct trace_reader *reader, size_t first)
{
	for (size_t i = first; i < reader->inputs.n; i++)
		reader->total += 2 * (uint64_t)reader->inputs.files[i].size; /* scanned, then read */
	for (size_t i = first; i < reader->inputs.n; i++)
		scan(reader, (unsigned)i, (struct trace_gap){0, reader->inputs.files[i].size, 1});
}

int trace_reader_add(struct trace_reader *reader, const char *path)
{
	size_t before = reader->inputs.n;
	int result = trace_inputs_add(&reader->inputs, path);
	scan_new(reader, before);
	return result;
}

/* -- files that grow ------------------------------------------------------------------------------------------ */

void trace_reader_follow(struct trace_reader *reader) { reader->follows = true; }

int64_t trace_reader_newest(const struct trace_reader *reader) { return reader->newest; }

/* A process that ends truncates the newlines that no line replaced. */
static void resize_gaps(struct trace_file *file, off_t size)
{
	struct trace_gap *last = file->n_gaps ? &file->gaps[file->n_gaps - 1] : NULL;
	if (size > file->size && last && last->end == file->size)
		last->end = size;
	else if (size > file->size)
		add_gap(file, file->size, size, last ? last->line : 1);
	file->size = size;
}

static void look_at(struct trace_reader *reader, unsigned index)
{
	struct trace_file *file = &reader->inputs.files[index];
	struct stat st;
	int fd = open_regular(file->path, &st);
	file->gone = fd < 0 || st.st_dev != file->device || st.st_ino != file->inode;
	if (!file->gone) {
		resize_gaps(file, st.st_size);
		struct trace_gap *gaps = file->gaps;
		size_t n = file->n_gaps;
		file->gaps = NULL;
		file->n_gaps = file->cap_gaps = 0;
		file->fd = fd; /* opened once for all of them */
		for (size_t i = 0; i < n && gaps[i].start <= file->size; i++) {
			gaps[i].end = gaps[i].end < file->size ? gaps[i].end : file->size;
			scan(reader, index, gaps[i]);
		}
		file->fd = -1;
		free(gaps);
	}
	if (fd >= 0)
		close(fd);
}

void trace_reader_leave(struct trace_reader *reader, unsigned file)
{
	for (size_t i = 0; i < reader->inputs.n; i++)
		if (reader->inputs.files[i].trace == file)
			reader->inputs.files[i].gone = true;
}

void trace_reader_look(struct trace_reader *reader)
{
	size_t before = reader->inputs.n;
	if (reader->n_runs)
		memmove(reader->runs, reader->runs + reader->next_run,
			(reader->n_runs - reader->next_run) * sizeof *reader->runs);
	reader->n_runs -= reader->next_run;
	reader->next_run = 0;
	reader->sorted = false;
	for (size_t i = 0; i < before; i++)
		if (reader->inputs.files[i].fd < 0 && !reader->inputs.files[i].gone && !reader->inputs.files[i].refused)
			look_at(reader, (unsigned)i);
	trace_inputs_look(&reader->inputs);
	scan_new(reader, before);
}

/* -- merging -------------------------------------------------------------------------------------------------- */

/* Runs of one file with the same t keep the order of the file. */
static int compare_place(int64_t t1, unsigned file1, off_t at1, int64_t t2, unsigned file2, off_t at2)
{
	if (t1 != t2)
		return t1 < t2 ? -1 : 1;
	if (file1 != file2)
		return file1 < file2 ? -1 : 1;
	return at1 < at2 ? -1 : at1 > at2;
}

static int compare_runs(const void *a, const void *b)
{
	const struct ascent *x = a, *y = b;
	return compare_place(x->t, x->file, x->start, y->t, y->file, y->start);
}

static bool earlier(const struct cursor *a, const struct cursor *b)
{
	return compare_place(a->t, a->file, a->lines.offset, b->t, b->file, b->lines.offset) < 0;
}

static void swap(struct cursor **a, struct cursor **b)
{
	struct cursor *c = *a;
	*a = *b;
	*b = c;
}

static void sift_up(struct cursor **heap, size_t i)
{
	for (; i > 0 && earlier(heap[i], heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&heap[i], &heap[(i - 1) / 2]);
}

static void sift_down(struct cursor **heap, size_t n, size_t i)
{
	for (;;) {
		size_t least = i;
		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
			if (earlier(heap[child], heap[least]))
				least = child;
		if (least == i)
			return;
		swap(&heap[i], &heap[least]);
		i = least;
	}
}

static void cursor_free(struct cursor *cursor)
{
	lines_close(&cursor->lines);
	free(cursor);
}

/* Moves to the next line that has a time. False at the end of the run. */
static bool cursor_step(struct trace_reader *reader, struct cursor *cursor)
{
	off_t before = cursor->lines.offset + (off_t)cursor->lines.next;
	do {
		if (!lines_next(&cursor->lines, &cursor->line))
			return false;
		cursor->t = cursor->line.kind == LINE_TOO_LONG ? -1 : peek_time(&cursor->line);
	} while (cursor->t < 0);
	progress(reader, (uint64_t)(cursor->lines.offset + (off_t)cursor->lines.next - before));
	return true;
}

/* Large reads if few runs overlap, small ones if many do. */
static size_t run_buffer(const struct trace_reader *reader)
{
	size_t share = RUN_BUFFERS / (reader->n_heap + 1);
	return share > SCAN_BUFFER ? SCAN_BUFFER : share < RUN_BUFFER ? RUN_BUFFER : share;
}

/* Starts the runs that begin before anything else that is left. */
static void open_runs(struct trace_reader *reader)
{
	while (reader->next_run < reader->n_runs) {
		const struct ascent *run = &reader->runs[reader->next_run];
		if (reader->n_heap && run->t > reader->heap[0]->t)
			return;
		reader->next_run++;
		struct cursor *cursor = xcalloc(1, sizeof *cursor);
		cursor->file = run->file;
		lines_open(&cursor->lines, &reader->inputs.files[run->file], run->start, run->end, run->line,
			   run_buffer(reader));
		if (!cursor_step(reader, cursor)) {
			cursor_free(cursor);
			continue;
		}
		GROW(reader->heap, reader->n_heap, reader->cap_heap);
		reader->heap[reader->n_heap++] = cursor;
		sift_up(reader->heap, reader->n_heap - 1);
	}
}

/* The cursor whose line comes next; NULL if it is later than `until`. It stays on top of the heap while its line is in use. */
static struct cursor *next_cursor(struct trace_reader *reader, int64_t until)
{
	if (!reader->sorted) {
		if (reader->n_runs)
			qsort(reader->runs, reader->n_runs, sizeof *reader->runs, compare_runs);
		reader->sorted = true;
	}
	if (reader->current) {
		if (!cursor_step(reader, reader->current)) {
			cursor_free(reader->current);
			reader->heap[0] = reader->heap[--reader->n_heap];
		}
		sift_down(reader->heap, reader->n_heap, 0);
		reader->current = NULL;
	}
	open_runs(reader);
	bool comes = reader->n_heap && reader->heap[0]->t <= until;
	return reader->current = comes ? reader->heap[0] : NULL;
}

/* If a line says that a newer SockSan wrote the file, skips the file from there on. */
static bool too_new(struct trace_file *file, const struct trace_event *event)
{
	if (event->kind != EVENT_PROCESS || event->schema <= SCHEMA)
		return false;
	complain("%s:%llu: written by a newer SockSan (schema %lld; this one reads %d); not read from here on",
		 file->path, (unsigned long long)event->line, (long long)event->schema, SCHEMA);
	return file->refused = true;
}

const struct trace_event *trace_reader_next(struct trace_reader *reader)
{
	return trace_reader_next_until(reader, INT64_MAX);
}

const struct trace_event *trace_reader_next_until(struct trace_reader *reader, int64_t until)
{
	struct cursor *cursor;
	while ((cursor = next_cursor(reader, until))) {
		struct trace_file *file = &reader->inputs.files[cursor->file];
		struct trace_event *event = file->refused ? NULL : trace_parse(&reader->parser, file, &cursor->line);
		if (!event || too_new(file, event))
			continue;
		event->part = cursor->file;
		event->file = file->trace;
		return event;
	}
	return NULL;
}

const json_t *trace_reader_json(struct trace_reader *reader) { return trace_parser_json(&reader->parser); }

void trace_reader_free(struct trace_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->n_heap; i++)
		cursor_free(reader->heap[i]);
	trace_parser_clear(&reader->parser);
	lines_close_files();
	trace_inputs_free(&reader->inputs);
	free(reader->runs);
	free(reader->heap);
	free(reader);
}
