/* From rows back to files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

/* As the column `sockets` of analyzer/fleet/sql/030_signs.sql. */
/* clang-format off */
#define FETCH_SOCKETS                                                                                                     \
	"countIf(ev = 'fd' AND from_state IN ('', 'null') AND to_state NOT IN ('', 'null') AND kind IN ('', 'socket') "   \
	"AND op NOT IN ('fork', 'execve', 'attach', 'recvmsg', 'recvmmsg'))"
/* clang-format on */

enum { AT_ONCE = 20000 }; /* processes in a query */

struct fetching {
	struct server *server;
	const struct fleet_question *question;
	struct families *families;
	const char *folder;
	struct spare_files *spare;
	struct replay_totals *told;
	/* those of the next query */
	char *list;
	size_t list_n, n;
	FILE *names;
	/* where the rows are */
	FILE *out;
	char *process, *file, *first_path, *offset; /* offset: of the last line */
	char *pid;
	long long t, wall;
	bool ended, failed;
};

static bool fail(struct fetching *fetching, const char *path)
{
	complain("%s: %s", path, strerror(errno));
	fetching->failed = true;
	return false;
}

static void set(char **text, const char *value)
{
	if (*text && value && strcmp(*text, value) == 0)
		return;
	free(*text);
	*text = value ? xstrdup(value) : NULL;
}

static bool close_file(struct fetching *fetching)
{
	bool fine = !fetching->out || spare_files_close(fetching->out) == 0;
	fetching->out = NULL;
	return fine || fail(fetching, fetching->folder);
}

/* What goes on, as far as known, is not judged as ended. */
static bool end_process(struct fetching *fetching)
{
	if (!close_file(fetching))
		return false;
	if (fetching->process && !fetching->ended && fetching->wall >= fetching->question->quiet &&
	    fetching->first_path) {
		FILE *out = spare_files_open(fetching->spare, fetching->first_path);
		if (!out)
			return fail(fetching, fetching->first_path);
		fprintf(out, "{\"ev\":\"detach\",\"t\":%lld,\"pid\":%s,\"open\":0,\"events\":0,\"dropped\":0}\n",
			fetching->t + 1, fetching->pid);
		fetching->out = out;
		if (!close_file(fetching))
			return false;
	}
	set(&fetching->process, NULL);
	set(&fetching->file, NULL);
	set(&fetching->first_path, NULL);
	fetching->ended = false;
	fetching->t = fetching->wall = 0;
	return true;
}

static bool begin_file(struct fetching *fetching, const char *process, const char *file)
{
	if (!close_file(fetching))
		return false;
	set(&fetching->file, file);
	/* Segments keep the name that says whose they are. */
	char *path = xasprintf("%s/%s-%s", fetching->folder, process, base_name(file));
	fetching->out = spare_files_open(fetching->spare, path);
	bool fine = fetching->out;
	if (!fine)
		fail(fetching, path);
	if (!fetching->first_path)
		set(&fetching->first_path, path);
	free(path);
	return fine;
}

/* process, file, offset, ev, pid, t, wall, line */
static bool take_line(void *context, const struct field *row)
{
	struct fetching *fetching = context;
	bool same = fetching->process && strcmp(fetching->process, row[0].text) == 0;
	if (!same && !end_process(fetching))
		return false;
	if (!same)
		set(&fetching->process, row[0].text);
	bool same_file = same && fetching->file && strcmp(fetching->file, row[1].text) == 0;
	if (same_file && strcmp(fetching->offset, row[2].text) == 0)
		return true; /* sent twice, and not merged yet */
	if (!same_file && !begin_file(fetching, row[0].text, row[1].text))
		return false;
	set(&fetching->offset, row[2].text);
	set(&fetching->pid, row[4].text);
	fetching->ended |= strcmp(row[3].text, "exit") == 0 || strcmp(row[3].text, "detach") == 0;
	long long t = atoll(row[5].text), wall = atoll(row[6].text);
	fetching->t = t > fetching->t ? t : fetching->t;
	fetching->wall = wall > fetching->wall ? wall : fetching->wall;
	if (fwrite(row[7].text, 1, row[7].n, fetching->out) != row[7].n || fputc('\n', fetching->out) == EOF)
		return fail(fetching, fetching->folder);
	return true;
}

static bool take_totals(void *context, const struct field *row)
{
	struct replay_totals *totals = context;
	totals->processes += strtoull(row[0].text, NULL, 10);
	totals->sockets += strtoull(row[1].text, NULL, 10);
	totals->events += strtoull(row[2].text, NULL, 10);
	return true;
}

struct counted {
	struct replay_totals totals;
	bool torn;
};

static bool take_counted(void *context, const struct field *row)
{
	struct counted *counted = context;
	counted->torn |= strcmp(row[3].text, "0") != 0;
	return take_totals(&counted->totals, row);
}

/* Signs are of several lines. Of a process of which one row has lines on both sides of a bound, the lines are counted one by one. */
int fetch_count(struct server *server, const struct fleet_question *question, const char *which,
		struct replay_totals *totals)
{
	const char *database = question->database;
	struct counted counted = {0};
	char *signs = question_signs_range(question), *range = question_range(question);
	char *torn =
		xasprintf("(first < %lld OR last >= %lld)", (long long)question->since, (long long)question->until);
	char *across = xasprintf("(SELECT process FROM %s.signs WHERE %s%s AND %s)", database, signs, which, torn);
	char *all = xasprintf("SELECT sum(processes), sum(sockets), sum(events), sum(%s) FROM %s.signs WHERE %s%s",
			      torn, database, signs, which);
	char *whole = xasprintf("SELECT sum(processes), sum(sockets), sum(events) FROM %s.signs WHERE %s%s "
				"AND process GLOBAL NOT IN %s",
				database, signs, which, across);
	char *lines = xasprintf("SELECT countIf(ev = 'process'), " FETCH_SOCKETS
				", countIf(ev = 'fd') FROM %s.events WHERE %s%s AND process GLOBAL IN %s",
				database, range, which, across);
	int result = rows_read(server, all, 4, take_counted, &counted);
	if (result == 0 && counted.torn) {
		counted.totals = (struct replay_totals){0};
		result = rows_read(server, whole, 3, take_totals, &counted.totals);
		if (result == 0)
			result = rows_read(server, lines, 3, take_totals, &counted.totals);
	}
	totals->processes += counted.totals.processes;
	totals->sockets += counted.totals.sockets;
	totals->events += counted.totals.events;
	char *words[] = {signs, range, torn, across, all, whole, lines};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		free(words[i]);
	return result;
}

/* The lines of the processes in the list. */
static void fetch(struct fetching *fetching)
{
	fclose(fetching->names);
	const struct fleet_question *question = fetching->question;
	char *hosts = families_hosts(fetching->families);
	char *which = xasprintf(" AND host IN (%s) AND process IN (%s)", hosts, fetching->list);
	/* PREWHERE: of most rows that are read, lines are not. */
	char *lines = xasprintf(
		"SELECT process, file, offset, ev, pid, t, wall, line FROM %s.events PREWHERE process IN (%s) "
		"WHERE host IN (%s) ORDER BY process, file, offset",
		question->database, fetching->list, hosts);
	if (!fetching->failed && rows_read(fetching->server, lines, 8, take_line, fetching) != 0)
		fetching->failed = true;
	if (!fetching->failed && fetch_count(fetching->server, question, which, fetching->told) != 0)
		fetching->failed = true;
	if (!end_process(fetching))
		fetching->failed = true;
	free(lines);
	free(which);
	free(hosts);
	free(fetching->list);
	fetching->n = 0;
	fetching->names = memstream(&fetching->list, &fetching->list_n);
}

static void add_member(void *context, const char *process)
{
	struct fetching *fetching = context;
	char *quoted = sql_quoted(process);
	fprintf(fetching->names, "%s%s", fetching->n++ ? ", " : "", quoted);
	free(quoted);
	if (fetching->n == AT_ONCE)
		fetch(fetching);
}

int fetch_lines(struct server *server, const struct fleet_question *question, struct families *families,
		const char *folder, struct spare_files *spare, struct replay_totals *told)
{
	struct fetching fetching = {.server = server,
				    .question = question,
				    .families = families,
				    .folder = folder,
				    .spare = spare,
				    .told = told};
	fetching.names = memstream(&fetching.list, &fetching.list_n);
	families_each(families, add_member, &fetching);
	if (fetching.n)
		fetch(&fetching);
	fclose(fetching.names);
	free(fetching.list);
	free(fetching.offset);
	free(fetching.pid);
	return fetching.failed ? -1 : 0;
}
