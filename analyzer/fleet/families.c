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
	bool cookies, in_use, no_ports; /* whether some process has such lines */
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

static struct node *process_of(struct families *families, const struct field *row, long *home)
{
	*home = home_find(families, row[0].text, row[1].text);
	if (*home < 0)
		return NULL;
	struct node *node = node_of(families, row[2].text);
	node->process = true;
	node->home = (size_t)*home;
	return node;
}

/* host, boot, process, pid, ppid, pidns, cookies, in_use, no_ports */
static bool take_signs(void *context, const struct field *row)
{
	struct families *families = context;
	long home;
	struct node *node = process_of(families, row, &home);
	if (!node)
		return true;
	families->cookies |= *row[6].text != '0';
	families->in_use |= *row[7].text != '0';
	families->no_ports |= *row[8].text != '0';
	if (strcmp(row[3].text, "0") == 0) /* its line of ev "process" is not there */
		return true;
	join(families, node, xasprintf("%ld %s pid %s", home, row[5].text, row[3].text));
	if (strcmp(row[4].text, "0") != 0 && strcmp(row[4].text, "1") != 0) /* everything's parent */
		join(families, node, xasprintf("%ld %s pid %s", home, row[5].text, row[4].text));
	return true;
}

/* host, boot, process, cookie */
static bool take_shared(void *context, const struct field *row)
{
	struct families *families = context;
	long home;
	struct node *node = process_of(families, row, &home);
	if (node)
		join(families, node, xasprintf("%ld cookie %s", home, row[3].text));
	return true;
}

/* {hosts}: the list; {clues}, {range}: as in the rules. The pid's namespace stands in the process line alone. */
static const char of_signs[] =
	"SELECT host, boot, process, max(pid), max(ppid), max(pidns), sum(cookies), sum(in_use), sum(no_ports) FROM {signs} "
	"WHERE host IN ({hosts}) GROUP BY host, boot, process";
static const char of_cookies[] =
	"SELECT DISTINCT host, boot, process, cookie FROM {clues} WHERE host IN ({hosts}) AND cookie != ''";
/* What an address was refused for is its port, or its path. */
static const char of_addresses[] =
	"SELECT DISTINCT host, boot, process, " PORT " FROM {clues} "
	"WHERE host IN ({hosts}) AND local != '' AND (host, " PORT ") GLOBAL IN (SELECT host, " PORT
	" FROM {clues} WHERE host IN ({hosts}) AND errno = 'EADDRINUSE' AND {range})";
static const char of_ports[] =
	"SELECT DISTINCT host, boot, process, 'ports' FROM {clues} "
	"WHERE host IN ({hosts}) AND ev = 'process' AND host GLOBAL IN (SELECT host FROM {clues} "
	"WHERE host IN ({hosts}) AND errno = 'EADDRNOTAVAIL' AND violation != '' AND {range})";

static int ask(struct families *families, struct server *server, const struct fleet_question *question,
	       const char *query, size_t fields, bool (*take)(void *context, const struct field *row))
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
	int result = rows_read(server, sql, fields, take, families);
	free(sql);
	free(words);
	free(hosts);
	return result;
}

int families_learn(struct families *families, struct server *server, const struct fleet_question *question)
{
	int result = ask(families, server, question, of_signs, 9, take_signs);
	if (result == 0 && families->cookies)
		result = ask(families, server, question, of_cookies, 4, take_shared);
	if (result == 0 && families->in_use)
		result = ask(families, server, question, of_addresses, 4, take_shared);
	if (result == 0 && families->no_ports)
		result = ask(families, server, question, of_ports, 4, take_shared);
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
