/* The peers of a place: see peers.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/live/peers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

struct peer_count {
	char *text; /* the key */
	uint64_t open;
	UT_hash_handle hh;
};

char *without_port(const char *address)
{
	const char *colon = strrchr(address, ':');
	bool port = colon && colon > address && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
	return port ? strndup(address, (size_t)(colon - address)) : xstrdup(address);
}

void peers_add(struct peers *peers, const char *peer, const char *op)
{
	struct peer_count *count;
	if (!peer)
		return;
	/* Each client comes from a different port, which is left out; the port that one connects to means something. */
	char *text = op && strncmp(op, "accept", 6) == 0 ? without_port(peer) : xstrdup(peer);
	HASH_FIND_STR(peers->counting, text, count);
	if (count) {
		free(text);
	} else {
		count = xcalloc(1, sizeof *count);
		count->text = text;
		HASH_ADD_KEYPTR(hh, peers->counting, count->text, strlen(count->text), count);
	}
	count->open++;
}

static bool goes_before(const struct peer_count *a, const struct frequent_peer *b)
{
	return a->open != b->open ? a->open > b->open : strcmp(a->text, b->text) < 0;
}

/* Keeps the first few, sorted. */
static void rank(struct peers *peers, const struct peer_count *count)
{
	size_t at = peers->n;
	while (at > 0 && goes_before(count, &peers->list[at - 1]))
		at--;
	if (at == PEERS_SHOWN)
		return;
	if (peers->n < PEERS_SHOWN)
		peers->n++;
	memmove(peers->list + at + 1, peers->list + at, (peers->n - at - 1) * sizeof *peers->list);
	peers->list[at] = (struct frequent_peer){count->text, count->open};
}

void peers_finish(struct peers *peers)
{
	struct peer_count *count, *next;
	peers->all = HASH_COUNT(peers->counting);
	if (peers->all)
		peers->list = xcalloc(PEERS_SHOWN, sizeof *peers->list);
	for (count = peers->counting; count; count = count->hh.next)
		rank(peers, count);
	for (size_t i = 0; i < peers->n; i++)
		peers->list[i].text = intern(peers->list[i].text);
	HASH_ITER (hh, peers->counting, count, next) {
		HASH_DEL(peers->counting, count);
		free(count->text);
		free(count);
	}
}
