/* The files of traces in folders.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/tracks.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/read/trace_inputs.h"
#include "analyzer/replay/alive.h"

enum {
	LONG_WITHOUT = 1 << 20, /* a trace of so many bytes that has no process will never have one */
	MOST_HELD = 512
};

/* -- progress ------------------------------------------------------------------------------------------------- */

/* A file that was met before this process began. */
struct restored {
	char *path;
	unsigned long long inode, looked;
	char *gaps; /* "START END ..." */
	UT_hash_handle hh;
};

static void put_path(FILE *out, const char *path)
{
	for (; *path; path++)
		if (*path == '\n' || *path == '\\')
			fprintf(out, *path == '\n' ? "\\n" : "\\\\");
		else
			fputc(*path, out);
}

static char *read_path(const char *text, size_t n)
{
	char *path = xcalloc(n + 1, 1), *to = path;
	for (const char *end = text + n; text < end; text++) {
		if (*text == '\\' && text + 1 < end)
			*to++ = *++text == 'n' ? '\n' : *text;
		else
			*to++ = *text;
	}
	return path;
}

char *tracks_progress(const struct tracks *tracks)
{
	struct track *track, *next;
	struct restored *old, *after;
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	HASH_ITER (hh, tracks->files, track, next) {
		if (track->is_foreign || track->is_removed)
			continue;
		fprintf(out, "%llu %llu", (unsigned long long)track->file.inode, (unsigned long long)track->looked);
		for (size_t i = 0; i < track->file.n_gaps; i++)
			fprintf(out, " %llu %llu", (unsigned long long)track->file.gaps[i].start,
				(unsigned long long)track->file.gaps[i].end);
		fputc('\t', out);
		put_path(out, track->file.path);
		fputc('\n', out);
	}
	/* Of folders that are not shipped this time. */
	HASH_ITER (hh, tracks->restored, old, after) {
		if (access(old->path, F_OK) != 0)
			continue;
		fprintf(out, "%llu %llu%s\t", old->inode, old->looked, old->gaps);
		put_path(out, old->path);
		fputc('\n', out);
	}
	fclose(out);
	return text;
}

void tracks_restore(struct tracks *tracks, const char *progress)
{
	for (const char *line = progress; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned long long inode, looked;
		int length = 0;
		size_t head = strcspn(line, "\t\n");
		if (line[head] != '\t' || sscanf(line, "%llu %llu%n", &inode, &looked, &length) != 2 ||
		    (size_t)length > head)
			continue;
		struct restored *old = xcalloc(1, sizeof *old);
		old->inode = inode;
		old->looked = looked;
		old->gaps = strndup(line + length, head - (size_t)length);
		old->path = read_path(line + head + 1, strcspn(line + head + 1, "\n"));
		HASH_ADD_KEYPTR(hh, tracks->restored, old->path, strlen(old->path), old);
	}
}

static void restored_free(struct tracks *tracks, struct restored *old)
{
	HASH_DEL(tracks->restored, old);
	free(old->path);
	free(old->gaps);
	free(old);
}

static void add_gap(struct trace_file *file, off_t start, off_t end)
{
	GROW(file->gaps, file->n_gaps, file->cap_gaps);
	file->gaps[file->n_gaps++] = (struct trace_gap){start, end, 1};
}

/* Takes up where an earlier process has left off with this file, if it is the same file. */
static void take_up(struct tracks *tracks, struct track *track)
{
	struct restored *old;
	HASH_FIND_STR(tracks->restored, track->file.path, old);
	bool same = old && old->inode == (unsigned long long)track->file.inode &&
		    old->looked <= (unsigned long long)track->file.size;
	if (same) {
		const char *at = old->gaps;
		unsigned long long start, end;
		int length;
		for (; sscanf(at, "%llu %llu%n", &start, &end, &length) == 2; at += length)
			if (start <= end && end <= old->looked)
				add_gap(&track->file, (off_t)start, (off_t)end);
		track->looked = (off_t)old->looked;
	}
	if (old)
		restored_free(tracks, old);
}

/* -- complaints ----------------------------------------------------------------------------------------------- */

/* A path that cannot be used, which is looked at again and again. */
struct said_path {
	char *path;
	UT_hash_handle hh;
};

static void complain_once(struct tracks *tracks, const char *path, const char *what)
{
	struct said_path *told;
	HASH_FIND_STR(tracks->told, path, told);
	if (told)
		return;
	told = xcalloc(1, sizeof *told);
	told->path = xstrdup(path);
	HASH_ADD_KEYPTR(hh, tracks->told, told->path, strlen(told->path), told);
	complain("%s: %s", path, what);
}

/* -- files ---------------------------------------------------------------------------------------------------- */

static struct track_trace *trace_of(struct tracks *tracks, const char *path)
{
	struct track_trace *trace;
	size_t n = trace_stem(path);
	char *stem = n ? xasprintf("%.*s.jsonl", (int)n, path) : xstrdup(path);
	HASH_FIND_STR(tracks->traces, stem, trace);
	if (trace) {
		free(stem);
	} else {
		trace = xcalloc(1, sizeof *trace);
		trace->stem = stem;
		HASH_ADD_KEYPTR(hh, tracks->traces, trace->stem, strlen(trace->stem), trace);
	}
	trace->files++;
	return trace;
}

static void release(struct tracks *tracks, struct track *track)
{
	if (track->file.fd < 0)
		return;
	close(track->file.fd);
	track->file.fd = -1;
	tracks->held--;
	if (track->is_removed)
		tracks->taken -= (uint64_t)track->file.size;
}

static void track_free(struct tracks *tracks, struct track *track)
{
	release(tracks, track);
	HASH_DEL(tracks->files, track);
	if (--track->trace->files == 0) {
		HASH_DEL(tracks->traces, track->trace);
		origin_free(&track->trace->origin);
		free(track->trace->stem);
		free(track->trace);
	}
	free(track->file.gaps);
	free(track->file.path);
	free(track);
}

/* Whether the file is no trace, which is said once. */
static bool is_foreign(const char *path, int fd)
{
	char head[256];
	ssize_t n = pread(fd, head, sizeof head, 0);
	const char *what = n > 0 ? trace_foreign(head, (size_t)n) : NULL;
	if (what)
		complain("%s: %s", path, what);
	return what;
}

static void count_lost(struct tracks *tracks, const struct track *track)
{
	if (track->is_foreign || track->file.size <= track->looked)
		return;
	uint64_t lost = (uint64_t)(track->file.size - track->looked);
	complain("%s: removed before it was read: %llu bytes of it are lost", track->file.path,
		 (unsigned long long)lost);
	tracks->lost += lost;
}

/* Keeps a segment's descriptor, unless that would leave too few for others. */
static void hold(struct tracks *tracks, struct track *track, int fd)
{
	struct rlimit limit;
	bool room = getrlimit(RLIMIT_NOFILE, &limit) == 0 && tracks->held < limit.rlim_cur / 2;
	if (!track->file.is_segment || track->is_foreign || tracks->held >= MOST_HELD || !room) {
		close(fd);
		return;
	}
	track->file.fd = fd;
	tracks->held++;
}

/* A file whose name is gone. */
static void note_removed(struct tracks *tracks, struct track *track)
{
	struct stat st;
	if (track->file.fd < 0 || track->is_removed || fstat(track->file.fd, &st) != 0 || st.st_nlink > 0)
		return;
	track->file.size = st.st_size;
	track->is_removed = true;
	tracks->taken += (uint64_t)st.st_size;
}

/* Looks at one file; takes its path. */
static int look_at(struct tracks *tracks, char *path, bool named)
{
	struct track *track;
	struct stat st;
	int fd;
	HASH_FIND_STR(tracks->files, path, track);
	if (track && stat(path, &st) == 0 && st.st_dev == track->file.device && st.st_ino == track->file.inode) {
		track->file.size = st.st_size;
		track->is_seen = true;
		free(path);
		return 0;
	}
	fd = open_regular(path, &st);
	if (fd < 0 || st.st_size == 0) {
		int result = 0;
		if (fd < 0 && (named || errno != ENOENT)) {
			complain_once(tracks, path, errno == EINVAL ? "not a file or a folder" : strerror(errno));
			result = -1;
		}
		if (fd >= 0)
			close(fd);
		free(path);
		return result;
	}
	if (track) { /* another file has its name now: it is looked at once this one has been forgotten */
		note_removed(tracks, track);
		close(fd);
		free(path);
		return 0;
	}
	track = xcalloc(1, sizeof *track);
	track->file = (struct trace_file){.path = path,
					  .fd = -1,
					  .device = st.st_dev,
					  .inode = st.st_ino,
					  .size = st.st_size,
					  .complaints = UINT32_MAX};
	track->file.is_segment = trace_stem(path);
	track->name = base_name(track->file.path);
	track->is_seen = true;
	track->is_foreign = is_foreign(path, fd);
	track->trace = trace_of(tracks, path);
	hold(tracks, track, fd);
	take_up(tracks, track);
	HASH_ADD_KEYPTR(hh, tracks->files, track->file.path, strlen(track->file.path), track);
	return 0;
}

static int is_trace(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return n > 6 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 6, ".jsonl") == 0;
}

static int look_into(struct tracks *tracks, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_trace, alphasort);
	if (n < 0) {
		complain_once(tracks, folder, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		(void)look_at(tracks, xasprintf("%s/%s", folder, entries[i]->d_name), false);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static int compare_tracks(const struct track *a, const struct track *b)
{
	if (a->file.is_segment != b->file.is_segment)
		return a->file.is_segment ? 1 : -1;
	return strverscmp(a->file.path, b->file.path); /* a segment before the next one */
}

int tracks_look(struct tracks *tracks, const char *const *paths, size_t n)
{
	struct track *track;
	int result = 0;
	for (track = tracks->files; track; track = track->hh.next)
		track->is_seen = false;
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		char *path = realpath(paths[i], NULL);
		if (!path) {
			complain_once(tracks, paths[i], strerror(errno));
			result = -1;
		} else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			result |= look_into(tracks, path);
			free(path);
		} else {
			result |= look_at(tracks, path, true);
		}
	}
	for (track = tracks->files; track; track = track->hh.next)
		if (!track->is_seen)
			note_removed(tracks, track);
	return result;
}

void tracks_sweep(struct tracks *tracks)
{
	struct track *track, *next;
	HASH_ITER (hh, tracks->files, track, next) {
		bool awaited = track->is_removed && !track->is_over && tracks->taken <= tracks->room;
		if (track->is_over && !track->is_removed)
			release(tracks, track);
		if (track->is_seen || awaited)
			continue;
		count_lost(tracks, track);
		track_free(tracks, track);
	}
	HASH_SORT(tracks->files, compare_tracks);
}

void tracks_abandon(struct tracks *tracks)
{
	for (struct track *track = tracks->files; track; track = track->hh.next)
		if (track->is_removed)
			count_lost(tracks, track);
}

void tracks_free(struct tracks *tracks)
{
	struct track *track, *next;
	struct restored *old, *after;
	struct said_path *told, *later;
	HASH_ITER (hh, tracks->told, told, later) {
		HASH_DEL(tracks->told, told);
		free(told->path);
		free(told);
	}
	HASH_ITER (hh, tracks->files, track, next)
		track_free(tracks, track);
	HASH_ITER (hh, tracks->restored, old, after)
		restored_free(tracks, old);
	lines_close_files();
}

/* -- traces --------------------------------------------------------------------------------------------------- */

static bool find_origin(struct tracks *tracks, struct track *track, bool last)
{
	struct track_trace *trace = track->trace;
	struct track *first;
	HASH_FIND_STR(tracks->files, trace->stem, first);
	if (first)
		origin_read(&trace->origin, &first->file, tracks->labels);
	if (!trace->origin.known && !last && (!first || first->file.size < LONG_WITHOUT))
		return false;
	if (!trace->origin.known) {
		origin_unknown(&trace->origin, base_name(trace->stem), tracks->labels);
		complain(
			"%s: no usable line of ev \"process\": its lines are shipped without the process that wrote them",
			trace->stem);
	} else if (trace->origin.newer) {
		complain("%s: written by a newer SockSan: its lines are shipped as they are", trace->stem);
	}
	return trace->known = true;
}

static bool is_this_boot(const char *boot)
{
	static char here[64];
	FILE *file = *here ? NULL : fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file) {
		if (!fgets(here, sizeof here, file))
			*here = 0;
		here[strcspn(here, "\n")] = 0;
		fclose(file);
	}
	return strcmp(here, boot) == 0;
}

static void find_size(struct track *track)
{
	struct stat st;
	if (stat(track->file.path, &st) == 0 && st.st_dev == track->file.device && st.st_ino == track->file.inode)
		track->file.size = st.st_size;
}

bool track_prepare(struct tracks *tracks, struct track *track, bool last)
{
	struct track_trace *trace = track->trace;
	const struct trace_origin *origin = &trace->origin;
	if (!trace->known && !find_origin(tracks, track, last))
		return false;
	enum alive alive =
		origin->known ? process_alive(origin->pid, origin->pidns, origin->start, origin->boot, origin->host)
			      : CANNOT_TELL;
	trace->over = alive == GONE;
	trace->away = alive == CANNOT_TELL && !is_this_boot(origin->boot);
	if (trace->over) /* It may have grown since the look. Its former end may be in the middle of a line, which would be told torn. */
		find_size(track);
	return true;
}
