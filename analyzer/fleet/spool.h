/* What a shipper keeps on disk for one server: batches that the server does not have yet, and how far the traces were read.
 *
 * A batch is written and renamed, then the progress that it stands for, and only then is it sent. So a batch that the progress does not know
 * was never sent, and is dropped; its lines are read again. One that it knows may have been sent before this process began.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SPOOL_H
#define SOCKSAN_ANALYZER_FLEET_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/fleet/batch.h"

struct spooled {
	uint64_t number, size;
	bool doubtful;	   /* it may have been sent */
	unsigned refusals; /* of this process */
};

struct spool {
	char *folder;
	int lock;
	uint64_t next;	       /* the number of the next batch */
	uint64_t used, limit;  /* bytes */
	struct spooled *queue; /* ascending */
	size_t n, cap;
	size_t aside;	/* batches that this process has put aside; they count as used */
	char *progress; /* as it was saved, without its first line; to be freed when it was read */
};

/* Makes it if it is not there. Returns 0, or -1 with the message written. */
int spool_open(struct spool *spool, const char *folder, const char *server, uint64_t limit)
	__attribute__((warn_unused_result));
void spool_close(struct spool *spool);

/* Whether a batch may be added that has at most so many bytes. One always may. */
bool spool_has_room(const struct spool *spool, uint64_t size);

/* Adds a packed batch, and saves the progress. Returns 0, or -1 with errno. */
int spool_add(struct spool *spool, const struct batch *batch, const char *progress) __attribute__((warn_unused_result));

/* Saves the progress alone. */
int spool_save(struct spool *spool, const char *progress) __attribute__((warn_unused_result));

/* The first batch of the queue, to be cleared; false: it is damaged. */
bool spool_load(const struct spool *spool, struct batch *batch) __attribute__((warn_unused_result));

/* Removes the first batch. */
void spool_remove(struct spool *spool);

/* Keeps the first batch aside, where nobody sends it: as a file whose name ends with `why`. Returns its path, to be freed. */
char *spool_set_aside(struct spool *spool, const char *why) __attribute__((warn_unused_result));

#endif
