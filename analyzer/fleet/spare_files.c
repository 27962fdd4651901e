/* Files that are used again. Threads may share them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/spare_files.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/private_folder.h"

struct spare_files {
	const char *folder;
	pthread_mutex_t lock;
	size_t n; /* of files, named by their numbers */
};

struct spare_files *spare_files_new(const char *folder)
{
	struct spare_files *spare = xcalloc(1, sizeof *spare);
	spare->folder = folder;
	pthread_mutex_init(&spare->lock, NULL);
	return spare;
}

void spare_files_free(struct spare_files *spare)
{
	if (spare)
		pthread_mutex_destroy(&spare->lock);
	free(spare);
}

static char *path_of(const struct spare_files *spare, size_t number)
{
	return xasprintf("%s/spare-%zu", spare->folder, number);
}

FILE *spare_files_open(struct spare_files *spare, const char *path)
{
	bool again = false;
	if (access(path, F_OK) == 0)
		return fopen(path, "ae");
	pthread_mutex_lock(&spare->lock);
	if (spare->n) {
		char *from = path_of(spare, --spare->n);
		again = rename(from, path) == 0;
		if (!again)
			(void)unlink(from);
		free(from);
	}
	pthread_mutex_unlock(&spare->lock);
	return fopen(path, again ? "r+e" : "ae");
}

/* What is left of its earlier content is cut off only here: ext4 writes a file to the disk at once that was emptied before. */
int spare_files_close(FILE *file)
{
	bool good = fflush(file) == 0 && ftruncate(fileno(file), ftello(file)) == 0;
	return fclose(file) == 0 && good ? 0 : -1;
}

void spare_files_take(struct spare_files *spare, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_REG)
			continue;
		char *path = xasprintf("%s/%s", folder, entry->d_name);
		pthread_mutex_lock(&spare->lock);
		char *to = path_of(spare, spare->n);
		if (rename(path, to) == 0)
			spare->n++;
		pthread_mutex_unlock(&spare->lock);
		free(to);
		free(path);
	}
	if (dir)
		closedir(dir);
	remove_tree(folder);
}
