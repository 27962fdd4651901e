/* Parses a line as the shim writes it: see trace_scan.h.
 *
 * Leaves to jansson any line for which jansson might produce a different event: escapes, bytes that are not ASCII, spaces, numbers in other
 * forms, invalid values, repeated keys. Makes no complaints.
 *
 * A line ends with '}', followed by a byte that no string contains, so that no loop needs to check for the end: LINE_SLACK.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/read/trace_scan.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "analyzer/base/util.h"
#include "analyzer/base/word_table.h"

enum { LONG_LINE = 1 << 20 }; /* jansson complains of it */

/* -- words ---------------------------------------------------------------------------------------------------- */

static struct {
	struct word_table *keys, *events, *states, *kinds, *notes, *hows, *losses;
} words;

/* A key as it begins in a line, "NAME":, or a kind of line as it appears there, "NAME". */
struct pattern {
	uint64_t bytes[2], mask[2];
	size_t length; /* 0: longer than 16 bytes */
};

static struct pattern *key_patterns, *event_patterns;

/* For each kind of line, the numbers of the keys that it needs, terminated by WORD_UNKNOWN. */
static unsigned (*needed)[sizeof event_rows->needs / sizeof *event_rows->needs];

static const char *key_name(unsigned i) { return i < trace_keys_n ? trace_keys[i].name : "ev"; }

static const char *event_name(unsigned i) { return event_rows[i].name; }

static struct pattern pattern_of(const char *name, const char *behind)
{
	struct pattern pattern = {.length = 0};
	char text[sizeof pattern.bytes + 1] = "", mask[sizeof pattern.mask] = "";
	int n = snprintf(text, sizeof text, "\"%s\"%s", name, behind);
	if (n < (int)sizeof text) {
		pattern.length = (size_t)n;
		memset(mask, 0xff, pattern.length);
		memcpy(pattern.bytes, text, sizeof pattern.bytes);
		memcpy(pattern.mask, mask, sizeof mask);
	}
	return pattern;
}

static inline bool stands_here(const struct pattern *pattern, const char *s)
{
	uint64_t differs = ((load_bytes(s, 8) ^ pattern->bytes[0]) & pattern->mask[0]) |
			   ((load_bytes(s + 8, 8) ^ pattern->bytes[1]) & pattern->mask[1]);
	return pattern->length && !differs;
}

static void make_tables(void)
{
	if (words.keys)
		return;
	words.keys = word_table_new(key_name, trace_keys_n + 1);
	words.events = word_table_new(event_name, event_rows_n);
	words.states = word_table_new(state_name, STATES);
	words.kinds = word_table_new(kind_name, KINDS);
	words.notes = word_table_new(note_name, NOTES);
	words.hows = word_table_new(how_name, HOWS);
	words.losses = word_table_new(loss_name, LOSSES);
	key_patterns = xcalloc(trace_keys_n + 1, sizeof *key_patterns);
	for (unsigned key = 0; key <= trace_keys_n; key++)
		key_patterns[key] = pattern_of(key_name(key), ":");
	event_patterns = xcalloc(event_rows_n, sizeof *event_patterns);
	for (unsigned kind = 0; kind < event_rows_n; kind++)
		event_patterns[kind] = pattern_of(event_name(kind), "");
	needed = xcalloc(event_rows_n, sizeof *needed);
	for (size_t kind = 0; kind < event_rows_n; kind++)
		for (size_t i = 0; i < sizeof *needed / sizeof **needed; i++) {
			const char *name = event_rows[kind].needs[i];
			needed[kind][i] = name ? word_find(words.keys, name, strlen(name)) : WORD_UNKNOWN;
		}
}

/* -- values: each returns what follows it, or NULL to leave the line to jansson --------------------------------- */

/* The quote that ends a string. */
static inline char *string_end(char *s)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
	for (;; s += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)s);
		/* Signed: bytes that are not ASCII compare less than a space, too. */
		__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape)),
					   _mm_cmplt_epi8(bytes, space));
		unsigned found = (unsigned)_mm_movemask_epi8(odd);
		if (found) {
			s += __builtin_ctz(found);
			return *s == '"' ? s : NULL;
		}
	}
#else
	const uint64_t ones = 0x0101010101010101u;
	for (;; s += 8) {
		uint64_t bytes = le64toh(load_bytes(s, 8)), quotes = bytes ^ '"' * ones, escapes = bytes ^ '\\' * ones;
		/* The lowest match is right; those above it may be wrong. */
		uint64_t found =
			((bytes - ' ' * ones) | bytes | ((quotes - ones) & ~quotes) | ((escapes - ones) & ~escapes)) &
			0x80 * ones;
		if (found) {
			s += __builtin_ctzll(found) / 8;
			return *s == '"' ? s : NULL;
		}
	}
#endif
}

static inline bool is_digit(char c) { return (unsigned char)(c - '0') <= 9; }

/* Up to 24 digits, eight at a time. */
static inline char *read_digits(char *s, uint64_t *value)
{
	static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	unsigned n, rounds = 0;
	do {
		uint64_t bytes = le64toh(load_bytes(s, 8)) ^ 0x3030303030303030u;
		uint64_t others = ((bytes + 0x7676767676767676u) | bytes) & 0x8080808080808080u;
		n = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
		if (n == 0)
			break;
		/* The first digit is in the lowest byte, and zeros come before it. Adds up pairs, then fours, then all eight. */
		bytes <<= 8 * (8 - n);
		bytes = bytes * 10 + (bytes >> 8);
		bytes = ((bytes & 0x000000ff000000ffu) * 0x000f424000000064u +
			 (bytes >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >>
			32;
		*value = *value * powers[n] + bytes;
		s += n;
	} while (n == 8 && ++rounds < 3);
	return s;
}

/* An integer of up to 18 digits, which almost all numbers from the shim are. */
static inline char *read_integer(char *s, int64_t *number)
{
	uint64_t value = 0;
	if (is_digit(s[0]) && !is_digit(s[1])) { /* most have one digit */
		*number = *s - '0';
		return s + 1;
	}
	bool minus = *s == '-';
	char *start = s + minus;
	s = read_digits(start, &value);
	if (s == start || s - start > 18 || (*start == '0' && (minus || s - start > 1)))
		return NULL;
	*number = minus ? -(int64_t)value : (int64_t)value;
	return s;
}

/* A decimal fraction without an exponent, as the nearest double: both the digits and the power of ten are exact, so the quotient is
 * correctly rounded. */
static char *read_real(char *s, double *number)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	uint64_t whole = 0, part = 0;
	char *start = s;
	s = read_digits(s, &whole);
	if (s == start || s - start > 15 || (*start == '0' && s - start > 1))
		return NULL;
	size_t digits = 0;
	if (*s == '.') {
		start = ++s;
		s = read_digits(s, &part);
		digits = (size_t)(s - start);
		if (digits == 0 || digits >= sizeof powers / sizeof *powers)
			return NULL;
	}
	if (__builtin_mul_overflow(whole, (uint64_t)powers[digits], &whole) || (whole += part) > (uint64_t)1 << 53)
		return NULL;
	*number = (double)whole / powers[digits];
	return s;
}

/* "0x" and up to 16 digits. */
static char *read_hex(char *s, uint64_t *value)
{
	*value = 0;
	if (s[0] != '0' || s[1] != 'x')
		return NULL;
	char *start = s += 2;
	for (;; s++) {
		unsigned digit = (unsigned char)*s - (unsigned)'0', letter = ((unsigned char)*s | 0x20u) - 'a';
		if (digit > 9 && letter > 5)
			break;
		*value = *value << 4 | (digit <= 9 ? digit : letter + 10);
	}
	return s == start || s - start > 16 ? NULL : s;
}

/* A string, to be terminated once the whole line is known to be good. */
static inline char *read_string(struct trace_parser *parser, char *s, const char **text)
{
	char *end = *s == '"' ? string_end(s + 1) : NULL;
	if (!end)
		return NULL;
	GROW(parser->cuts, parser->n_cuts, parser->cap_cuts);
	parser->cuts[parser->n_cuts++] = end;
	*text = s + 1;
	return end + 1;
}

static inline char *read_word(char *s, const struct word_table *table, unsigned *number)
{
	char *end = *s == '"' ? string_end(s + 1) : NULL;
	if (!end)
		return NULL;
	*number = word_find(table, s + 1, (size_t)(end - s - 1));
	return *number == WORD_UNKNOWN ? NULL : end + 1;
}

static inline bool is_null(const char *s) { return memcmp(s, "null", 4) == 0; }

static inline char *read_state(char *s, enum state *state)
{
	unsigned number = STATE_NONE;
	s = is_null(s) ? s + 4 : read_word(s, words.states, &number);
	if (s)
		*state = (enum state)number;
	return s;
}

static inline char *read_flag(char *s, bool *flag)
{
	*flag = *s == 't';
	return memcmp(s, "true", 4) == 0 ? s + 4 : memcmp(s, "false", 5) == 0 ? s + 5 : NULL;
}

/* Moves to the next element of an array, after `n` elements. False after the last; `*s` is NULL if the text is not an array. */
static inline bool next_element(char **s, size_t n)
{
	char *at = *s;
	if (*at == ']') {
		*s = at + 1;
		return false;
	}
	if (n > 0)
		*s = *at == ',' ? at + 1 : NULL;
	return *s != NULL;
}

static char *read_strings(struct trace_parser *parser, char *s, int which, const char ***strings, size_t *n)
{
	size_t read = 0;
	if (*s++ != '[')
		return NULL;
	while (next_element(&s, read)) {
		GROW(parser->strings[which], read, parser->cap_strings[which]);
		s = read_string(parser, s, &parser->strings[which][read++]);
		if (!s)
			return NULL;
	}
	*strings = parser->strings[which];
	*n = read;
	return s;
}

static char *read_script(struct trace_parser *parser, char *s, enum lang lang)
{
	struct trace_event *event = &parser->event;
	if (event->lang)
		return NULL;
	event->lang = lang;
	return read_strings(parser, s, 1, &event->script, &event->n_script);
}

static char *read_counts(struct trace_parser *parser, char *s, int which, const uint64_t **counts, size_t *n)
{
	size_t read = 0;
	int64_t count;
	if (*s++ != '[')
		return NULL;
	while (next_element(&s, read)) {
		s = read_integer(s, &count);
		if (!s || count < 0)
			return NULL;
		GROW(parser->counts[which], read, parser->cap_counts[which]);
		parser->counts[which][read++] = (uint64_t)count;
	}
	*counts = parser->counts[which];
	*n = read;
	return s;
}

static char *read_frames(struct trace_parser *parser, char *s)
{
	size_t read = 0;
	if (*s++ != '[')
		return NULL;
	while (next_element(&s, read)) {
		struct event_frame frame;
		s = *s == '"' ? read_integer(s + 1, &frame.module) : NULL;
		s = s && *s == '+' ? read_hex(s + 1, &frame.offset) : NULL;
		if (!s || *s++ != '"')
			return NULL;
		GROW(parser->frames, read, parser->cap_frames);
		parser->frames[read++] = frame;
	}
	parser->event.frames = parser->frames;
	parser->event.n_frames = read;
	return s;
}

/* The value of a key that the analyzer does not read. */
static char *pass_over(char *s)
{
	double number;
	bool flag;
	if (*s == '"')
		return (s = string_end(s + 1)) ? s + 1 : NULL;
	return is_null(s) ? s + 4 : *s == 't' || *s == 'f' ? read_flag(s, &flag) : read_real(s + (*s == '-'), &number);
}

static inline char *read_value(struct trace_parser *parser, char *s, const struct trace_key *key)
{
	struct trace_event *event = &parser->event;
	void *member = (char *)event + key->offset;
	double number;
	switch (key->type) {
	case KEY_STRING: return read_string(parser, s, member);
	case KEY_NUMBER: return read_integer(s, member);
	case KEY_DESCRIPTOR:
		s = read_integer(s, member);
		return *(int64_t *)member > INT_MIN && *(int64_t *)member <= INT_MAX ? s : NULL;
	case KEY_STATE: return read_state(s, member);
	case KEY_KIND: return read_word(s, words.kinds, member);
	case KEY_NOTE: return read_word(s, words.notes, member);
	case KEY_HOW: return read_word(s, words.hows, member);
	case KEY_LOSS: return read_word(s, words.losses, member);
	case KEY_FLAG: return read_flag(s, member);
	case KEY_HEX: return *s == '"' && (s = read_hex(s + 1, member)) && *s == '"' ? s + 1 : NULL;
	case KEY_SECONDS:
		s = read_real(s, &number);
		if (s && number > 0 && number < 9e9)
			*(int64_t *)member = (int64_t)(number * 1e9);
		return s;
	case KEY_ARGV: return read_strings(parser, s, 0, &event->argv, &event->n_argv);
	case KEY_SCRIPT: return read_script(parser, s, (enum lang)key->offset);
	case KEY_RUNS: return read_counts(parser, s, 0, &event->runs, &event->n_runs);
	case KEY_MEMBERS: return read_counts(parser, s, 1, &event->members, &event->n_members);
	case KEY_FRAMES: return read_frames(parser, s);
	}
	return NULL;
}

/* -- the line ------------------------------------------------------------------------------------------------- */

/* Whether the line already has the key; records that it does. */
static inline bool comes_again(struct trace_parser *parser, unsigned key)
{
	bool again = parser->met[key] == parser->scans;
	parser->met[key] = parser->scans;
	return again;
}

static bool has_needed(const struct trace_parser *parser)
{
	for (const unsigned *need = needed[parser->event.kind]; *need != WORD_UNKNOWN; need++)
		if (parser->met[*need] != parser->scans)
			return false;
	return true;
}

/* The key at this position; moves `*s` past its colon. WORD_UNKNOWN: a key that is not read, or, if `*s` becomes NULL, anything. Lines are
 * alike: usually this is the key that followed the previous one last time. */
static inline unsigned read_key(struct trace_parser *parser, char **s, unsigned before)
{
	unsigned key = parser->next_key[before];
	if (stands_here(&key_patterns[key], *s)) {
		*s += key_patterns[key].length;
		return key;
	}
	char *name = *s + 1, *end = **s == '"' ? string_end(name) : NULL;
	*s = end && end[1] == ':' ? end + 2 : NULL;
	if (!*s)
		return WORD_UNKNOWN;
	key = word_find(words.keys, name, (size_t)(end - name));
	if (key != WORD_UNKNOWN)
		parser->next_key[before] = (unsigned char)key;
	return key;
}

/* The kind of line: usually that of the previous line. */
static inline char *read_kind(struct trace_parser *parser, char *s)
{
	unsigned kind = parser->last_kind;
	if (stands_here(&event_patterns[kind], s))
		s += event_patterns[kind].length;
	else if ((s = read_word(s, words.events, &kind)))
		parser->last_kind = kind;
	parser->event.kind = (enum event_kind)kind;
	return s;
}

static bool read_members(struct trace_parser *parser, char *s, const char *end)
{
	unsigned key = (unsigned)trace_keys_n + 1;
	do {
		s++;
		unsigned found = read_key(parser, &s, key);
		if (!s)
			return false;
		if (found == WORD_UNKNOWN) {
			s = pass_over(s);
		} else if (comes_again(parser, key = found)) {
			return false;
		} else if (key < trace_keys_n) {
			s = read_value(parser, s, &trace_keys[key]);
		} else {
			s = read_kind(parser, s);
		}
		if (!s)
			return false;
	} while (*s == ',');
	return *s == '}' && s + 1 == end;
}

bool trace_scan(struct trace_parser *parser, const struct trace_line *line)
{
	const struct trace_event *event = &parser->event;
	char *text = line->text;
	if (line->length < 2 || line->length > LONG_LINE || *text != '{' || text[line->length - 1] != '}')
		return false;
	make_tables();
	if (!parser->met) {
		parser->met = xcalloc(trace_keys_n + 1, sizeof *parser->met);
		parser->next_key = xcalloc(trace_keys_n + 2, sizeof *parser->next_key);
	}
	parser->scans++;
	parser->n_cuts = 0;
	parser->event = trace_event_blank;
	parser->event.line = line->number;
	if (!read_members(parser, text, text + line->length) || parser->met[trace_keys_n] != parser->scans ||
	    !has_needed(parser) || event->t < 0 || event->pid < 0 || event->pid > INT_MAX)
		return false;
	for (size_t i = 0; i < parser->n_cuts; i++)
		*parser->cuts[i] = 0;
	return true;
}

int64_t trace_scan_time(const struct trace_line *line)
{
	static const char before[] = "{\"ev\":\"", behind[] = "\",\"t\":";
	char *s = line->text;
	uint64_t t = 0;
	if (memcmp(s, before, sizeof before - 1) != 0)
		return -1;
	for (s += sizeof before - 1; *s >= 'a' && *s <= 'z'; s++)
		;
	if (memcmp(s, behind, sizeof behind - 1) != 0)
		return -1;
	char *digits = s + sizeof behind - 1;
	s = read_digits(digits, &t);
	return s > digits && s - digits <= 18 && *s == ',' && s < line->text + line->length ? (int64_t)t : -1;
}
