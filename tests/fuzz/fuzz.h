/* What the fuzz targets share: each is one libFuzzer target, and in other builds a test that runs its corpus.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

/* Mutates text that holds JSON, by its values as often as by its bytes; see LLVMFuzzerCustomMutator. */
size_t json_mutate(uint8_t *data, size_t size, size_t room, unsigned seed);

/* Ends the run: the input is a finding. */
#define EXPECT(condition, ...) ((condition) ? (void)0 : fuzz_fail(__VA_ARGS__))
_Noreturn void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Standard output and error of the analyzer, kept in memory between fuzz_capture() and fuzz_release(), where they are found,
 * NUL behind; good until the next fuzz_capture(). */
struct captured {
	struct captured_text {
		char *text;
		size_t n, cap;
		FILE *stream;
	} output, errors;
};
void fuzz_capture(struct captured *captured);
void fuzz_release(void);

/* UTF-8 without anything that could steer a terminal. */
void expect_safe(const char *what, const char *text, size_t n);

/* Formats that are JSON escape nothing but what JSON wants escaped. */
bool format_is_json(int format);

/* A report in a format of format.def: safe, and well-formed as far as a parser can tell. */
void expect_report(int format, const char *text, size_t n);

/* Frees what the analyzer keeps for the life of a process. */
void fuzz_forget(void);

/* Ends a run: jansson has to have freed all that it took. */
void json_arena_empty(void);

/* For choices that only depend on the input. */
uint32_t fuzz_hash(const uint8_t *data, size_t size);

/* A copy with a NUL behind it, in a block of just that size, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
