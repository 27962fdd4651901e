/* The tables of a fleet's database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/int_set.h"
#include "analyzer/base/util.h"

/* -- placeholders --------------------------------------------------------------------------------------------- */

static void put_across(FILE *out, const struct schema_settings *settings, const char *table, const char *key)
{
	if (settings->cluster)
		fprintf(out, "Distributed(%s, %s, %s, %s)", settings->cluster, settings->database, table, key);
	else
		fprintf(out, "Merge(%s, '^%s$')", settings->database, table);
}

/* Writes what stands for the `n` bytes between braces. False: there is no such placeholder. */
static bool put_placeholder(FILE *out, const struct schema_settings *settings, const char *text, size_t n)
{
	char words[3][128] = {""};
	char *copy = strndup(text, n);
	int count = sscanf(copy, "%127s %127s %127s", words[0], words[1], words[2]);
	free(copy);
	if (count == 1 && strcmp(words[0], "database") == 0)
		fputs(settings->database, out);
	else if (count == 3 && strcmp(words[0], "across") == 0)
		put_across(out, settings, words[1], words[2]);
	else if (count == 2 && strcmp(words[0], "ttl") == 0 && settings->has_ttl && settings->days)
		fprintf(out, "TTL %s + INTERVAL %u DAY", words[1], settings->days);
	else
		return count == 2 && strcmp(words[0], "ttl") == 0;
	return true;
}

char *schema_statement(const struct schema_settings *settings, const char *sql, size_t n)
{
	char *text;
	size_t length;
	const char *end = sql + n;
	FILE *out = memstream(&text, &length);
	bool known = true;
	while (known && sql < end) {
		const char *close = *sql == '{' ? memchr(sql, '}', (size_t)(end - sql)) : NULL;
		if (close && !(known = put_placeholder(out, settings, sql + 1, (size_t)(close - sql - 1))))
			complain("no placeholder '%.*s}' in SQL", (int)(close - sql), sql);
		else if (!close)
			fputc(*sql, out);
		sql = close ? close + 1 : sql + 1;
	}
	fclose(out);
	if (known)
		return text;
	free(text);
	return NULL;
}

/* -- steps ---------------------------------------------------------------------------------------------------- */

/* Returns 0, or -1 with the message written. `*text`, if not NULL, is the answer. */
static int carry_out(struct server *server, const char *sql, char **text)
{
	struct answer answer = server_ask(server, sql);
	server_complain(server, &answer, NULL);
	if (text && answer.kind == ANSWER_YES)
		*text = answer.text;
	else
		free(answer.text);
	return answer.kind == ANSWER_YES ? 0 : -1;
}

static int apply_step(struct server *server, const struct schema_settings *settings, const struct schema_step *step)
{
	for (const char *at = step->sql, *end; (end = strstr(at, ";\n")); at = end + 2) {
		char *sql = schema_statement(settings, at, (size_t)(end - at));
		int result = sql ? carry_out(server, sql, NULL) : -1;
		free(sql);
		if (result != 0)
			return -1;
	}
	char *record = xasprintf("INSERT INTO %s.schema_versions (version, name, applied) VALUES (%u, '%s', now())",
				 settings->database, step->number, step->name);
	int result = carry_out(server, record, NULL);
	free(record);
	return result;
}

/* The numbers in a column of an answer. */
static struct int_set numbers_of(const char *text)
{
	struct int_set numbers = {0};
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		int_set_add(&numbers, atoll(text));
	int_set_settle(&numbers);
	return numbers;
}

static bool has(const struct int_set *numbers, int64_t number)
{
	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->values[i] == number)
			return true;
	return false;
}

static int prepare(struct server *server, struct schema_settings *settings, struct int_set *there)
{
	char *text = NULL,
	     *versions = xasprintf(
		     "CREATE TABLE IF NOT EXISTS %s.schema_versions (version UInt32, name String, applied DateTime) "
		     "ENGINE = MergeTree() PARTITION BY tuple() ORDER BY version",
		     settings->database);
	char *database = xasprintf("CREATE DATABASE IF NOT EXISTS %s", settings->database);
	char *list = xasprintf("SELECT DISTINCT version FROM %s.schema_versions", settings->database);
	int result = -1;
	if (carry_out(server, "SELECT version()", &text) == 0) {
		int major = 0, minor = 0;
		sscanf(text, "%d.%d", &major, &minor);
		settings->has_ttl = major > 19 || (major == 19 && minor >= 6);
		free(text);
		if (carry_out(server, database, NULL) == 0 && carry_out(server, versions, NULL) == 0 &&
		    carry_out(server, list, &text) == 0) {
			*there = numbers_of(text);
			free(text);
			result = 0;
		}
	}
	free(versions);
	free(database);
	free(list);
	return result;
}

/* A cluster that the server does not know makes tables that nobody can use. */
static int check_cluster(struct server *server, const char *cluster)
{
	char *text = NULL, *name = sql_quoted(cluster);
	char *sql = xasprintf(
		"SELECT count(), (SELECT arrayStringConcat(groupUniqArray(cluster), ', ') FROM system.clusters) "
		"FROM system.clusters WHERE cluster = %s",
		name);
	int result = carry_out(server, sql, &text);
	if (result == 0) {
		if (atoi(text) == 0) {
			const char *others = strchr(text, '\t') ? strchr(text, '\t') + 1 : "";
			complain("--cluster=%s: %s knows no cluster of this name; its remote_servers has: %.*s",
				 cluster, server_name(server), (int)strcspn(others, "\n"),
				 *others == '\n' ? "none" : others);
			result = -1;
		}
		free(text);
	}
	free(sql);
	free(name);
	return result;
}

int schema_apply(struct server *server, struct schema_settings settings)
{
	struct int_set there = {0};
	unsigned applied = 0;
	if (settings.cluster && check_cluster(server, settings.cluster) != 0)
		return -1;
	int result = prepare(server, &settings, &there);
	for (const struct schema_step *step = schema_steps; result == 0 && step->name; step++) {
		if (has(&there, step->number))
			continue;
		result = apply_step(server, &settings, step);
		if (result == 0)
			printf("%s: applied %s\n", server_name(server), step->name);
		applied++;
	}
	if (result == 0 && applied == 0)
		printf("%s: has all its tables\n", server_name(server));
	if (result == 0 && applied && !settings.has_ttl && settings.days)
		printf("%s: this version of ClickHouse does not drop old rows by itself; drop days that you no longer need with "
		       "ALTER TABLE %s.events_local DROP PARTITION 'YYYY-MM-DD'\n",
		       server_name(server), settings.database);
	free(there.values);
	return result;
}

int schema_steps_there(struct server *server, const char *database, struct answer *answer)
{
	char *sql = xasprintf("SELECT DISTINCT version FROM %s.schema_versions", database);
	*answer = server_ask(server, sql);
	free(sql);
	if (answer->kind != ANSWER_YES)
		return -1;
	struct int_set there = numbers_of(answer->text);
	int n = 0;
	for (const struct schema_step *step = schema_steps; step->name; step++)
		n += has(&there, step->number);
	free(there.values);
	return n;
}
