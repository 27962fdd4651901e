/* A trace file as lines of bytes, read in pieces of any size with little memory, and brief complaints about bad lines.
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

/* A part of a file that has no complete line yet. */
struct trace_gap {
	off_t start, end;
	uint64_t line; /* the number of the first line in it */
};

struct trace_file {
	char *path;
	int fd; /* the spool of standard input, else -1: a file on disk is opened only when it is read, so that any number can be */
	dev_t device;
	ino_t inode;
	off_t size;
	uint64_t complaints;
	unsigned trace;	 /* the first file of the trace that it is part of, which may be this one */
	bool is_segment; /* may be removed at any time: another file repeats what it says about open descriptors */
	bool named;	 /* neither it nor its folder was named: found as a segment */
	bool refused;	 /* written by a newer SockSan */
	bool cut;	 /* its last line is torn: what would follow is missing */
	bool gone;	 /* removed or replaced since, or its writer has finished: no longer looked at */
	struct trace_gap *gaps; /* where lines may still be written: see trace_reader_follow() */
	size_t n_gaps, cap_gaps;
};

/* Complains of a line on standard error; after a few complaints it only counts them. */
void complain_of_line(struct trace_file *file, uint64_t line, const char *what);

/* Says how many more complaints there were. */
void complain_of_rest(const struct trace_file *file);

/* Reads a part of a file, line by line. */
struct lines {
	struct trace_file *file;
	off_t offset; /* of the first byte in the buffer */
	off_t end;
	uint64_t number; /* of the next line */
	char *buffer;
	size_t capacity, fill, next;
};

/* TOO_LONG: without text. UNENDED: the file ends in the middle of the line. */
enum line_kind { LINE_END, LINE_WHOLE, LINE_UNENDED, LINE_TOO_LONG };

enum { LINE_SLACK = 24 }; /* this many bytes after a line may be read; the first of them is not a printable one */

struct trace_line {
	enum line_kind kind;
	char *text; /* valid until the next one */
	size_t length;
	uint64_t number;
	off_t offset;
};

/* Reads from `start`, where line `number` begins, to `end`; the buffer has `size` bytes unless a line needs more. */
void lines_open(struct lines *lines, struct trace_file *file, off_t start, off_t end, uint64_t number, size_t size);
void lines_close(struct lines *lines);

/* Closes the files that were kept open. */
void lines_close_files(void);

/* The next line that is not blank (blocks that a thread has not filled are blank). False at the end. */
bool lines_next(struct lines *lines, struct trace_line *line);

#endif
