/* Labels of traces.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/labels.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

/* Its name, the variable of the environment, and the keys that others have for it, the most specific first. */
static const struct {
	const char *name, *variable, *keys[4];
} rows[LABELS] = {
	[LABEL_SERVICE] = {"service", "SOCKSAN_SERVICE", {"service", "app.kubernetes.io/name", "app"}},
	[LABEL_VERSION] = {"version", "SOCKSAN_VERSION", {"version", "app.kubernetes.io/version"}},
	[LABEL_CONTAINER] = {"container", "SOCKSAN_CONTAINER", {"container"}},
	[LABEL_REGION] = {"region", "SOCKSAN_REGION", {"region", "topology.kubernetes.io/region"}},
	[LABEL_INSTANCE] = {"instance", "SOCKSAN_INSTANCE", {"instance"}},
};

const char *label_name(enum label label) { return rows[label].name; }

static void put(struct labels *labels, enum label label, char *value)
{
	free(labels->values[label]);
	labels->values[label] = value;
}

char *labels_set(struct labels *labels, const char *text)
{
	const char *equal = strchr(text, '=');
	if (!equal)
		return xasprintf("expected NAME=VALUE, not '%s'", text);
	for (enum label label = 0; label < LABELS; label++) {
		if (strncmp(text, rows[label].name, (size_t)(equal - text)) != 0 || rows[label].name[equal - text])
			continue;
		put(labels, label, xstrdup(equal + 1));
		return NULL;
	}
	return xasprintf("no label '%.*s'; there are service, version, container, region and instance",
			 (int)(equal - text), text);
}

void labels_from_environment(struct labels *labels)
{
	for (enum label label = 0; label < LABELS; label++) {
		const char *value = getenv(rows[label].variable);
		if (value && *value)
			put(labels, label, xstrdup(value));
	}
}

void labels_fill(struct labels *labels, const struct labels *others)
{
	for (enum label label = 0; label < LABELS; label++)
		if (!labels->values[label] && others->values[label])
			labels->values[label] = xstrdup(others->values[label]);
}

void labels_free(struct labels *labels)
{
	for (enum label label = 0; label < LABELS; label++)
		put(labels, label, NULL);
}

/* -- the downward API's file ------------------------------------------------------------------------------------ */

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | (c >= 'A' && c <= 'F' ? 0x20 : 0)) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Moves past `n` hexadecimal digits. -1: there are fewer. */
static long read_hex(const char **text, int n)
{
	long value = 0;
	for (; n > 0; n--) {
		int next = digit(**text);
		if (next < 0)
			return -1;
		value = value * 16 + next;
		++*text;
	}
	return value;
}

static void put_rune(FILE *out, long rune)
{
	if (rune < 0x80) {
		fputc((int)rune, out);
	} else if (rune < 0x800) {
		fprintf(out, "%c%c", (int)(0xc0 | rune >> 6), (int)(0x80 | (rune & 63)));
	} else if (rune < 0x10000) {
		fprintf(out, "%c%c%c", (int)(0xe0 | rune >> 12), (int)(0x80 | (rune >> 6 & 63)),
			(int)(0x80 | (rune & 63)));
	} else {
		fprintf(out, "%c%c%c%c", (int)(0xf0 | rune >> 18), (int)(0x80 | (rune >> 12 & 63)),
			(int)(0x80 | (rune >> 6 & 63)), (int)(0x80 | (rune & 63)));
	}
}

/* An escape as Go's strconv.Quote() writes it; `*text` is after its backslash. */
static bool put_escape(FILE *out, const char **text)
{
	static const char letters[] = "abfnrtv\"\\'", meanings[] = "\a\b\f\n\r\t\v\"\\'";
	char letter = *(*text)++;
	const char *at = letter ? strchr(letters, letter) : NULL;
	long value = letter == 'x'   ? read_hex(text, 2)
		     : letter == 'u' ? read_hex(text, 4)
		     : letter == 'U' ? read_hex(text, 8)
				     : -1;
	if (at) {
		fputc(meanings[at - letters], out);
	} else if (value <= 0 || value > 0x10ffff) {
		return false;
	} else if (letter == 'x') {
		fputc((int)value, out);
	} else {
		put_rune(out, value);
	}
	return true;
}

/* Reads "VALUE"; NULL if it is not one, to the end of its line. */
static char *read_quoted(const char *text)
{
	char *value;
	size_t n;
	bool good = *text++ == '"';
	FILE *out = memstream(&value, &n);
	while (good && *text && *text != '"' && *text != '\n')
		if (*text == '\\')
			good = put_escape(out, (text++, &text));
		else
			fputc(*text++, out);
	fclose(out);
	if (good && *text == '"' && (!text[1] || text[1] == '\n' || text[1] == '\r'))
		return value;
	free(value);
	return NULL;
}

/* The label that a key is for, and how specific the key is; LABELS: none. */
static enum label label_of(const char *key, size_t n, unsigned *rank)
{
	for (enum label label = 0; label < LABELS; label++)
		for (*rank = 0; *rank < 4 && rows[label].keys[*rank]; ++*rank)
			if (strlen(rows[label].keys[*rank]) == n && memcmp(key, rows[label].keys[*rank], n) == 0)
				return label;
	return LABELS;
}

char *labels_read(struct labels *labels, const char *text)
{
	unsigned ranks[LABELS], rank, number = 1;
	memset(ranks, 0xff, sizeof ranks);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n', number++) {
		size_t n = strcspn(text, "=\n");
		if (n == 0 && text[n] != '=')
			continue;
		char *value = text[n] == '=' ? read_quoted(text + n + 1) : NULL;
		if (!value)
			return xasprintf("line %u is not KEY=\"VALUE\", as Kubernetes' downward API writes it", number);
		enum label label = label_of(text, n, &rank);
		if (label == LABELS || rank > ranks[label]) {
			free(value);
			continue;
		}
		ranks[label] = rank;
		put(labels, label, value);
	}
	return NULL;
}
