/* Ships traces to a database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/ship.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/batch.h"
#include "analyzer/fleet/folder_watch.h"
#include "analyzer/fleet/row.h"
#include "analyzer/fleet/sender.h"
#include "analyzer/fleet/spool.h"
#include "analyzer/fleet/tracks.h"
#include "analyzer/read/trace_parse.h"

#define SECOND INT64_C(1000000000)
#define LEAST_PAUSE INT64_C(50000000) /* ns */
#define OWN_FOLDER ".socksan-ship"    /* in a folder of traces; its dot hides it from readers */

enum { READ_BUFFER = 256 << 10, LEAST_LINE = 24, MOST_BATCH = 128 << 20, LOOK_AFTER = 1024 /* lines */ };

struct shipper {
	const struct ship_settings *settings;
	struct tracks tracks;
	struct spool spool;
	struct sender sender;
	struct trace_parser parser;
	struct batch batch;
	int64_t began;		    /* when the batch got its first line */
	const struct track *source; /* of the last line in the batch */
	struct bytes beginning;	    /* of its rows */
	uint64_t raw;		    /* lines that were not understood */
	int64_t looked;		    /* when folders were looked into last */
	unsigned since;		    /* lines that were read since that was considered */
	bool told_full, told_disk;
};

/* -- batches -------------------------------------------------------------------------------------------------- */

static int look(struct shipper *shipper)
{
	const struct ship_settings *settings = shipper->settings;
	shipper->tracks.room = sender_room(&shipper->sender);
	int result = tracks_look(&shipper->tracks, settings->paths, settings->n_paths);
	shipper->looked = monotonic_now();
	return result;
}

/* Waits until the spool has room; false: it has none, and the process is to end. */
static bool make_room(struct shipper *shipper, uint64_t size)
{
	const struct ship_settings *settings = shipper->settings;
	bool fails;
	if (sender_has_room(&shipper->sender, size, &fails))
		return true;
	bool tells = settings->follow || fails; /* else what is there is only read faster than sent */
	if (tells && !shipper->told_full)
		complain(
			"%s is full (--spool-size): traces are not read until the server has taken some; what the shim removes of them "
			"before that is lost",
			shipper->spool.folder);
	shipper->told_full |= tells;
	return sender_await(&shipper->sender, size, settings->follow ? -1 : settings->retry);
}

/* Puts the batch into the spool, with the progress that comes with it. False: it could not be, and is dropped: its lines are read again by the
 * next process. */
static bool keep_batch(struct shipper *shipper)
{
	static const struct timespec second = {.tv_sec = 1};
	const struct ship_settings *settings = shipper->settings;
	if (shipper->batch.n == 0)
		return true;
	batch_pack(&shipper->batch);
	char *progress = tracks_progress(&shipper->tracks);
	bool kept = make_room(shipper, shipper->batch.data.n);
	while (kept && sender_add(&shipper->sender, &shipper->batch, progress) != 0) {
		if (!shipper->told_disk)
			complain("%s: %s; traces are not read until it can be written", shipper->spool.folder,
				 strerror(errno));
		shipper->told_disk = true;
		kept = settings->follow && !*settings->stop;
		if (kept)
			nanosleep(&second, NULL);
	}
	free(progress);
	batch_clear(&shipper->batch);
	shipper->source = NULL;
	return kept;
}

/* -- reading -------------------------------------------------------------------------------------------------- */

static void add_gap(struct trace_file *file, off_t start, off_t end)
{
	GROW(file->gaps, file->n_gaps, file->cap_gaps);
	file->gaps[file->n_gaps++] = (struct trace_gap){start, end, 1};
}

static void add_line(struct shipper *shipper, struct track *track, const struct trace_line *line)
{
	struct batch *batch = &shipper->batch;
	const struct labels *labels = &shipper->settings->labels;
	struct trace_origin *origin = &track->trace->origin;
	uint64_t offset = (uint64_t)line->offset;
	unsigned day;
	if (shipper->source != track) {
		shipper->source = track;
		shipper->beginning.n = 0;
		row_begin(&shipper->beginning, origin, labels, track->name);
		batch_source(batch, origin->service, origin->host, origin->process, track->name);
	}
	if (batch->n == 0)
		shipper->began = monotonic_now();
	size_t before = batch->raw.n;
	shipper->raw +=
		!row_put(&batch->raw, &shipper->beginning, &shipper->parser, &track->file, line, origin, labels, &day);
	batch_count(batch, before, offset, day);
	if (++shipper->since < LOOK_AFTER)
		return;
	shipper->since = 0;
	if (shipper->settings->follow && monotonic_now() - shipper->looked > LEAST_PAUSE)
		(void)look(shipper);
}

static bool is_full(const struct shipper *shipper)
{
	const struct batch *batch = &shipper->batch;
	return batch->n >= shipper->settings->batch || batch->size >= MOST_BATCH || batch->n_days >= BATCH_DAYS;
}

/* Whether a line is still being written, as far as can be seen. */
static bool is_unfinished(const struct trace_line *line)
{
	return line->text[0] != '{' || line->text[line->length - 1] != '}' || line->kind == LINE_UNENDED;
}

/* A file that was removed or replaced while it was read. */
static void count_unread(struct shipper *shipper, const struct track *track, off_t from, off_t to)
{
	struct stat st;
	from = from > track->fresh ? from : track->fresh;
	if (to - from < LEAST_LINE || (stat(track->file.path, &st) == 0 && st.st_ino == track->file.inode))
		return;
	complain("%s: removed before it was read: %llu bytes of it are lost", track->file.path,
		 (unsigned long long)(to - from));
	shipper->tracks.lost += (uint64_t)(to - from);
}

/* Reads a part of a file; `others` are the parts that come after it. False: the process is to end, and the gaps are what is left. */
static bool read_part(struct shipper *shipper, struct track *track, struct trace_gap part,
		      const struct trace_gap *others, size_t n)
{
	struct trace_file *file = &track->file;
	bool over = track->is_final, hole = false, good = true;
	bool settled = over || (track->trace->away && !shipper->settings->follow); /* torn lines stay torn */
	struct lines lines;
	struct trace_line line;
	off_t end = part.start; /* of the last whole line */
	lines_open(&lines, file, part.start, part.end, 1, READ_BUFFER);
	while (good && lines_next(&lines, &line)) {
		if (line.kind == LINE_TOO_LONG)
			continue;
		if (!settled && is_unfinished(&line)) {
			hole = true;
			continue;
		}
		if (!over && (hole || line.offset - end >= LEAST_LINE))
			add_gap(file, end, line.offset);
		hole = false;
		end = line.offset + (off_t)line.length + (line.kind == LINE_WHOLE);
		add_line(shipper, track, &line);
		if (!is_full(shipper))
			continue;
		size_t before = file->n_gaps;
		add_gap(file, end, part.end);
		for (size_t i = 0; i < n; i++)
			add_gap(file, others[i].start, others[i].end);
		good = keep_batch(shipper);
		if (good)
			file->n_gaps = before;
	}
	if (good && lines.end < part.end)
		count_unread(shipper, track, lines.end, part.end);
	if (good && !over && (hole || part.end - end >= LEAST_LINE || n == 0))
		add_gap(file, end, part.end);
	lines_close(&lines);
	return good;
}

/* What was appended to a file is one more gap in it. */
static void note_growth(struct track *track)
{
	struct trace_file *file = &track->file;
	struct trace_gap *last = file->n_gaps ? &file->gaps[file->n_gaps - 1] : NULL;
	track->fresh = track->looked;
	if (file->size <= track->looked)
		return;
	if (last && last->end == track->looked)
		last->end = file->size;
	else
		add_gap(file, track->looked, file->size);
	track->looked = file->size;
}

static bool read_track(struct shipper *shipper, struct track *track)
{
	struct trace_file *file = &track->file;
	bool good = true;
	if (track->is_foreign || (track->is_over && file->size <= track->looked) ||
	    !track_prepare(&shipper->tracks, track, !shipper->settings->follow))
		return true;
	track->is_final = track->trace->over || track->is_removed;
	note_growth(track);
	struct trace_gap *gaps = file->gaps;
	size_t n = file->n_gaps;
	file->gaps = NULL;
	file->n_gaps = file->cap_gaps = 0;
	for (size_t i = 0; good && i < n; i++) {
		struct trace_gap part = gaps[i];
		part.end = part.end < file->size ? part.end : file->size;
		if (part.start < part.end)
			good = read_part(shipper, track, part, gaps + i + 1, n - i - 1);
		else if (part.start == part.end && !track->is_final)
			add_gap(file, part.start, part.end);
	}
	free(gaps);
	track->is_over = good && track->is_final;
	return good;
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

static bool read_all(struct shipper *shipper)
{
	struct track *track, *next;
	HASH_ITER (hh, shipper->tracks.files, track, next)
		if (*shipper->settings->stop || !read_track(shipper, track))
			return false;
	return true;
}

/* Until the process is to end. False: a batch could not be kept, and the progress is as it was saved before. */
static bool follow(struct shipper *shipper)
{
	const struct ship_settings *settings = shipper->settings;
	int64_t between = settings->every / 10 < SECOND ? settings->every / 10 : SECOND;
	between = between > LEAST_PAUSE ? between : LEAST_PAUSE;
	int watch = folder_watch_new(settings->paths, settings->n_paths);
	bool good = true;
	while (good && !*settings->stop) {
		good = read_all(shipper);
		if (!good) {
			good = *settings->stop && shipper->batch.n;
			break;
		}
		if (shipper->batch.n && monotonic_now() - shipper->began >= settings->every)
			good = keep_batch(shipper);
		tracks_sweep(&shipper->tracks);
		folder_watch_wait(watch, between);
		(void)look(shipper);
	}
	if (watch >= 0)
		close(watch);
	return good;
}

/* What is left is kept for the next process. */
static enum shipped end(struct shipper *shipper, bool good)
{
	const struct ship_settings *settings = shipper->settings;
	if (good && !settings->follow)
		good = keep_batch(shipper) && sender_await(&shipper->sender, UINT64_MAX, settings->retry);
	else
		good = keep_batch(shipper) && good;
	sender_end(&shipper->sender);
	tracks_abandon(&shipper->tracks);
	char *progress = tracks_progress(&shipper->tracks);
	if (good && spool_save(&shipper->spool, progress) != 0) {
		complain("%s: %s", shipper->spool.folder, strerror(errno));
		good = false;
	}
	free(progress);
	printf("%s: shipped ", server_name(shipper->sender.server));
	print_count(stdout, shipper->sender.lines, "line");
	putchar('\n');
	if (shipper->raw)
		complain("%llu of the lines were not understood, and are shipped as they are",
			 (unsigned long long)shipper->raw);
	if (shipper->spool.n)
		complain("%zu batches of lines are kept in %s; the next `socksan ship` sends them", shipper->spool.n,
			 shipper->spool.folder);
	return good && shipper->spool.n == 0 && shipper->spool.aside == 0 && shipper->tracks.lost == 0 ? SHIP_ALL
												       : SHIP_LEFT;
}

static char *own_folder(const struct ship_settings *settings)
{
	struct stat st;
	const char *path = settings->paths[0], *slash = strrchr(path, '/');
	if (settings->spool)
		return xstrdup(settings->spool);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return xasprintf("%s/" OWN_FOLDER, path);
	return slash ? xasprintf("%.*s/" OWN_FOLDER, (int)(slash - path), path) : xstrdup(OWN_FOLDER);
}

static enum shipped run(struct shipper *shipper)
{
	const struct ship_settings *settings = shipper->settings;
	if (sender_begin(&shipper->sender) != 0)
		return SHIP_UNUSABLE;
	if (shipper->spool.progress)
		tracks_restore(&shipper->tracks, shipper->spool.progress);
	if (look(shipper) != 0)
		return SHIP_UNUSABLE;
	tracks_sweep(&shipper->tracks);
	return end(shipper, settings->follow ? follow(shipper) : read_all(shipper));
}

enum shipped ship(const struct ship_settings *settings)
{
	struct shipper shipper = {.settings = settings, .tracks.labels = &settings->labels};
	enum shipped result = SHIP_UNUSABLE;
	char *folder = own_folder(settings);
	shipper.sender = (struct sender){.server = server_new(settings->server),
					 .spool = &shipper.spool,
					 .database = settings->server->url.database,
					 .stop = settings->stop};
	if (shipper.sender.server &&
	    spool_open(&shipper.spool, folder, server_name(shipper.sender.server), settings->spool_size) == 0) {
		result = run(&shipper);
		sender_end(&shipper.sender);
		spool_close(&shipper.spool);
	}
	free(folder);
	sender_free(&shipper.sender);
	tracks_free(&shipper.tracks);
	trace_parser_clear(&shipper.parser);
	batch_clear(&shipper.batch);
	free(shipper.beginning.data);
	return result;
}
