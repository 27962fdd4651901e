/* Files in which processes listed what they had open: see written.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/report/written.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "analyzer/base/util.h"
#include "analyzer/report/report_data.h"
#include "shim/model/dump.h"

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n > m && strcmp(text + n - m, end) == 0;
}

static int is_written(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, OPEN_SUFFIX);
}

static json_t *load(const char *path)
{
	struct stat st;
	int fd = open_regular(path, &st);
	json_t *json = fd >= 0 ? json_loadfd(fd, 0, NULL) : NULL;
	const char *schema = json_string_value(json_object_get(json, "schema"));
	if (fd >= 0)
		close(fd);
	if (schema && strcmp(schema, OPEN_SCHEMA) == 0)
		return json;
	json_decref(json);
	return NULL;
}

static void note_file(struct report *report, const char *path)
{
	json_t *json = load(path);
	const json_t *pid = json_object_get(json, "pid"), *open = json_object_get(json, "open"),
		     *limit = json_object_get(json, "limit");
	if (json_is_integer(pid) && json_is_integer(open) && json_is_integer(limit))
		report_note(report, xasprintf("process %lld wrote what it had open, %lld of %lld "
					      "descriptors: `socksan snapshot %s` shows it",
					      (long long)json_integer_value(pid), (long long)json_integer_value(open),
					      (long long)json_integer_value(limit), path));
	json_decref(json);
}

static void note_folder(struct report *report, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_written, alphasort);
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s%s%s", folder, ends_with(folder, "/") ? "" : "/", entries[i]->d_name);
		note_file(report, path);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

void note_written(struct report *report, const char *const *paths, size_t n)
{
	static const char trace[] = ".jsonl";
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		if (stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			note_folder(report, paths[i]);
		} else if (ends_with(paths[i], trace)) {
			char *path = xasprintf("%.*s%s", (int)(strlen(paths[i]) - (sizeof trace - 1)), paths[i],
					       OPEN_SUFFIX);
			note_file(report, path);
			free(path);
		}
	}
}
