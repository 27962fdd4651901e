/* What the fuzz targets share: see fuzz.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <libxml/parser.h>

#include "analyzer/report/format.h"
#include "analyzer/replay/stacks.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/base/util.h"

/* Blocks are many and small, and none outlives its run: where they were made is asked for once there is a finding, by
 * ASAN_OPTIONS=malloc_context_size=30, and one run's worth of freed ones is enough to keep. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "quarantine_size_mb=1:malloc_context_size=0"; }

static FILE *real_output, *real_errors;

void fuzz_fail(const char *format, ...)
{
	va_list ap;
	FILE *out = real_errors ? real_errors : stderr;
	va_start(ap, format);
	fputs("finding: ", out);
	vfprintf(out, format, ap);
	fputc('\n', out);
	va_end(ap);
	fflush(out);
	abort();
}

static ssize_t keep(void *cookie, const char *bytes, size_t n)
{
	struct captured_text *text = cookie;
	if (text->n + n + 1 > text->cap) {
		text->cap = 2 * (text->n + n + 1);
		text->text = xreallocarray(text->text, text->cap, 1);
	}
	memcpy(text->text + text->n, bytes, n);
	text->n += n;
	text->text[text->n] = 0;
	return (ssize_t)n;
}

/* A stream into memory, there for all runs. */
static FILE *stream_to(struct captured_text *text)
{
	keep(text, "", 0);
	return fopencookie(text, "w", (cookie_io_functions_t){.write = keep});
}

void fuzz_capture(struct captured *captured)
{
	if (!captured->output.stream) {
		captured->output.stream = stream_to(&captured->output);
		captured->errors.stream = stream_to(&captured->errors);
	}
	captured->output.n = captured->errors.n = 0;
	real_output = stdout;
	real_errors = stderr;
	stdout = captured->output.stream;
	stderr = captured->errors.stream;
}

void fuzz_release(void)
{
	fflush(stdout);
	fflush(stderr);
	stdout = real_output;
	stderr = real_errors;
}

/* The length of the character at `s`, 0 for none that is valid: decoded, other than print_safe() does it. */
static size_t decode(const char *s, size_t n, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)*s;
	size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
	if (length == 0 || length > n)
		return 0;
	*c = length == 1 ? first : first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	return *c < least[length] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : length;
}

void expect_safe(const char *what, const char *text, size_t n)
{
	uint32_t c;
	for (size_t i = 0, length; i < n; i += length) {
		length = decode(text + i, n - i, &c);
		EXPECT(length, "%s: byte %zu is no UTF-8", what, i);
		bool control = (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
			       (c >= 0x2066 && c <= 0x2069);
		EXPECT(!control, "%s: U+%04X at byte %zu", what, c, i);
	}
}

/* Each line of the format for GitHub is a command that SockSan meant, or the summary at the end. */
static void expect_commands(const char *text)
{
	static const char *const starts[] = {"::error ", "::warning ", "::notice ", "socksan: "};
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		bool known = false;
		for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
			known |= strncmp(line, starts[i], strlen(starts[i])) == 0;
		EXPECT(known && strchr(line, '\n'), "github: a line of its own: %.80s", line);
	}
}

static void expect_json(const char *text, size_t n)
{
	json_error_t error;
	json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	EXPECT(json, "json: %d:%d: %s", error.line, error.column, error.text);
	json_decref(json);
}

static void expect_xml(const char *text, size_t n)
{
	xmlDoc *doc = xmlReadMemory(text, (int)n, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
	EXPECT(doc, "xml: %s", xmlGetLastError() ? xmlGetLastError()->message : "no document");
	xmlFreeDoc(doc);
}

bool format_is_json(int format) { return formats[format].syntax == SYNTAX_JSON; }

void expect_report(int format, const char *text, size_t n)
{
	EXPECT(n > 0 && text[n - 1] == '\n', "%s: no whole line at its end", formats[format].name);
	if (format_is_json(format)) {
		expect_json(text, n);
		return;
	}
	expect_safe(formats[format].name, text, n);
	if (format == FORMAT_github)
		expect_commands(text);
	if (format == FORMAT_junit || format == FORMAT_html)
		expect_xml(text, n);
}

void fuzz_forget(void)
{
	symbols_forget();
	stacks_forget();
	intern_forget();
	json_arena_empty();
}

uint32_t fuzz_hash(const uint8_t *data, size_t size)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return hash ^ hash >> 16;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = xcalloc(size + 1, 1);
	if (size)
		memcpy(text, data, size);
	return text;
}
