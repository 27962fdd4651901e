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
	bool known;  /* its own pids have been asked for */
	bool traced; /* of a pid: some process that is here has it */
	UT_hash_handle hh;
	char key[];
};

/* A pid as its own, or as that of its parent. */
struct tie {
	struct tied {
		struct node *process, *pid;
		uint64_t own;
	} between;
	bool asked;
	long long number; /* of the pid */
	UT_hash_handle hh;
};

struct home {
	size_t number;
	UT_hash_handle hh;
	char key[]; /* host, a tab, boot */
};

enum { AT_ONCE = 20000 }; /* processes in a query */

#define PORT "if(substring(local, 1, 5) = 'unix:', local, extract(local, ':([0-9]+)$'))"

struct families {
	struct node *nodes;
	struct home *homes;
	size_t n;
	struct tie *ties;
	bool cookies, in_use, no_ports; /* whether some process has such lines */
};

struct families *families_new(void) { return xcalloc(1, sizeof(struct families)); }

void families_free(struct families *families)
{
	struct node *node, *next;
	struct home *home, *next_home;
	struct tie *tie, *next_tie;
	HASH_ITER (hh, families->nodes, node, next) {
		HASH_DEL(families->nodes, node);
		free(node);
	}
	HASH_ITER (hh, families->homes, home, next_home) {
		HASH_DEL(families->homes, home);
		free(home);
	}
	HASH_ITER (hh, families->ties, tie, next_tie) {
		HASH_DEL(families->ties, tie);
		free(tie);
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
	if (home_find(families, host, boot) < 0) {
		struct home *home = xcalloc(1, sizeof *home + strlen(host) + strlen(boot) + 2);
		sprintf(home->key, "%s\t%s", host, boot);
		home->number = families->n++;
		HASH_ADD_STR(families->homes, key, home);
	}
	struct node *node = node_of(families, process);
	node->process = true;
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
	return node;
}

static void add_tie(struct families *families, struct node *process, long home, const char *pidns, const char *pid,
		    bool own)
{
	char *key = xasprintf("%ld %s pid %s", home, pidns, pid);
	struct tied between = {process, node_of(families, key), own};
	struct tie *tie;
	free(key);
	between.pid->traced |= own;
	HASH_FIND(hh, families->ties, &between, sizeof between, tie);
	if (tie)
		return;
	tie = xcalloc(1, sizeof *tie);
	tie->between = between;
	tie->number = atoll(pid);
	HASH_ADD(hh, families->ties, between, sizeof between, tie);
}

/* host, boot, process, pid, ppid, pidns: of a line of ev "process" */
static bool take_pids(void *context, const struct field *row)
{
	struct families *families = context;
	long home;
	struct node *node = process_of(families, row, &home);
	if (!node)
		return true;
	add_tie(families, node, home, row[5].text, row[3].text, true);
	if (strcmp(row[4].text, "0") != 0 && strcmp(row[4].text, "1") != 0) /* everything's parent */
		add_tie(families, node, home, row[5].text, row[4].text, false);
	node->known = true;
	return true;
}

/* cookies, in_use, no_ports */
static bool take_means(void *context, const struct field *row)
{
	struct families *families = context;
	families->cookies = *row[0].text != '0';
	families->in_use = *row[1].text != '0';
	families->no_ports = *row[2].text != '0';
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

/* {hosts}: the list; {some}: which processes; {clues}, {signs}, {range}: as in the rules. The pid's namespace stands in the process line alone. */
static const char of_means[] = "SELECT sum(cookies), sum(in_use), sum(no_ports) FROM {signs} WHERE host IN ({hosts})";
static const char of_pids[] =
	"SELECT host, boot, process, pid, ppid, pidns FROM {signs} WHERE host IN ({hosts}) AND pid > 0 AND ({some})";
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
	       const char *query, const char *some, size_t fields, bool (*take)(void *context, const struct field *row))
{
	char *hosts = families_hosts(families), *text = question_query(question, query, 0), *sql;
	const struct {
		const char *name, *value;
	} words[] = {{"{hosts}", hosts}, {"{some}", some}};
	enum { WORDS = sizeof words / sizeof *words };
	size_t n;
	FILE *out = memstream(&sql, &n);
	for (const char *at = text; *at;) {
		size_t i = 0;
		while (i < WORDS && strncmp(at, words[i].name, strlen(words[i].name)) != 0)
			i++;
		fputs(i < WORDS ? words[i].value : (char[]){*at, '\0'}, out);
		at += i < WORDS ? strlen(words[i].name) : 1;
	}
	fclose(out);
	int result = rows_read(server, sql, fields, take, families);
	free(sql);
	free(text);
	free(hosts);
	return result;
}

/* -- pids ----------------------------------------------------------------------------------------------------- */

static bool is_selected(struct node *node) { return node->process && first_of(node)->selected; }

/* Whose pids are to be asked for. */
static char *unknown(struct families *families)
{
	char *text;
	size_t n, count = 0;
	FILE *out = memstream(&text, &n);
	for (struct node *node = families->nodes; node && count < AT_ONCE; node = node->hh.next) {
		if (node->known || !is_selected(node))
			continue;
		char *quoted = sql_quoted(node->key);
		fprintf(out, "%s%s", count++ ? ", " : "process IN (", quoted);
		free(quoted);
		node->known = true;
	}
	fputs(count ? ")" : "", out);
	fclose(out);
	return text;
}

/* Which pids are to be asked for: of parents and children, and of the same process before and after an exec. */
static char *unrelated(struct families *families)
{
	char *pids, *ppids, *text;
	size_t pids_n, ppids_n, count = 0, own = 0;
	FILE *of_anyone = memstream(&pids, &pids_n), *of_parents = memstream(&ppids, &ppids_n);
	for (struct tie *tie = families->ties; tie && count < AT_ONCE; tie = tie->hh.next) {
		if (tie->asked || !is_selected(tie->between.process))
			continue;
		fprintf(of_anyone, "%s%lld", count++ ? ", " : "", tie->number);
		if (tie->between.own)
			fprintf(of_parents, "%s%lld", own++ ? ", " : " OR ppid IN (", tie->number);
		tie->asked = true;
	}
	fputs(own ? ")" : "", of_parents);
	fclose(of_anyone);
	fclose(of_parents);
	text = count ? xasprintf("pid IN (%s)%s", pids, ppids) : xstrdup("");
	free(pids);
	free(ppids);
	return text;
}

/* Unites whom a pid ties. A parent without a trace has no part in what its children did, and does not make them one family. */
static void unite_tied(struct families *families)
{
	for (struct tie *tie = families->ties; tie; tie = tie->hh.next)
		if (tie->between.pid->traced)
			unite(tie->between.pid, tie->between.process);
}

/* From those that are selected to their relatives, and from these to theirs: of most processes of a host nothing has to be known. */
static int learn_pids(struct families *families, struct server *server, const struct fleet_question *question)
{
	static char *(*const next[])(struct families *) = {unknown, unrelated};
	int result = 0;
	bool some = true;
	while (result == 0 && some) {
		some = false;
		for (size_t i = 0; result == 0 && i < 2; i++) {
			char *which = next[i](families);
			if (*which) {
				result = ask(families, server, question, of_pids, which, 6, take_pids);
				unite_tied(families);
				some = true;
			}
			free(which);
		}
	}
	return result;
}

int families_learn(struct families *families, struct server *server, const struct fleet_question *question)
{
	int result = ask(families, server, question, of_means, "", 3, take_means);
	if (result == 0 && families->cookies)
		result = ask(families, server, question, of_cookies, "", 4, take_shared);
	if (result == 0 && families->in_use)
		result = ask(families, server, question, of_addresses, "", 4, take_shared);
	if (result == 0 && families->no_ports)
		result = ask(families, server, question, of_ports, "", 4, take_shared);
	return result == 0 ? learn_pids(families, server, question) : result;
}

void families_each(struct families *families, void (*each)(void *context, const char *process), void *context)
{
	for (struct node *node = families->nodes; node; node = node->hh.next)
		if (node->process && first_of(node)->selected)
			each(context, node->key);
}
