/* Who is at the other end of what a place opened, the most frequent of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PEERS_H
#define SOCKSAN_ANALYZER_PEERS_H

#include <stddef.h>
#include <stdint.h>

struct frequent_peer {
	const char *text; /* of what was accepted, without the port */
	uint64_t open;
};

enum { PEERS_SHOWN = 5 };

struct peers {
	struct frequent_peer *list; /* the most frequent first, PEERS_SHOWN at most; to be freed */
	size_t n, all;		    /* all: how many different ones there are */
	struct peer_count *counting;
};

/* Counts one, that was accepted or connected to by `op`; NULL: it is not known, or there is none. */
void peers_add(struct peers *peers, const char *peer, const char *op);

/* Fills in the list, after the last. */
void peers_finish(struct peers *peers);

/* An address without its port, "10.0.0.7" of "10.0.0.7:80" and "[::1]" of "[::1]:80"; what has none stays. To be freed. */
char *without_port(const char *address);

#endif
