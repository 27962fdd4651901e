/* Threads that may be looking for a free address, one after the other, for the rule of address-in-use.
 *
 * Such a search fails on purpose, and is a note if it found one: the thread binds the same socket to another address, or closes it and binds the
 * next to the next port; or if the program's own socket for all addresses of IPv6 takes what it wanted of IPv4, and it closes the one left over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_HUNT_H
#define SOCKSAN_ANALYZER_JUDGE_HUNT_H

#include "analyzer/judge/finding.h"

struct hunt; /* a list of them begins as NULL */

/* A bind of a socket failed so, to an address that the line tells. The finding is a note as long as the search goes on. */
void hunts_seek(struct hunt **hunts, const struct moment *moment, struct finding *finding);

/* Call for each fact. */
void hunts_moment(struct hunt **hunts, const struct moment *moment);

/* Call after the last: no search that still goes on has found anything. Frees them. */
void hunts_end(struct hunt **hunts);

#endif
