/* What a shipper keeps on disk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/spool.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/util.h"

#define PROGRESS "progress"
#define FIRST_LINE "socksan-ship/1 next %llu\n"

static char *path_of(const struct spool *spool, const char *name) { return xasprintf("%s/%s", spool->folder, name); }

static char *batch_path(const struct spool *spool, uint64_t number, const char *suffix)
{
	return xasprintf("%s/%016llu.batch%s", spool->folder, (unsigned long long)number, suffix);
}

/* Writes a file as a whole: it is there with all its bytes, or as it was before. Returns 0, or -1 with errno. */
static int write_whole(const struct spool *spool, const char *path, const void *data, size_t n)
{
	char *draft = path_of(spool, "draft");
	const char *at = data;
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0;
	while (good && n > 0) {
		ssize_t written = write(fd, at, n);
		if (written < 0 && errno == EINTR)
			continue;
		good = written > 0;
		at += good ? written : 0;
		n -= good ? (size_t)written : 0;
	}
	good = good && fdatasync(fd) == 0;
	int saved = errno;
	if (fd >= 0 && close(fd) != 0 && good) {
		saved = errno;
		good = false;
	}
	if (good && rename(draft, path) != 0) {
		saved = errno;
		good = false;
	}
	if (!good && fd >= 0)
		unlink(draft);
	free(draft);
	errno = saved;
	return good ? 0 : -1;
}

/* -- opening -------------------------------------------------------------------------------------------------- */

/* Makes a folder and those above it, for this user alone. Returns 0, or -1 with errno. */
static int make_folder(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = 0;
		int result = mkdir(path, 0700);
		if (slash)
			*slash = '/';
		if (result != 0 && errno != EEXIST)
			return -1;
		if (!slash)
			return 0;
	}
}

/* Two shippers with one spool would each send what the other has sent. */
static int take_lock(struct spool *spool)
{
	char *path = path_of(spool, "lock");
	spool->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = spool->lock < 0 ? -1 : flock(spool->lock, LOCK_EX | LOCK_NB);
	if (result != 0 && spool->lock >= 0 && errno == EWOULDBLOCK)
		complain("%s: another `socksan ship` is using this spool", spool->folder);
	else if (result != 0)
		complain("%s: %s; name a folder that can be written with --spool=DIR", path, strerror(errno));
	free(path);
	return result;
}

static int read_progress(struct spool *spool)
{
	size_t n;
	int length = 0;
	unsigned long long next;
	char *path = path_of(spool, PROGRESS), *text = read_file(path, &n);
	bool absent = !text && errno == ENOENT;
	bool good = text && sscanf(text, FIRST_LINE "%n", &next, &length) == 1 && length > 0;
	if (good) {
		spool->next = next;
		spool->progress = xstrdup(text + strcspn(text, "\n") + 1);
	} else if (!absent) {
		complain("%s: %s", path,
			 text ? "not a file of `socksan ship`; remove it, and all traces are sent again"
			      : strerror(errno));
	}
	free(text);
	free(path);
	return good || absent ? 0 : -1;
}

static const char *batch_suffix(const char *name)
{
	return strspn(name, "0123456789") == 16 && strncmp(name + 16, ".batch", 6) == 0 ? name + 22 : NULL;
}

static int is_batch(const struct dirent *entry) { return batch_suffix(entry->d_name) != NULL; }

static int find_batches(struct spool *spool)
{
	struct dirent **entries;
	struct stat st;
	int n = scandir(spool->folder, &entries, is_batch, alphasort);
	if (n < 0) {
		complain("%s: %s", spool->folder, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char *path = path_of(spool, entries[i]->d_name);
		uint64_t number = strtoull(entries[i]->d_name, NULL, 10);
		bool aside = *batch_suffix(entries[i]->d_name);
		if (number >= spool->next && !aside) {
			unlink(path);
		} else if (stat(path, &st) == 0) {
			spool->used += (uint64_t)st.st_size;
			if (!aside) {
				GROW(spool->queue, spool->n, spool->cap);
				spool->queue[spool->n++] = (struct spooled){.number = number,
									    .size = (uint64_t)st.st_size,
									    .doubtful = true};
			}
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int spool_open(struct spool *spool, const char *folder, const char *server, uint64_t limit)
{
	char *name = xstrdup(server + strcspn(server, "/") + 2); /* after http:// */
	for (char *c = name; *c; c++)
		*c = (char)(isalnum((unsigned char)*c) || *c == '.' || *c == '-' ? *c : '_');
	*spool = (struct spool){.lock = -1, .limit = limit, .folder = xasprintf("%s/%s", folder, name)};
	free(name);
	if (make_folder(spool->folder) != 0)
		complain("%s: %s; name a folder that can be written with --spool=DIR", spool->folder, strerror(errno));
	else if (take_lock(spool) == 0 && read_progress(spool) == 0 && find_batches(spool) == 0)
		return 0;
	spool_close(spool);
	return -1;
}

void spool_close(struct spool *spool)
{
	if (spool->lock >= 0)
		close(spool->lock);
	free(spool->folder);
	free(spool->queue);
	free(spool->progress);
	*spool = (struct spool){.lock = -1};
}

/* -- the queue ------------------------------------------------------------------------------------------------ */

bool spool_has_room(const struct spool *spool, uint64_t size)
{
	return spool->n == 0 || spool->used + size <= spool->limit;
}

int spool_save(struct spool *spool, const char *progress)
{
	char *path = path_of(spool, PROGRESS);
	char *text = xasprintf(FIRST_LINE "%s", (unsigned long long)spool->next, progress);
	int result = write_whole(spool, path, text, strlen(text));
	free(text);
	free(path);
	return result;
}

int spool_add(struct spool *spool, const struct batch *batch, const char *progress)
{
	struct bytes file = batch_save(batch);
	char *path = batch_path(spool, spool->next, "");
	int result = write_whole(spool, path, file.data, file.n);
	spool->next++;
	if (result == 0 && (result = spool_save(spool, progress)) != 0) {
		int saved = errno;
		unlink(path);
		errno = saved;
	}
	if (result == 0) {
		GROW(spool->queue, spool->n, spool->cap);
		spool->queue[spool->n++] = (struct spooled){.number = spool->next - 1, .size = file.n};
		spool->used += file.n;
	} else {
		spool->next--;
	}
	free(path);
	free(file.data);
	return result;
}

bool spool_load(const struct spool *spool, struct batch *batch)
{
	char *path = batch_path(spool, spool->queue[0].number, "");
	size_t n;
	char *data = read_file(path, &n);
	bool good = data && batch_load(batch, data, n);
	free(data);
	free(path);
	return good;
}

static void leave_queue(struct spool *spool)
{
	memmove(spool->queue, spool->queue + 1, --spool->n * sizeof *spool->queue);
}

void spool_remove(struct spool *spool)
{
	char *path = batch_path(spool, spool->queue[0].number, "");
	unlink(path);
	free(path);
	spool->used -= spool->queue[0].size;
	leave_queue(spool);
}

char *spool_set_aside(struct spool *spool, const char *why)
{
	char *path = batch_path(spool, spool->queue[0].number, ""),
	     *aside = batch_path(spool, spool->queue[0].number, why);
	(void)rename(path, aside);
	free(path);
	leave_queue(spool);
	spool->aside++;
	return aside;
}
