/* The files of traces in folders, and how far each was read: they may grow, appear and be removed at any time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_TRACKS_H
#define SOCKSAN_ANALYZER_FLEET_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/hash.h"
#include "analyzer/fleet/labels.h"
#include "analyzer/fleet/trace_origin.h"
#include "analyzer/read/trace_lines.h"

/* The first file of a trace and its segments. */
struct track_trace {
	char *stem; /* the path of the first file; the key */
	struct trace_origin origin;
	unsigned files;
	bool known; /* origin was filled in */
	bool over;  /* its process has ended: nothing more is written */
	bool away;  /* it was written on another machine, or before this one started */
	UT_hash_handle hh;
};

struct track {
	struct trace_file file; /* its gaps are what was not read, or may yet be written */
	const char *name;	/* its base name */
	struct track_trace *trace;
	off_t looked;  /* bytes before this were read, but for the gaps */
	off_t fresh;   /* bytes from here on are read for the first time */
	bool is_seen;  /* in the last look */
	bool is_final; /* nothing was written any more when its reading began */
	bool is_over;  /* and it was read to its end */
	bool is_foreign;
	bool is_removed;   /* by the shim, or whoever: it is held open, and is not written any more */
	UT_hash_handle hh; /* by path */
};

struct tracks {
	struct track *files; /* in order of names, a first file before its segments */
	struct track_trace *traces;
	struct said_path *told;	   /* paths whose failure was said */
	struct restored *restored; /* what a progress tells of files that were not met yet */
	const struct labels *labels;
	unsigned held;	/* descriptors of segments, which the shim may remove before they are read */
	uint64_t room;	/* bytes that removed segments may go on taking on disk; the oldest are given up */
	uint64_t taken; /* of it */
	uint64_t lost;	/* bytes of files that were removed before they were read */
};

/* Takes up what tracks_progress() said once. */
void tracks_restore(struct tracks *tracks, const char *progress);

/* Finds what is new, grown or gone in the folders, or among files that are named. Returns 0; -1, with a message, if one cannot be used. No track
 * ends by that: it may come amid the reading of one. */
int tracks_look(struct tracks *tracks, const char *const *paths, size_t n);

/* Forgets the files that are gone, between two readings. What was not read of them is lost, which is said. */
void tracks_sweep(struct tracks *tracks);

/* The process is to end: what is only there because it is held open is lost. */
void tracks_abandon(struct tracks *tracks);

/* Makes sure that the origin of a file's trace is known, and looks whether its process has ended. False: a trace that has just begun, and does
 * not say so yet; `last`: there is no later look at it. */
bool track_prepare(struct tracks *tracks, struct track *track, bool last);

/* How far all files were read, as text; to be freed. */
char *tracks_progress(const struct tracks *tracks) __attribute__((warn_unused_result));

void tracks_free(struct tracks *tracks);

#endif
