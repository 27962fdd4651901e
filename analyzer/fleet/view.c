/* The views of `socksan fleet top`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/fleet/view.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

static const struct view {
	const char *name, *table, *order, *columns;
} views[] = {
#define VIEW(name, table, order, columns, meaning) {name, table, order, columns},
#include "analyzer/fleet/view.def"
};

const char *view_name(size_t i) { return i < sizeof views / sizeof *views ? views[i].name : NULL; }

bool view_has(size_t view, const char *column)
{
	char *columns = xasprintf(", %s,", views[view].columns), *wanted = xasprintf(", %s,", column);
	bool has = strstr(columns, wanted) != NULL;
	free(columns);
	free(wanted);
	return has;
}

static char *query_of(const struct fleet_question *question, size_t which, const char *since_version, size_t max,
		      bool json)
{
	const struct view *view = &views[which];
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fprintf(out, "SELECT %s FROM %s.%s WHERE day >= toDate(%lld)", view->columns, question->database, view->table,
		(long long)(question->since / 1000000000));
	if (question->until != INT64_MAX)
		fprintf(out, " AND day <= toDate(%lld)", (long long)(question->until / 1000000000));
	const char *const filters[][2] = {{"service", question->service}, {"host", question->host}};
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (filters[i][1] && view_has(which, filters[i][0])) {
			char *value = sql_quoted(filters[i][1]);
			fprintf(out, " AND %s = %s", filters[i][0], value);
			free(value);
		}
	if (since_version) {
		char *value = sql_quoted(since_version);
		fprintf(out,
			" AND first_seen >= (SELECT toDateTime(intDiv(min(wall), 1000000000)) FROM %s.clues WHERE version = %s)",
			question->database, value);
		free(value);
	}
	fprintf(out, " ORDER BY %s", view->order);
	if (max)
		fprintf(out, " LIMIT %zu", max);
	fputs(json ? " FORMAT JSON" : " FORMAT TabSeparatedWithNames", out);
	fclose(out);
	return text;
}

/* -- a table -------------------------------------------------------------------------------------------------- */

enum { MOST_COLUMNS = 16 };

static size_t cell(const char *at) { return strcspn(at, "\t\n"); }

/* Columns as wide as their widest cell. */
static void print_table(const char *text)
{
	size_t width[MOST_COLUMNS] = {0}, column = 0;
	for (const char *at = text; *at; at += cell(at) + 1) {
		char *word = xasprintf("%.*s", (int)cell(at), at), *safe = safe_text(word);
		if (column < MOST_COLUMNS && strlen(safe) > width[column])
			width[column] = strlen(safe);
		column = at[cell(at)] == '\t' ? column + 1 : 0;
		free(word);
		free(safe);
	}
	column = 0;
	for (const char *at = text; *at; at += cell(at) + 1) {
		bool last = at[cell(at)] != '\t';
		char *word = xasprintf("%.*s", (int)cell(at), at), *safe = safe_text(word);
		printf("%-*s%s", last || column >= MOST_COLUMNS ? 0 : (int)width[column], safe, last ? "\n" : "  ");
		column = last ? 0 : column + 1;
		free(word);
		free(safe);
	}
}

int view_show(struct server *server, const struct fleet_question *question, size_t view, const char *since_version,
	      size_t max, bool json)
{
	char *sql = query_of(question, view, since_version, max, json);
	struct answer answer = server_ask(server, sql);
	free(sql);
	bool fine = answer.kind == ANSWER_YES,
	     empty = fine && !json && (!strchr(answer.text, '\n') || !strchr(answer.text, '\n')[1]);
	if (!fine)
		server_complain(server, &answer, NULL);
	else if (json)
		fwrite(answer.text, 1, answer.n, stdout);
	else if (!empty)
		print_table(answer.text);
	free(answer.text);
	if (empty)
		complain("%s has nothing of that range for the view %s", server_name(server), views[view].name);
	return fine ? 0 : -1;
}
