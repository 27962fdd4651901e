/* Reads traces: finds the files and their runs, merges these by time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/read/trace_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/hash.h"
#include "analyzer/read/board_file.h"
#include "analyzer/read/trace_parse.h"
#include "analyzer/base/util.h"

enum { SCHEMA = 1, SCAN_BUFFER = 256 << 10, RUN_BUFFER = 16 << 10, PROGRESS_STEP = 1 << 20 };

/* Lines whose t ascends. */
struct ascent {
	unsigned file;
	off_t start, end;
	uint64_t line;
	int64_t t;
};

/* A run that is being merged. */
struct cursor {
	struct lines lines;
	unsigned file;
	struct trace_line line; /* the present one */
	int64_t t;
};

/* A file that has been added, by whichever name. */
struct seen {
	struct {
		dev_t device;
		ino_t inode;
	} key;
	UT_hash_handle hh;
};

struct trace_reader {
	struct trace_file *files;
	size_t n_files, cap_files;
	struct seen *seen;
	struct ascent *runs; /* sorted by time once reading begins */
	size_t n_runs, cap_runs, next_run;
	struct cursor **heap; /* those with the earliest line first */
	size_t n_heap, cap_heap;
	struct cursor *current; /* whose line was given last */
	bool sorted;
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
	complain_of_line(&reader->files[event->file], event->line, what);
}

void trace_reader_finish(struct trace_reader *reader)
{
	for (size_t i = 0; i < reader->n_files; i++)
		complain_of_rest(&reader->files[i]);
}

/* -- files ---------------------------------------------------------------------------------------------------- */

static void add_run(struct trace_reader *reader, const struct ascent *run)
{
	GROW(reader->runs, reader->n_runs, reader->cap_runs);
	reader->runs[reader->n_runs++] = *run;
}

/* Finds the runs of a file. Lines without a time belong to none: they are complained of here. */
static void scan(struct trace_reader *reader, unsigned index)
{
	struct trace_file *file = &reader->files[index];
	struct lines lines;
	struct trace_line line;
	struct ascent run = {.t = -1};
	int64_t last = -1;
	off_t before = 0;

	lines_open(&lines, file, 0, file->size, 1, SCAN_BUFFER);
	while (lines_next(&lines, &line)) {
		progress(reader, (uint64_t)(line.offset - before));
		before = line.offset;
		if (line.kind == LINE_TOO_LONG) {
			complain_of_line(file, line.number, "longer than 16 MiB; left out");
			continue;
		}
		int64_t t = peek_time(&line);
		if (t < 0) {
			if (trace_parse(&reader->parser, file, &line))
				complain_of_line(file, line.number, "no usable \"t\"; left out");
			continue;
		}
		if (t < last || run.t < 0) {
			if (run.t >= 0)
				add_run(reader, &run);
			run = (struct ascent){.file = index, .start = line.offset, .line = line.number, .t = t};
		}
		last = t;
		run.end = line.offset + (off_t)line.length + (line.kind == LINE_WHOLE);
	}
	if (run.t >= 0)
		add_run(reader, &run);
	lines_close(&lines);
}

/* What a file is, told by its first bytes, when it is surely no trace. */
static const char *foreign(const char *head, size_t n)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *what;
	} kinds[] = {
		{"\x1f\x8b", 2, "compressed by gzip, not a trace; decompress it first"},
		{"\x28\xb5\x2f\xfd", 4, "compressed by zstd, not a trace; decompress it first"},
		{"\xfd"
		 "7zXZ",
		 5, "compressed by xz, not a trace; decompress it first"},
		{"BZh", 3, "compressed by bzip2, not a trace; decompress it first"},
		{"PK\x03\x04", 4, "a zip archive, not a trace"},
		{"\x7f"
		 "ELF",
		 4, "a program, not a trace; use `socksan run` to run it"},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (n >= kinds[i].n && memcmp(head, kinds[i].magic, kinds[i].n) == 0)
			return kinds[i].what;
	if (memmem(head, n, "\"socksan-report/", 16))
		return "a report of SockSan, not a trace";
	return NULL;
}

/* Whether the file has been added before; from now on it has. */
static bool seen_before(struct trace_reader *reader, const struct stat *st)
{
	struct seen *seen, key;
	memset(&key, 0, sizeof key);
	key.key.device = st->st_dev;
	key.key.inode = st->st_ino;
	HASH_FIND(hh, reader->seen, &key.key, sizeof key.key, seen);
	if (seen)
		return true;
	seen = xcalloc(1, sizeof *seen);
	seen->key = key.key;
	HASH_ADD(hh, reader->seen, key, sizeof seen->key, seen);
	return false;
}

/* Takes over path. -1: no trace, and said so. */
static int add_open(struct trace_reader *reader, char *path, int fd, const struct stat *st, bool keep)
{
	char head[256];
	ssize_t n = pread(fd, head, sizeof head, 0);
	const char *what = n < 0    ? strerror(errno)
			   : n == 0 ? "empty: there is no trace in it"
				    : foreign(head, (size_t)n);
	if (!keep)
		close(fd);
	if (what) {
		complain("%s: %s", path, what);
		if (keep)
			close(fd);
		free(path);
		return -1;
	}
	if (seen_before(reader, st)) {
		if (keep)
			close(fd);
		free(path);
		return 0;
	}
	GROW(reader->files, reader->n_files, reader->cap_files);
	reader->files[reader->n_files] = (struct trace_file){
		.path = path, .fd = keep ? fd : -1, .device = st->st_dev, .inode = st->st_ino, .size = st->st_size};
	reader->total += 2 * (uint64_t)st->st_size; /* scanned, then read */
	scan(reader, (unsigned)reader->n_files++);
	return 0;
}

/* A pipe cannot be read twice, so it goes through a file without a name. */
static int add_standard_input(struct trace_reader *reader)
{
	char buffer[64 << 10];
	ssize_t n;
	FILE *spool = tmpfile();
	if (!spool) {
		complain("standard input: no temporary file: %s", strerror(errno));
		return -1;
	}
	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fwrite(buffer, 1, (size_t)n, spool) != (size_t)n)
			break;
	}
	if (n != 0 || fflush(spool) != 0) {
		complain("standard input: %s", strerror(errno));
		fclose(spool);
		return -1;
	}
	struct stat st;
	int fd = fcntl(fileno(spool), F_DUPFD_CLOEXEC, 0);
	fclose(spool);
	if (fd < 0 || fstat(fd, &st) < 0) {
		complain("standard input: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return add_open(reader, xstrdup("<standard input>"), fd, &st, true);
}

static int is_trace(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return n > 6 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 6, ".jsonl") == 0;
}

static int add_file(struct trace_reader *reader, char *path)
{
	struct stat st;
	int fd = open_regular(path, &st);
	if (fd < 0) {
		complain("%s: %s", path, errno == EINVAL ? "not a file or a folder" : strerror(errno));
		free(path);
		return -1;
	}
	return add_open(reader, path, fd, &st, false);
}

static int add_folder(struct trace_reader *reader, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_trace, alphasort);
	if (n < 0) {
		complain("%s: %s", path, strerror(errno));
		return -1;
	}
	int used = 0;
	for (int i = 0; i < n; i++) {
		size_t length = strlen(path);
		used += add_file(reader, xasprintf("%s%s%s", path, length && path[length - 1] == '/' ? "" : "/",
						   entries[i]->d_name)) == 0;
		free(entries[i]);
	}
	free(entries);
	struct board board;
	/* Programs that used no socket leave none. */
	if (n == 0 && board_of_folder(path, &board) == 0 && board.observed)
		return 0;
	if (n == 0)
		complain("%s: no traces in this folder (their names end in .jsonl)", path);
	return used > 0 ? 0 : -1;
}

int trace_reader_add(struct trace_reader *reader, const char *path)
{
	struct stat st;
	if (strcmp(path, "-") == 0)
		return add_standard_input(reader);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(reader, path);
	return add_file(reader, xstrdup(path));
}

/* -- merging -------------------------------------------------------------------------------------------------- */

/* Runs of one file that are equal in t keep the file's order. */
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

/* Takes up the runs that begin before anything else that is left. */
static void open_runs(struct trace_reader *reader)
{
	while (reader->next_run < reader->n_runs) {
		const struct ascent *run = &reader->runs[reader->next_run];
		if (reader->n_heap && run->t > reader->heap[0]->t)
			return;
		reader->next_run++;
		struct cursor *cursor = xcalloc(1, sizeof *cursor);
		cursor->file = run->file;
		lines_open(&cursor->lines, &reader->files[run->file], run->start, run->end, run->line, RUN_BUFFER);
		if (!cursor_step(reader, cursor)) {
			cursor_free(cursor);
			continue;
		}
		GROW(reader->heap, reader->n_heap, reader->cap_heap);
		reader->heap[reader->n_heap++] = cursor;
		sift_up(reader->heap, reader->n_heap - 1);
	}
}

/* The cursor whose line is next. It stays on top of the heap while its line is in use. */
static struct cursor *next_cursor(struct trace_reader *reader)
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
	return reader->current = reader->n_heap ? reader->heap[0] : NULL;
}

/* A file of a newer SockSan is left from the line on that says so. */
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
	struct cursor *cursor;
	while ((cursor = next_cursor(reader))) {
		struct trace_file *file = &reader->files[cursor->file];
		struct trace_event *event = file->refused ? NULL : trace_parse(&reader->parser, file, &cursor->line);
		if (!event || too_new(file, event))
			continue;
		event->file = cursor->file;
		return event;
	}
	return NULL;
}

void trace_reader_free(struct trace_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->n_files; i++) {
		free(reader->files[i].path);
		if (reader->files[i].fd >= 0)
			close(reader->files[i].fd);
	}
	struct seen *seen, *next;
	HASH_ITER (hh, reader->seen, seen, next) {
		HASH_DEL(reader->seen, seen);
		free(seen);
	}
	for (size_t i = 0; i < reader->n_heap; i++)
		cursor_free(reader->heap[i]);
	trace_parser_clear(&reader->parser);
	free(reader->files);
	free(reader->runs);
	free(reader->heap);
	free(reader);
}
