/* Small helpers that every part of the analyzer leans on: memory that never fails quietly, messages, safe printing.
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

/* The same string once and for all, to be compared by pointer; for the few names that a trace repeats. */
const char *intern(const char *s);

/* Frees them all: nothing may use one from now on. */
void intern_forget(void);

/* Makes room for one more element in an array that doubles. */
#define GROW(array, n, cap)                                                       \
	do {                                                                      \
		if ((n) == (cap)) {                                               \
			(cap) = (cap) ? 2 * (cap) : 8;                            \
			(array) = xreallocarray((array), (cap), sizeof *(array)); \
		}                                                                 \
	} while (0)

/* Returns from a comparing function where the two differ, the lesser first. */
#define COMPARE(a, b)                              \
	do {                                       \
		if ((a) != (b))                    \
			return (a) < (b) ? -1 : 1; \
	} while (0)

/* "socksan: ..." on standard error; arguments may hold anything, for control bytes are escaped. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints text from a trace or a path: control characters and broken UTF-8 as \xNN, so that nothing reaches a terminal
 * that could steer it. */
void print_safe(FILE *out, const char *s);

/* A stream into memory: once it is closed, `*text` is what was written, to be freed, and `*n` its length. */
FILE *memstream(char **text, size_t *n) __attribute__((warn_unused_result, returns_nonnull));

/* What print_safe() prints, to be freed. */
char *safe_text(const char *s) __attribute__((warn_unused_result, returns_nonnull));

/* The text with U+FFFD for each byte that is no UTF-8, to be freed. */
char *utf8_text(const char *s) __attribute__((warn_unused_result, returns_nonnull));

/* A whole file ("-": standard input) with a NUL behind its `*n` bytes, to be freed. NULL: errno says why. */
char *read_file(const char *path, size_t *n) __attribute__((warn_unused_result));

/* "250 ms", "7.5 s", "3 min", "2.1 h"; to be freed. */
char *time_text(long long ns);

/* "1 process", "3 processes" */
void print_count(FILE *out, uint64_t n, const char *one);

/* The time of CLOCK_MONOTONIC on this machine, for processes that still run. */
int64_t monotonic_now(void);

const char *base_name(const char *path);

/* A path without "." and ".." and doubled slashes, and not beginning with one, to be freed; NULL when it leads above where it
 * starts. */
char *normal_path(const char *path);

/* a + b, or the largest number that JSON's readers hold. */
uint64_t sum(uint64_t a, uint64_t b);

/* Opens a regular file for reading: its descriptor, and in `st` what fstat(2) says; or -1 with errno, EINVAL for what is no
 * regular file, or one of the kernel's own, below /proc or /sys for one. That is never opened, not even for a moment: a
 * FIFO would block, and devices can be set off by open(2). */
int open_regular(const char *path, struct stat *st);

/* When a file was last changed, in ns since the epoch, as far as 64 bits reach. */
int64_t changed_ns(const struct stat *st);

/* The first `size` bytes of an open file with a NUL behind them, to be freed; NULL: it has no more so many. */
char *read_whole(int fd, size_t size);

/* The candidate nearest to a mistyped word, or NULL when none is near; next() gives them one by one, then NULL. */
const char *nearest(const char *word, const char *(*next)(size_t i));

#endif
