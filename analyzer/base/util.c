/* Helpers used everywhere in the analyzer: memory that never fails silently, messages, safe printing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <argp.h>
#include "analyzer/base/hash.h"
#include "analyzer/base/spelling.h"

static void *need(void *p)
{
	if (!p) {
		fputs("socksan: out of memory\n", stderr);
		exit(argp_err_exit_status);
	}
	return p;
}

void *xcalloc(size_t n, size_t size) { return need(calloc(n ? n : 1, size ? size : 1)); }

void *xreallocarray(void *p, size_t n, size_t size) { return need(reallocarray(p, n ? n : 1, size)); }

char *xstrdup(const char *s) { return need(strdup(s)); }

char *xasprintf(const char *format, ...)
{
	va_list ap;
	char *s;
	va_start(ap, format);
	int n = vasprintf(&s, format, ap);
	va_end(ap);
	return need(n < 0 ? NULL : s);
}

struct interned {
	UT_hash_handle hh;
	char text[];
};

static struct interned *names;

/* Those asked for last, each in the one place that it can have. */
static struct spelling recent_names[256];

const char *intern(const char *s)
{
	struct interned *name;
	size_t n = strlen(s);
	struct spelling spelling = spelling_of(s, n), *recent = &recent_names[spelling_hash(&spelling) >> 56];
	if (recent->text && spelling_is(recent, &spelling))
		return recent->text;
	HASH_FIND(hh, names, s, n, name);
	if (!name) {
		name = xcalloc(1, sizeof *name + n + 1);
		memcpy(name->text, s, n);
		HASH_ADD_KEYPTR(hh, names, name->text, n, name);
	}
	*recent = spelling;
	return recent->text = name->text;
}

void intern_forget(void)
{
	struct interned *name, *next;
	HASH_ITER (hh, names, name, next) {
		HASH_DEL(names, name);
		free(name);
	}
	memset(recent_names, 0, sizeof recent_names);
}

void complain(const char *format, ...)
{
	va_list ap;
	char *s;
	va_start(ap, format);
	int n = vasprintf(&s, format, ap);
	va_end(ap);
	need(n < 0 ? NULL : s);
	flockfile(stderr); /* one line, whichever thread it is of */
	fputs("socksan: ", stderr);
	print_safe(stderr, s);
	fputc('\n', stderr);
	funlockfile(stderr);
	free(s);
}

/* The length of the UTF-8 character at s, 0 if there is no complete and valid one: Unicode, table 3-7. */
static size_t utf8_length(const unsigned char *s)
{
	if (*s < 0x80)
		return 1;
	size_t n = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, a surrogate, or beyond U+10FFFF. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) || (*s == 0xf0 && s[1] < 0x90) ||
	    (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Characters that control a terminal, end a line, or change the reading order: C0, C1, U+2028, U+2029 and the bidirectional controls; and
 * those that XML cannot contain: U+FFFE and U+FFFF. */
static bool is_control(const unsigned char *s)
{
	return *s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0) ||
	       (*s == 0xe2 &&
		((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) || (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9))) ||
	       (*s == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
}

/* Whether the character at s, `*n` bytes long, is printed unchanged. */
static bool is_plain(const unsigned char *s, size_t *n)
{
	size_t length = utf8_length(s);
	*n = length ? length : 1;
	return length > 0 && !is_control(s);
}

void print_safe(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s, *plain = p; /* not yet written */
	for (size_t n; *p; p += n) {
		if (is_plain(p, &n))
			continue;
		fwrite(plain, 1, (size_t)(p - plain), out);
		for (size_t i = 0; i < n; i++)
			fprintf(out, "\\x%02x", p[i]);
		plain = p + n;
	}
	fwrite(plain, 1, (size_t)(p - plain), out);
}

FILE *memstream(char **text, size_t *n) { return need(open_memstream(text, n)); }

char *safe_text(const char *s)
{
	char *text = xcalloc(strlen(s) + 1, 4), *to = text;
	for (size_t n; *s; s += n) {
		if (is_plain((const unsigned char *)s, &n))
			to = mempcpy(to, s, n);
		else
			for (size_t i = 0; i < n; i++)
				to += sprintf(to, "\\x%02x", (unsigned char)s[i]);
	}
	return text;
}

char *utf8_text(const char *s)
{
	char *text = xcalloc(strlen(s), 3 + 1), *to = text;
	while (*s) {
		size_t n = utf8_length((const unsigned char *)s);
		to = n ? mempcpy(to, s, n) : stpcpy(to, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	*to = 0;
	return text;
}

char *read_file(const char *path, size_t *n)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = NULL;
	size_t cap = 0, got;
	*n = 0;
	if (!in)
		return NULL;
	do {
		cap = cap ? 2 * cap : 1 << 16;
		text = xreallocarray(text, cap, 1);
		got = fread(text + *n, 1, cap - 1 - *n, in);
		*n += got;
	} while (got);
	int why = ferror(in) ? errno : 0;
	if (in != stdin)
		fclose(in);
	text[*n] = 0;
	if (why) {
		free(text);
		errno = why;
		return NULL;
	}
	return text;
}

char *time_text(long long ns)
{
	static const struct {
		long long from; /* from this value on */
		double unit;
		const char *name;
	} units[] = {{7200000000000, 3600e9, "h"}, {120000000000, 60e9, "min"}, {1000000000, 1e9, "s"}, {0, 1e6, "ms"}};
	size_t i = 0;
	while (ns < units[i].from && units[i].from)
		i++;
	double n = (double)ns / units[i].unit;
	/* 7.0 s is shown as 7 s; from 100 on a fraction is noise. */
	bool whole = n >= 100 || (long long)(n * 10 + 0.5) % 10 == 0;
	return xasprintf("%.*f %s", whole ? 0 : 1, n, units[i].name);
}

int64_t monotonic_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *address_port(const char *address)
{
	const char *port = strrchr(address, ':');
	return port ? port : address + strlen(address);
}

uint64_t sum(uint64_t a, uint64_t b) { return a + b < a || a + b > INT64_MAX ? INT64_MAX : a + b; }

/* Levenshtein distance whatever the case, for words short enough for one row. */
static size_t distance(const char *a, const char *b)
{
	size_t row[65];
	size_t n = strlen(b);
	if (n > 64)
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t above = row[j + 1];
			size_t best = diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]));
			if (above + 1 < best)
				best = above + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
			diagonal = above;
		}
	}
	return row[n];
}

const char *nearest(const char *word, const char *(*next)(size_t i))
{
	const char *best = NULL;
	const char *candidate;
	size_t least = strlen(word) / 3 + 2;
	for (size_t i = 0; (candidate = next(i)); i++) {
		if (strlen(word) >= strlen(candidate) + least)
			continue; /* too far away by its length alone */
		size_t d = distance(word, candidate);
		if (d < least) {
			least = d;
			best = candidate;
		}
	}
	return best;
}

char *did_you_mean(const char *word, const char *(*next)(size_t i), const char *otherwise)
{
	const char *near = nearest(word, next);
	return near ? xasprintf("; did you mean '%s'?", near) : xstrdup(otherwise);
}

char *normal_path(const char *path)
{
	char *text = xcalloc(strlen(path) + 1, 1), *end = text;
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");
		if (n == 2 && memcmp(part, "..", 2) == 0) {
			if (end == text) {
				free(text);
				return NULL;
			}
			char *slash = memrchr(text, '/', (size_t)(end - text));
			end = slash ? slash : text;
		} else if (n > 0 && !(n == 1 && *part == '.')) {
			if (end > text)
				*end++ = '/';
			end = mempcpy(end, part, n);
		}
		*end = 0;
		part += n + (part[n] == '/');
	}
	return text;
}

void print_count(FILE *out, uint64_t n, const char *one)
{
	fprintf(out, "%llu %s%s", (unsigned long long)n, one, n == 1 ? "" : one[strlen(one) - 1] == 's' ? "es" : "s");
}

int64_t changed_ns(const struct stat *st)
{
	int64_t seconds = st->st_mtim.tv_sec, most = INT64_MAX / 1000000000 - 1;
	seconds = seconds > most ? most : seconds < 0 ? 0 : seconds;
	return seconds * 1000000000 + st->st_mtim.tv_nsec;
}

char *read_whole(int fd, size_t size)
{
	char *text = xcalloc(size + 1, 1);
	size_t n = 0;
	ssize_t got;
	while (n < size && (got = read(fd, text + n, size - n)) > 0)
		n += (size_t)got;
	if (n == size)
		return text;
	free(text);
	return NULL;
}
