/* The most frequent peers of what a place opened.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PEERS_H
#define SOCKSAN_ANALYZER_PEERS_H

#include <stddef.h>
#include <stdint.h>

struct frequent_peer {
	const char *text; /* without the port for accepted ones */
	uint64_t open;
};

enum { PEERS_SHOWN = 5 };

struct peers {
	struct frequent_peer *list; /* by frequency, at most PEERS_SHOWN; to be freed */
	size_t n, all;		    /* the number of different peers */
	struct peer_count *counting;
};

/* Counts the peer of a socket that was accepted or connected by `op`; NULL: unknown, or none. */
void peers_add(struct peers *peers, const char *peer, const char *op);

/* Fills in the list. Call after the last one has been counted. */
void peers_finish(struct peers *peers);

/* An address without its port, "10.0.0.7" for "10.0.0.7:80" and "[::1]" for "[::1]:80"; unchanged if it has none. To be freed. */
char *without_port(const char *address);

#endif
