/* A trace file as lines of bytes, read in parts of any size with little memory; and what is wrong with them, told briefly.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_LINES_H
#define SOCKSAN_ANALYZER_TRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A part of a file that has no whole line yet. */
struct trace_gap {
	off_t start, end;
	uint64_t line; /* the number of the first line in it */
};

struct trace_file {
	char *path;
	int fd; /* standard input's spool, else -1: a file on disk is opened when it is read, so that any number can be */
	dev_t device;
	ino_t inode;
	off_t size;
	uint64_t complaints;
	unsigned trace;		/* the first file of the trace that it is a part of, which may be itself */
	bool is_segment;	/* may go at any time: what it told of what is open stands in another */
	bool named;		/* and no folder that it is in: its segments are looked for */
	bool refused;		/* written by a newer SockSan */
	bool gone;		/* removed or replaced since, or left by who wrote it: not looked at any more */
	struct trace_gap *gaps; /* where lines may still be written, see trace_reader_follow() */
	size_t n_gaps, cap_gaps;
};

/* Says on standard error what is wrong with a line; past a few it only counts. */
void complain_of_line(struct trace_file *file, uint64_t line, const char *what);

/* Says how many more there were. */
void complain_of_rest(const struct trace_file *file);

/* A part of a file, line by line. */
struct lines {
	struct trace_file *file;
	off_t offset; /* of the first byte in the buffer */
	off_t end;
	uint64_t number; /* of the next line */
	char *buffer;
	size_t capacity, fill, next;
};

/* TOO_LONG: it has no text. UNENDED: the file ends within it. */
enum line_kind { LINE_END, LINE_WHOLE, LINE_UNENDED, LINE_TOO_LONG };

enum { LINE_SLACK = 24 }; /* so many bytes may be read behind a line, of which the first is no printable one */

struct trace_line {
	enum line_kind kind;
	char *text; /* until the next one */
	size_t length;
	uint64_t number;
	off_t offset;
};

/* From `start`, where the line `number` begins, to `end`; the buffer has `size` bytes unless a line needs more. */
void lines_open(struct lines *lines, struct trace_file *file, off_t start, off_t end, uint64_t number, size_t size);
void lines_close(struct lines *lines);

/* Those that were read last stay open until then. */
void lines_close_files(void);

/* The next line that is not blank (blocks that a thread has not filled are). False at the end. */
bool lines_next(struct lines *lines, struct trace_line *line);

#endif
