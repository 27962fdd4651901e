/* The source around a place: see source_lines.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/report/source_lines.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/report/source_location.h"
#include "analyzer/base/util.h"
#include "analyzer/symbols/languages.h"

enum { LARGEST = 8 << 20, LARGEST_SUM = 1 << 30, TAB = 8 };

static bool ends_with_one(const char *path, const char *const *suffixes)
{
	const char *dot = strrchr(base_name(path), '.');
	for (; dot && *suffixes; suffixes++)
		if (strcmp(dot, *suffixes) == 0)
			return true;
	return false;
}

/* Whether a file may be a source in the language of a frame. */
static bool is_source(const char *path, enum lang lang)
{
	static const char *const natives[] = {".c",   ".h",   ".cc",  ".cpp", ".cxx",  ".c++", ".C",   ".hh",
					      ".hpp", ".hxx", ".h++", ".tcc", ".ipp",  ".inl", ".m",   ".mm",
					      ".rs",  ".go",  ".s",   ".S",   ".d",    ".zig", ".nim", ".f",
					      ".f90", ".y",   ".l",   ".pyx", ".vala", NULL};
	return lang ? is_source_of(lang, path) : ends_with_one(path, natives);
}

/* Whether an open file may be shown. */
static bool may_show(int fd, const struct stat *st, enum lang lang, int64_t unchanged_since)
{
	char link[32], real[PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, real, sizeof real - 1);
	if (n <= 0)
		return false;
	real[n] = 0;
	return is_source(real, lang) && (st->st_mode & S_IROTH || path_from_here(real) != real) &&
	       st->st_size <= LARGEST && changed_ns(st) <= unchanged_since;
}

/* Opens the file of a place; a relative path is looked up in the working directory and at the top of the repository. */
static int open_source(const char *file, struct stat *st)
{
	int fd = open_regular(file, st);
	if (fd >= 0 || *file == '/')
		return fd;
	char *path = xasprintf("%s/%s", repo_root(), file);
	fd = open_regular(path, st);
	free(path);
	return fd;
}

/* The content, to be freed; NULL if it cannot be read or is not text. */
static char *read_text(int fd, size_t size)
{
	char *text = read_whole(fd, size);
	if (!text || strlen(text) == size)
		return text;
	free(text);
	return NULL;
}

/* A line as it is shown, to be freed: with blanks for tabs, cut between two characters if it is too wide. */
static char *shown_line(const char *line, size_t n)
{
	char plain[4 * SOURCE_COLUMNS + TAB + 1];
	size_t used = 0, columns = 0, more = 0; /* more: bytes that a multi-byte character may continue */
	for (size_t i = 0; i < n && used < sizeof plain - TAB - 4; i++) {
		unsigned char byte = (unsigned char)line[i];
		bool within = more && (byte & 0xc0) == 0x80;
		more = within ? more - 1 : byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
		if (!within && columns >= SOURCE_COLUMNS)
			break;
		if (line[i] == '\r' && i == n - 1)
			continue;
		if (line[i] != '\t') {
			plain[used++] = line[i];
			columns += !within;
			continue;
		}
		do
			plain[used++] = ' ';
		while (++columns % TAB);
	}
	while (used && plain[used - 1] == ' ')
		used--;
	plain[used] = 0;
	return safe_text(plain);
}

size_t source_lines(const struct symbol *place, int64_t began, char *lines[SOURCE_LINES], int *first)
{
	static size_t all; /* bytes read so far: a trace may name a large file many times */
	struct stat st;
	size_t n = 0;
	int64_t unchanged_since = place->lang ? began : place->built;
	if (!place->file || place->line <= 0 || unchanged_since <= 0 || !is_source(place->file, place->lang))
		return 0;
	int fd = open_source(place->file, &st);
	if (fd < 0)
		return 0;
	char *text = NULL;
	if (may_show(fd, &st, place->lang, unchanged_since) && all < LARGEST_SUM) {
		text = read_text(fd, (size_t)st.st_size);
		all += (size_t)st.st_size;
	}
	close(fd);
	*first = place->line > 1 ? place->line - 1 : 1;
	int number = 1;
	for (const char *at = text, *end; at && *at && number - 1 <= place->line; at = *end ? end + 1 : end, number++) {
		end = strchrnul(at, '\n');
		if (number >= *first)
			lines[n++] = shown_line(at, (size_t)(end - at));
	}
	free(text);
	if (number > place->line)
		return n;
	/* The file ends before that line. */
	while (n)
		free(lines[--n]);
	return 0;
}
