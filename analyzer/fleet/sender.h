/* Sends the batches of a spool, each once: one whose answer was lost is asked for, when no INSERT of it runs any more, before it is sent again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SENDER_H
#define SOCKSAN_ANALYZER_FLEET_SENDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/fleet/server.h"
#include "analyzer/fleet/spool.h"

struct sender {
	struct server *server;
	struct spool *spool;
	const char *database;
	const volatile sig_atomic_t *stop;
	char *table, *insert;	      /* NULL: the server was not asked yet */
	int64_t failing, next, delay; /* since when it fails, 0: it does not; when to try again; ns */
	enum answer_kind why;
	uint64_t lines; /* that the server has, of those of this process's batches */
};

/* Once, when the spool is open. What a former process sent last may be on its way to the server yet, where nobody sees it: a second is left for that. */
void sender_begin(struct sender *sender);

/* Sends what there is, until the queue is empty or something fails. */
void sender_work(struct sender *sender);

/* Whether it makes sense to try now. */
bool sender_may_try(const struct sender *sender);

/* Tries for at most so long to make room for a batch, or with `size` UINT64_MAX to send all. False: time is over, no later try can help, or the
 * process is to end. */
bool sender_persist(struct sender *sender, uint64_t size, int64_t patience);

/* The process is to end: sends what it can in a few seconds. */
void sender_finish(struct sender *sender);

void sender_free(struct sender *sender);

#endif
