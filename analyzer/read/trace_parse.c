/* Parses a line of JSON: kinds of lines, keys and their types.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/read/trace_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/read/trace_scan.h"

enum { LONG_LINE = 1 << 20 }; /* no shim writes a longer one */

int64_t find_time(const struct trace_line *line)
{
	const char *s = line->text, *end = s + line->length;
	int depth = 0;
	bool key = false; /* whether a string that comes now is a key of the outermost object */
	while (s < end) {
		char c = *s++;
		if (c == '{' || c == '[') {
			key = ++depth == 1 && c == '{';
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (c == ',') {
			key = depth == 1;
		} else if (c == '"') {
			const char *start = s;
			while (s < end && *s != '"')
				s += *s == '\\' ? 2 : 1;
			if (s >= end)
				return -1;
			bool found = key && s - start == 1 && *start == 't';
			key = false;
			s++;
			if (!found)
				continue;
			while (s < end && (*s == ' ' || *s == '\t' || *s == ':'))
				s++;
			int64_t t = 0;
			const char *digits = s;
			for (; s < end && *s >= '0' && *s <= '9'; s++)
				if (__builtin_mul_overflow(t, 10, &t) || __builtin_add_overflow(t, *s - '0', &t))
					return -1;
			return s > digits && s < end && (*s == ',' || *s == '}' || *s == ' ' || *s == '\t') ? t : -1;
		}
	}
	return -1;
}

int64_t peek_time(const struct trace_line *line)
{
	int64_t t = trace_scan_time(line);
	return t >= 0 ? t : find_time(line);
}

/* Whether a number is too large for jansson. */
static bool overflows(const char *number, size_t n)
{
	char *text = strndup(number, n);
	errno = 0;
	if (strpbrk(text, ".eE"))
		(void)strtod(text, NULL);
	else
		(void)strtoll(text, NULL, 10);
	free(text);
	return errno == ERANGE;
}

/* A number that is out of range invalidates its key, not the line: the line is parsed again with {}, which no key accepts, in its place.
 * Reading all numbers as reals instead would lose the last digits of `t`. */
static json_t *parse_without_overflows(const struct trace_line *line, json_error_t *error)
{
	char *copy = xcalloc(line->length + 1, 1);
	memcpy(copy, line->text, line->length);
	const char *end = copy + strlen(copy);
	for (char *s = copy; s < end;) {
		size_t n = strspn(s, "+-.0123456789eE");
		if (*s == '"') {
			for (s++; s < end && *s != '"'; s++)
				s += *s == '\\';
			s++;
		} else if (!strchr("-0123456789", *s)) {
			s++;
		} else {
			if (n >= 2 && overflows(s, n)) {
				memset(s, ' ', n);
				memcpy(s, "{}", 2);
			}
			s += n;
		}
	}
	json_t *json = json_loadb(copy, (size_t)(end - copy), JSON_DECODE_ANY, error);
	free(copy);
	return json;
}

/* If the line is cut off within a word, as in `"from":nu`, jansson complains of the word. */
static bool is_torn(const struct trace_line *line)
{
	return line->kind == LINE_UNENDED || (line->text[0] == '{' && line->text[line->length - 1] != '}');
}

/* Parses a line; NULL if it is not an object. Complains of it unless it is blank, and counts torn lines. */
static json_t *parse_json(struct trace_parser *parser, struct trace_file *file, const struct trace_line *line)
{
	json_error_t error;
	json_t *json = json_loadb(line->text, line->length, JSON_DECODE_ANY, &error);
	if (!json && json_error_code(&error) == json_error_numeric_overflow)
		json = parse_without_overflows(line, &error);
	if (json_is_object(json)) {
		if (line->length > LONG_LINE)
			complain_of_line(file, line->number, "a line longer than any in a trace; read anyway");
		return json;
	}
	if (json) {
		complain_of_line(file, line->number,
				 json_is_array(json) ? "a JSON array, not an event; left out"
						     : "a JSON value, not an event; left out");
		json_decref(json);
		return NULL;
	}
	if (strspn(line->text, " \t\r") >= line->length)
		return NULL; /* blank, as where \n became \r\n; the text is followed by \n or NUL */
	if (memchr(line->text, 0, line->length)) {
		complain_of_line(file, line->number, "NUL bytes in the line; left out");
	} else if (is_torn(line) || json_error_code(&error) == json_error_premature_end_of_input) {
		parser->torn++;
		file->cut |= line->kind == LINE_UNENDED;
		complain_of_line(file, line->number, "a torn line, cut off as it was being written; left out");
	} else if (json_error_code(&error) == json_error_invalid_utf8) {
		complain_of_line(file, line->number, "invalid UTF-8; left out");
	} else {
		char *what = xasprintf("not JSON (%.150s); left out", error.text);
		complain_of_line(file, line->number, what);
		free(what);
	}
	return NULL;
}

static int compare_key(const void *name, const void *key)
{
	return strcmp(name, ((const struct trace_key *)key)->name);
}

/* The number of a word, counting from 1; `n` if this SockSan does not know it. */
static unsigned find_word(const char *text, const char *(*name)(unsigned), unsigned n)
{
	unsigned i = 1;
	while (i < n && strcmp(text, name(i)) != 0)
		i++;
	return i;
}

static bool read_state(const json_t *value, enum state *state)
{
	unsigned i = json_is_string(value) ? find_word(json_string_value(value), state_name, STATES) : STATES;
	if (json_is_null(value))
		*state = STATE_NONE;
	else if (i < STATES)
		*state = (enum state)i;
	return json_is_null(value) || i < STATES;
}

/* An unknown word is 0, as is an absent one. */
static bool read_word(const json_t *value, const char *(*name)(unsigned), unsigned n, unsigned *word)
{
	if (json_is_string(value)) {
		unsigned i = find_word(json_string_value(value), name, n);
		*word = i < n ? i : 0;
	}
	return json_is_string(value);
}

/* An unknown kind becomes KIND_other. */
static bool read_kind(const json_t *value, enum kind *kind)
{
	unsigned i = 0;
	if (!json_is_string(value))
		return false;
	while (i < KIND_other && strcmp(json_string_value(value), kind_name(i)) != 0)
		i++;
	*kind = (enum kind)i;
	return true;
}

static bool read_strings(struct trace_parser *parser, int which, const json_t *value, const char ***strings, size_t *n)
{
	size_t i;
	json_t *one;
	if (!json_is_array(value))
		return false;
	size_t read = 0;
	json_array_foreach(value, i, one)
	{
		if (!json_is_string(one))
			return false;
		GROW(parser->strings[which], read, parser->cap_strings[which]);
		parser->strings[which][read++] = json_string_value(one);
	}
	*strings = parser->strings[which];
	*n = read;
	return true;
}

/* Frames of a language. Those of a second language in the same stack are ignored. */
static bool read_script(struct trace_parser *parser, enum lang lang, const json_t *value)
{
	struct trace_event *event = &parser->event;
	if (event->lang)
		return json_is_array(value);
	bool read = read_strings(parser, 1, value, &event->script, &event->n_script);
	event->lang = read ? lang : LANG_c;
	return read;
}

static bool read_counts(struct trace_parser *parser, int which, const json_t *value, const uint64_t **counts, size_t *n)
{
	size_t i;
	json_t *one;
	if (!json_is_array(value))
		return false;
	size_t read = 0;
	json_array_foreach(value, i, one)
	{
		if (!json_is_integer(one) || json_integer_value(one) < 0)
			return false;
		GROW(parser->counts[which], read, parser->cap_counts[which]);
		parser->counts[which][read++] = (uint64_t)json_integer_value(one);
	}
	*counts = parser->counts[which];
	*n = read;
	return true;
}

/* Parses "MODULE+0xOFFSET", innermost first. */
static bool read_frames(struct trace_parser *parser, const json_t *value)
{
	size_t i;
	json_t *one;
	if (!json_is_array(value))
		return false;
	size_t read = 0;
	json_array_foreach(value, i, one)
	{
		const char *s = json_string_value(one);
		char *end;
		if (!s)
			return false;
		struct event_frame frame = {.module = strtoll(s, &end, 10)};
		if (end == s || *end != '+')
			return false;
		s = end + 1;
		frame.offset = strtoull(s, &end, 16);
		if (end == s || *end)
			return false;
		GROW(parser->frames, read, parser->cap_frames);
		parser->frames[read++] = frame;
	}
	parser->event.frames = parser->frames;
	parser->event.n_frames = read;
	return true;
}

static bool read_number(const json_t *value, int64_t least, int64_t most, int64_t *number)
{
	if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
		return false;
	*number = json_integer_value(value);
	return true;
}

/* Stores one value in the event. False if it does not have the type of the key; the event is unchanged. */
static bool read_key(struct trace_parser *parser, const struct trace_key *key, const json_t *value)
{
	struct trace_event *event = &parser->event;
	void *member = (char *)event + key->offset;
	if (key->type != KEY_STATE && json_is_null(value))
		return true;
	switch (key->type) {
	case KEY_STRING:
		if (json_is_string(value))
			*(const char **)member = json_string_value(value);
		return json_is_string(value);
	case KEY_NUMBER: return read_number(value, INT64_MIN, INT64_MAX, member);
	case KEY_DESCRIPTOR: return read_number(value, INT_MIN + 1, INT_MAX, member);
	case KEY_STATE: return read_state(value, member);
	case KEY_KIND: return read_kind(value, member);
	case KEY_NOTE: return read_word(value, note_name, NOTES, member);
	case KEY_HOW: return read_word(value, how_name, HOWS, member);
	case KEY_LOSS: return read_word(value, loss_name, LOSSES, member);
	case KEY_FLAG:
		if (json_is_boolean(value))
			*(bool *)member = json_is_true(value);
		return json_is_boolean(value);
	case KEY_HEX:
		if (json_is_string(value))
			*(uint64_t *)member = strtoull(json_string_value(value), NULL, 16);
		return json_is_string(value);
	case KEY_SECONDS: /* ns since the epoch */
		if (json_number_value(value) > 0 && json_number_value(value) < 9e9)
			*(int64_t *)member = (int64_t)(json_number_value(value) * 1e9);
		return json_is_number(value);
	case KEY_ARGV: return read_strings(parser, 0, value, &event->argv, &event->n_argv);
	case KEY_SCRIPT: return read_script(parser, (enum lang)key->offset, value);
	case KEY_RUNS: return read_counts(parser, 0, value, &event->runs, &event->n_runs);
	case KEY_MEMBERS: return read_counts(parser, 1, value, &event->members, &event->n_members);
	case KEY_FRAMES: return read_frames(parser, value);
	}
	return false;
}

/* Whether a line of this kind is useless without the key. */
static bool needs(enum event_kind kind, const char *name)
{
	for (const char *const *need = event_rows[kind].needs; *need; need++)
		if (strcmp(*need, name) == 0)
			return true;
	return strcmp(name, "t") == 0 || strcmp(name, "pid") == 0;
}

/* Why the parsed line is not an event, or NULL. An invalid value loses only its key, unless the line needs it. */
static char *read_event(struct trace_parser *parser, struct trace_file *file)
{
	struct trace_event *event = &parser->event;
	const char *ev = json_string_value(json_object_get(parser->json, "ev"));
	if (!ev)
		return xstrdup("no \"ev\"; left out");
	size_t kind = 0;
	while (kind < event_rows_n && strcmp(ev, event_rows[kind].name) != 0)
		kind++;
	if (kind == event_rows_n)
		return xasprintf("\"ev\" is \"%.40s\", which this SockSan does not know; left out", ev);
	event->kind = (enum event_kind)kind;

	for (void *at = json_object_iter(parser->json); at; at = json_object_iter_next(parser->json, at)) {
		const char *name = json_object_iter_key(at);
		const struct trace_key *key = bsearch(name, trace_keys, trace_keys_n, sizeof *trace_keys, compare_key);
		if (!key || read_key(parser, key, json_object_iter_value(at)))
			continue;
		if (needs(event->kind, name))
			return xasprintf("\"%s\" has an impossible value; left out", name);
		char *what = xasprintf("\"%s\" has an impossible value; read without it", name);
		complain_of_line(file, event->line, what);
		free(what);
	}
	if (event->t < 0)
		return xstrdup("no usable \"t\"; left out");
	if (event->pid < 0 || event->pid > INT_MAX)
		return xstrdup("no usable \"pid\"; left out");
	for (const char *const *need = event_rows[kind].needs; *need; need++)
		if (!json_object_get(parser->json, *need) || json_is_null(json_object_get(parser->json, *need)))
			return xasprintf("a \"%s\" line without \"%s\"; left out", ev, *need);
	return NULL;
}

struct trace_event *trace_parse_slowly(struct trace_parser *parser, struct trace_file *file,
				       const struct trace_line *line)
{
	parser->json = parse_json(parser, file, line);
	if (!parser->json)
		return NULL;
	parser->event = trace_event_blank;
	parser->event.line = line->number;
	char *what = read_event(parser, file);
	if (!what)
		return &parser->event;
	complain_of_line(file, line->number, what);
	free(what);
	return NULL;
}

struct trace_event *trace_parse(struct trace_parser *parser, struct trace_file *file, const struct trace_line *line)
{
	json_decref(parser->json);
	parser->json = NULL;
	parser->line = *line;
	return trace_scan(parser, line) ? &parser->event : trace_parse_slowly(parser, file, line);
}

const json_t *trace_parser_json(struct trace_parser *parser)
{
	if (!parser->json) {
		for (size_t i = 0; i < parser->n_cuts; i++)
			*parser->cuts[i] = '"';
		parser->json = json_loadb(parser->line.text, parser->line.length, 0, NULL);
		for (size_t i = 0; i < parser->n_cuts; i++)
			*parser->cuts[i] = 0;
	}
	return parser->json;
}

void trace_parser_clear(struct trace_parser *parser)
{
	json_decref(parser->json);
	free(parser->frames);
	free(parser->strings[0]);
	free(parser->strings[1]);
	free(parser->counts[0]);
	free(parser->counts[1]);
	free(parser->cuts);
	free(parser->met);
	free(parser->next_key);
}
