/* Who belongs together: sets that are united by what two have in common.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/families.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/fleet/rows.h"

/* A process, or what processes have in common: a pid, a socket. */
struct node {
	struct node *above; /* NULL: it is the first of its set */
	bool selected;	    /* of the first: some process of the set is */
	bool process;
	size_t home;
	UT_hash_handle hh;
	char key[];
};

struct home {
	size_t number;
	UT_hash_handle hh;
	char key[]; /* host, a tab, boot */
};

#define PORT "if(substring(local, 1, 5) = 'unix:', local, extract(local, ':([0-9]+)$'))"

struct families {
	struct node *nodes;
	struct home *homes;
	size_t n;
};

struct families *families_new(void) { return xcalloc(1, sizeof(struct families)); }

void families_free(struct families *families)
{
	struct node *node, *next;
	struct home *home, *next_home;
	HASH_ITER (hh, families->nodes, node, next) {
		HASH_DEL(families->nodes, node);
		free(node);
	}
	HASH_ITER (hh, families->homes, home, next_home) {
		HASH_DEL(families->homes, home);
		free(home);
	}
	free(families);
}

static struct node *node_of(struct families *families, const char *key)
{
	struct node *node;
	HASH_FIND_STR(families->nodes, key, node);
	if (node)
		return node;
	node = xcalloc(1, sizeof *node + strlen(key) + 1);
	strcpy(node->key, key);
	HASH_ADD_STR(families->nodes, key, node);
	return node;
}

static struct node *first_of(struct node *node)
{
	while (node->above) {
		if (node->above->above)
			node->above = node->above->above;
		node = node->above;
	}
	return node;
}

static void unite(struct node *a, struct node *b)
{
	a = first_of(a);
	b = first_of(b);
	if (a == b)
		return;
	b->above = a;
	a->selected |= b->selected;
}

/* The number of a (host, boot); -1: it was not asked for. */
static long home_find(const struct families *families, const char *host, const char *boot)
{
	char *key = xasprintf("%s\t%s", host, boot);
	struct home *home;
	HASH_FIND_STR(families->homes, key, home);
	free(key);
	return home ? (long)home->number : -1;
}

void families_select(struct families *families, const char *host, const char *boot, const char *process)
{
	long number = home_find(families, host, boot);
	if (number < 0) {
		struct home *home = xcalloc(1, sizeof *home + strlen(host) + strlen(boot) + 2);
		sprintf(home->key, "%s\t%s", host, boot);
		home->number = families->n++;
		HASH_ADD_STR(families->homes, key, home);
		number = (long)home->number;
	}
	struct node *node = node_of(families, process);
	node->process = true;
	node->home = (size_t)number;
	first_of(node)->selected = true;
}

size_t families_homes(const struct families *families) { return families->n; }

char *families_hosts(const struct families *families)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	for (const struct home *home = families->homes; home; home = home->hh.next) {
		char *host = strndup(home->key, strcspn(home->key, "\t")), *quoted = sql_quoted(host);
		fprintf(out, "%s%s", home == families->homes ? "" : ", ", quoted);
		free(quoted);
		free(host);
	}
	fclose(out);
	return text;
}

static void join(struct families *families, struct node *node, char *key)
{
	unite(node_of(families, key), node);
	free(key);
}

/* host, boot, process, pid, ppid, pidns, cookie */
static bool take(void *context, const struct field *row)
{
	struct families *families = context;
	long home = home_find(families, row[0].text, row[1].text);
	if (home < 0)
		return true;
	struct node *node = node_of(families, row[2].text);
	node->process = true;
	node->home = (size_t)home;
	if (*row[6].text) {
		join(families, node, xasprintf("%ld cookie %s", home, row[6].text));
		return true;
	}
	join(families, node, xasprintf("%ld %s pid %s", home, row[5].text, row[3].text));
	if (strcmp(row[4].text, "0") != 0 && strcmp(row[4].text, "1") != 0) /* everything's parent */
		join(families, node, xasprintf("%ld %s pid %s", home, row[5].text, row[4].text));
	return true;
}

/* host, boot, process, pid, ppid, pidns, cookie. {hosts}: the list; {clues}, {range}: as in the rules. The pid's namespace stands in the
 * process line alone. What an address was refused for is its port, or its path. */
static const char query[] =
	"SELECT DISTINCT host, boot, process, pid, ppid, pidns, '' AS cookie FROM {clues} WHERE host IN ({hosts}) AND ev = 'process' "
	"UNION ALL SELECT DISTINCT host, boot, process, toUInt32(0), toUInt32(0), toUInt64(0), cookie FROM {clues} "
	"WHERE host IN ({hosts}) AND cookie != '' "
	"UNION ALL SELECT DISTINCT host, boot, process, toUInt32(0), toUInt32(0), toUInt64(0), " PORT " FROM {clues} "
	"WHERE host IN ({hosts}) AND local != '' AND (host, " PORT ") GLOBAL IN (SELECT host, " PORT " FROM {clues} "
	"WHERE host IN ({hosts}) AND errno = 'EADDRINUSE' AND {range}) "
	"UNION ALL SELECT DISTINCT host, boot, process, toUInt32(0), toUInt32(0), toUInt64(0), 'ports' FROM {clues} "
	"WHERE host IN ({hosts}) AND ev = 'process' AND host GLOBAL IN (SELECT host FROM {clues} "
	"WHERE host IN ({hosts}) AND errno = 'EADDRNOTAVAIL' AND violation != '' AND {range})";

int families_learn(struct families *families, struct server *server, const struct fleet_question *question)
{
	char *hosts = families_hosts(families), *words = question_query(question, query, 0), *sql;
	size_t n;
	FILE *out = memstream(&sql, &n);
	for (const char *at = words, *next; at; at = next) {
		next = strstr(at, "{hosts}");
		fprintf(out, "%.*s%s", (int)(next ? (size_t)(next - at) : strlen(at)), at, next ? hosts : "");
		next = next ? next + strlen("{hosts}") : NULL;
	}
	fclose(out);
	int result = rows_read(server, sql, 7, take, families);
	free(sql);
	free(words);
	free(hosts);
	return result;
}

long families_home(const struct families *families, const char *process)
{
	struct node *node;
	HASH_FIND_STR(families->nodes, process, node);
	return node && node->process ? (long)node->home : -1;
}

void families_each(struct families *families, void (*each)(void *context, const struct relative *member), void *context)
{
	for (struct node *node = families->nodes; node; node = node->hh.next)
		if (node->process && first_of(node)->selected)
			each(context, &(struct relative){node->key, node->home});
}
