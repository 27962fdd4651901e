/* A trace file as lines of bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/read/trace_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"

enum { LONGEST_LINE = 16 << 20, COMPLAINTS_PER_FILE = 10 };

void complain_of_line(struct trace_file *file, uint64_t line, const char *what)
{
	if (file->complaints++ < COMPLAINTS_PER_FILE)
		complain("%s:%llu: %s", file->path, (unsigned long long)line, what);
}

void complain_of_rest(const struct trace_file *file)
{
	if (file->complaints > COMPLAINTS_PER_FILE)
		complain("%s: %llu more lines like these", file->path,
			 (unsigned long long)file->complaints - COMPLAINTS_PER_FILE);
}

/* The files read most recently stay open: most reads are of the same files, and often small. */
static struct kept_file {
	dev_t device;
	ino_t inode;
	int fd;
	bool open;
} kept_files[8];

static struct kept_file *find_kept(const struct trace_file *file)
{
	for (size_t i = 0; i < sizeof kept_files / sizeof *kept_files; i++)
		if (kept_files[i].open && kept_files[i].inode == file->inode && kept_files[i].device == file->device)
			return &kept_files[i];
	return NULL;
}

static void keep_open(const struct trace_file *file, int fd)
{
	static size_t next;
	struct kept_file *kept = &kept_files[next++ % (sizeof kept_files / sizeof *kept_files)];
	if (kept->open)
		close(kept->fd);
	*kept = (struct kept_file){file->device, file->inode, fd, true};
}

void lines_close_files(void)
{
	for (size_t i = 0; i < sizeof kept_files / sizeof *kept_files; i++) {
		if (kept_files[i].open)
			close(kept_files[i].fd);
		kept_files[i].open = false;
	}
}

/* Opens the file if it is still the one that was added, which was a regular one. -1: it is not, or errno says why. */
static int open_again(const struct trace_file *file)
{
	struct stat st;
	const struct kept_file *kept = find_kept(file);
	if (kept)
		return kept->fd;
	if (stat(file->path, &st) < 0)
		return -1;
	bool same = st.st_dev == file->device && st.st_ino == file->inode;
	int fd = same ? open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (same && fd < 0)
		return -1;
	if (!same || fstat(fd, &st) < 0 || st.st_dev != file->device || st.st_ino != file->inode) {
		if (fd >= 0)
			close(fd);
		errno = ESTALE;
		return -1;
	}
	keep_open(file, fd);
	return fd;
}

static ssize_t read_at(struct trace_file *file, char *buffer, size_t n, off_t offset)
{
	int fd = file->fd >= 0 ? file->fd : open_again(file);
	ssize_t got = -1;
	if (fd >= 0)
		do {
			got = pread(fd, buffer, n, offset);
		} while (got < 0 && errno == EINTR);
	return got;
}

void lines_open(struct lines *lines, struct trace_file *file, off_t start, off_t end, uint64_t number, size_t size)
{
	size_t most = (size_t)(end - start);
	*lines = (struct lines){
		.file = file, .offset = start, .end = end, .number = number, .capacity = most < size ? most : size};
	lines->buffer = xreallocarray(NULL, lines->capacity + LINE_SLACK, 1);
}

void lines_close(struct lines *lines) { free(lines->buffer); }

/* Reads more after what is left in the buffer. False at the end. */
static bool lines_fill(struct lines *lines)
{
	memmove(lines->buffer, lines->buffer + lines->next, lines->fill - lines->next);
	lines->offset += (off_t)lines->next;
	lines->fill -= lines->next;
	lines->next = 0;
	memset(lines->buffer + lines->fill, 0, LINE_SLACK);
	if (lines->fill == lines->capacity && lines->capacity < LONGEST_LINE) {
		lines->capacity = 2 * lines->capacity + 1;
		lines->buffer = xreallocarray(lines->buffer, lines->capacity + LINE_SLACK, 1);
	}
	off_t at = lines->offset + (off_t)lines->fill;
	size_t want = lines->capacity - lines->fill;
	if (want > (uint64_t)(lines->end - at))
		want = (size_t)(lines->end - at);
	if (want == 0)
		return false;
	ssize_t got = read_at(lines->file, lines->buffer + lines->fill, want, at);
	if (got < 0 && !lines->file->is_segment)
		complain("%s: %s; not read to its end", lines->file->path,
			 errno == ESTALE ? "was replaced while it was read" : strerror(errno));
	if (got <= 0) {
		lines->end = at;
		return false;
	}
	lines->fill += (size_t)got;
	memset(lines->buffer + lines->fill, 0, LINE_SLACK);
	return true;
}

/* Skips a line longer than the buffer may grow. */
static void lines_skip(struct lines *lines)
{
	char *newline;
	do {
		lines->next = lines->fill;
		if (!lines_fill(lines))
			return;
		newline = memchr(lines->buffer, '\n', lines->fill);
	} while (!newline);
	lines->next = (size_t)(newline - lines->buffer) + 1;
}

bool lines_next(struct lines *lines, struct trace_line *line)
{
	do {
		char *start = lines->buffer + lines->next;
		char *stop = lines->buffer + lines->fill;
		while (start < stop && *start == '\n') {
			start++;
			lines->number++;
		}
		lines->next = (size_t)(start - lines->buffer);
		char *newline = start < stop ? memchr(start, '\n', (size_t)(stop - start)) : NULL;
		if (newline) {
			*line = (struct trace_line){LINE_WHOLE, start, (size_t)(newline - start), lines->number++,
						    lines->offset + (off_t)lines->next};
			lines->next = (size_t)(newline - lines->buffer) + 1;
			return true;
		}
	} while (lines_fill(lines));
	*line = (struct trace_line){LINE_END, lines->buffer, lines->fill, lines->number, lines->offset};
	if (lines->fill == 0)
		return false;
	if (lines->fill >= LONGEST_LINE) {
		line->kind = LINE_TOO_LONG;
		lines_skip(lines);
		lines->number++;
	} else {
		line->kind = LINE_UNENDED;
		lines->next = lines->fill;
	}
	return true;
}
