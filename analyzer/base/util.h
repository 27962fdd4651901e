/* Helpers used everywhere in the analyzer: memory that never fails silently, messages, safe printing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_UTIL_H
#define SOCKSAN_ANALYZER_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

/* Out of memory ends the program with a message: a report with holes would be worse than none. */
void *xcalloc(size_t n, size_t size) __attribute__((warn_unused_result, returns_nonnull));
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((warn_unused_result, returns_nonnull));
char *xstrdup(const char *s) __attribute__((warn_unused_result, returns_nonnull));
char *xasprintf(const char *format, ...) __attribute__((warn_unused_result, returns_nonnull, format(printf, 1, 2)));

/* Returns the one copy of this string, which can be compared by pointer; for the few names that a trace repeats. */
const char *intern(const char *s);

/* Frees all of them: none may be used after that. */
void intern_forget(void);

/* Makes room for one more element in an array that grows by doubling. */
#define GROW(array, n, cap)                                                       \
	do {                                                                      \
		if ((n) == (cap)) {                                               \
			(cap) = (cap) ? 2 * (cap) : 8;                            \
			(array) = xreallocarray((array), (cap), sizeof *(array)); \
		}                                                                 \
	} while (0)

/* Returns from a comparison function if the two differ, the smaller first. */
#define COMPARE(a, b)                              \
	do {                                       \
		if ((a) != (b))                    \
			return (a) < (b) ? -1 : 1; \
	} while (0)

/* Prints "socksan: ..." on standard error. Arguments may contain anything: control bytes are escaped. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints text from a trace or a path, with control characters and broken UTF-8 as \xNN, so that it cannot control a terminal. */
void print_safe(FILE *out, const char *s);

/* A stream into memory: once it is closed, `*text` is what was written, to be freed, and `*n` its length. */
FILE *memstream(char **text, size_t *n) __attribute__((warn_unused_result, returns_nonnull));

/* What print_safe() prints, to be freed. */
char *safe_text(const char *s) __attribute__((warn_unused_result, returns_nonnull));

/* The text with U+FFFD for each byte that is not UTF-8, to be freed. */
char *utf8_text(const char *s) __attribute__((warn_unused_result, returns_nonnull));

/* A whole file ("-": standard input) with a NUL after its `*n` bytes, to be freed. NULL on failure, with errno. */
char *read_file(const char *path, size_t *n) __attribute__((warn_unused_result));

/* "250 ms", "7.5 s", "3 min", "2.1 h"; to be freed. */
char *time_text(long long ns);

/* "1 process", "3 processes" */
void print_count(FILE *out, uint64_t n, const char *one);

/* CLOCK_MONOTONIC of this machine now, for processes that still run. */
int64_t monotonic_now(void);

const char *base_name(const char *path);

/* Splits "127.0.0.1:80" into the address and the port: ":80". Without a port, its end. */
const char *address_port(const char *address);

/* A path without ".", "..", doubled slashes or a leading slash, to be freed; NULL if it leads above its start. */
char *normal_path(const char *path);

/* a + b, capped at the largest number that JSON readers can hold. */
uint64_t sum(uint64_t a, uint64_t b);

/* Opens a regular file for reading. Returns a descriptor, and the result of fstat(2) in `st`; or -1 with errno, EINVAL if it is not a
 * regular file or is one of the kernel's own, such as those below /proc or /sys. Such files are never opened, not even briefly: a FIFO
 * would block, and open(2) has side effects on some devices. */
int open_regular(const char *path, struct stat *st);

/* When a file was last modified, in ns since the epoch, saturating. */
int64_t changed_ns(const struct stat *st);

/* The first `size` bytes of an open file with a NUL after them, to be freed; NULL if it no longer has that many. */
char *read_whole(int fd, size_t size);

/* The candidate closest to a mistyped word, or NULL if none is close; next() returns them one by one, then NULL. */
const char *nearest(const char *word, const char *(*next)(size_t i));

/* "; did you mean 'NAME'?" with that candidate, or else `otherwise`; to be freed. */
char *did_you_mean(const char *word, const char *(*next)(size_t i), const char *otherwise);

#endif
