/* Rows of an answer in TabSeparated, ClickHouse's default.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/fleet/rows.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

enum { MOST_FIELDS = 16 };

struct rows {
	char *text; /* what is left of the last part: the begin of a row */
	size_t n, cap, fields;
	bool (*take)(void *context, const struct field *row);
	void *context;
	bool ended, malformed;
};

static size_t unescape(char *text, size_t n)
{
	static const char codes[] = "bfrnt0", bytes[] = "\b\f\r\n\t";
	const char *first = memchr(text, '\\', n);
	size_t i = first ? (size_t)(first - text) : n, length = i;
	for (; i < n; i++) {
		const char *code = NULL;
		if (text[i] == '\\' && i + 1 < n)
			code = memchr(codes, text[++i], sizeof codes - 1);
		text[length++] = code ? bytes[code - codes] : text[i];
	}
	text[length] = '\0';
	return length;
}

static bool take_row(struct rows *rows, char *text, size_t n)
{
	struct field row[MOST_FIELDS];
	char *end = text + n;
	size_t fields = 0;
	for (char *at = text, *tab; at && fields < rows->fields; at = tab ? tab + 1 : NULL) {
		tab = memchr(at, '\t', (size_t)(end - at));
		row[fields].n = (size_t)((tab ? tab : end) - at);
		row[fields++].text = at;
		if (tab)
			*tab = '\0';
	}
	*end = '\0';
	if (fields < rows->fields) {
		rows->malformed = true;
		return false;
	}
	for (size_t i = 0; i < fields; i++)
		row[i].n = unescape(row[i].text, row[i].n);
	return rows->take(rows->context, row);
}

static bool take_part(void *context, const char *part, size_t n)
{
	struct rows *rows = context;
	while (rows->n + n + 1 > rows->cap) {
		rows->cap = rows->cap ? 2 * rows->cap : 1 << 16;
		rows->text = xreallocarray(rows->text, rows->cap, 1);
	}
	memcpy(rows->text + rows->n, part, n);
	rows->n += n;
	char *at = rows->text, *end;
	while (!rows->ended && (end = memchr(at, '\n', (size_t)(rows->text + rows->n - at)))) {
		rows->ended = !take_row(rows, at, (size_t)(end - at));
		at = end + 1;
	}
	rows->n -= (size_t)(at - rows->text);
	memmove(rows->text, at, rows->n);
	return !rows->ended;
}

int rows_read(struct server *server, const char *sql, size_t fields,
	      bool (*take)(void *context, const struct field *row), void *context)
{
	struct rows rows = {.fields = fields, .take = take, .context = context};
	struct answer answer = server_read(server, sql, take_part, &rows);
	/* An error behind the first part of an answer stands in the answer. */
	bool bad = rows.malformed || (answer.kind == ANSWER_YES && rows.n);
	free(rows.text);
	if (bad)
		complain("%s: its answer breaks off", server_name(server));
	else if (!rows.ended)
		server_complain(server, &answer, NULL);
	free(answer.text);
	return bad || (!rows.ended && answer.kind != ANSWER_YES) ? -1 : 0;
}
