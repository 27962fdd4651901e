/* Sends the batches of a spool, each once: one whose answer was lost is asked for, when no INSERT of it runs any more, before it is sent again.
 *
 * A thread of its own does it, so that reading goes on while a server takes its time. What both use, the spool above all, is behind the lock.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SENDER_H
#define SOCKSAN_ANALYZER_FLEET_SENDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/fleet/server.h"
#include "analyzer/fleet/spool.h"

struct sender {
	struct server *server;
	struct spool *spool;
	const char *database;
	const atomic_bool *stop;
	char *table, *insert, *signs; /* of the thread; NULL: the server was not asked yet */
	pthread_t thread;
	bool started;
	/* behind the lock, as the spool is */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy;		      /* a request is on its way */
	int64_t failing, next, delay; /* since when it fails, 0: it does not; when to try again; ns */
	int64_t until;		      /* the process ends: when to give up; 0: it does not */
	enum answer_kind why;
	uint64_t lines; /* that the server has, of those of this process's batches */
};

/* Once, when the spool is open. What a former process sent last may be on its way to the server yet, where nobody sees it: a second is left for
 * that. Returns 0, or -1 with a message. */
int sender_begin(struct sender *sender) __attribute__((warn_unused_result));

/* Puts a packed batch into the spool, with the progress that comes with it. Returns 0, or -1 with errno. */
int sender_add(struct sender *sender, const struct batch *batch, const char *progress)
	__attribute__((warn_unused_result));

/* Bytes that the spool may still get. */
uint64_t sender_room(struct sender *sender);

/* Whether it may get a batch of that size; and whether what is sent fails at present. */
bool sender_has_room(struct sender *sender, uint64_t size, bool *fails);

/* Waits until there is room for a batch, or with `size` UINT64_MAX until all is sent; for at most so long, or if `patience` is negative, for ever.
 * False: time is over, no later try can help, or the process is to end. */
bool sender_await(struct sender *sender, uint64_t size, int64_t patience);

/* Ends the thread. If the process was told to end, it first sends what it can in a few seconds. */
void sender_end(struct sender *sender);

void sender_free(struct sender *sender);

#endif
