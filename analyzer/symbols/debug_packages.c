/* Finds packages with the names and lines of a stripped file: see debug_packages.h; dpkg(1) under FILES.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols/debug_packages.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"

enum { LARGEST_LIST = 16 << 20, LARGEST_SUM = 256 << 20, SPELLINGS = 4 };

/* A file, by each name that a list may have it under: where /lib is a link to /usr/lib, some lists use one, some the other. */
struct wanted {
	char *names[SPELLINGS];
	size_t lengths[SPELLINGS];
};

static void spell(struct wanted *wanted, const char *file)
{
	char *real = realpath(file, NULL);
	const char *both[] = {file, real ? real : file};
	for (size_t i = 0; i < SPELLINGS; i++) {
		const char *name = both[i / 2];
		bool below_usr = strncmp(name, "/usr/", 5) == 0;
		wanted->names[i] =
			i % 2 == 0 ? xstrdup(name) : xasprintf("%s%s", below_usr ? "" : "/usr", name + 4 * below_usr);
		wanted->lengths[i] = strlen(wanted->names[i]);
	}
	free(real);
}

static bool is_wanted(const struct wanted *wanted, const char *line, size_t n)
{
	for (size_t i = 0; i < SPELLINGS; i++)
		if (wanted->lengths[i] == n && memcmp(wanted->names[i], line, n) == 0)
			return true;
	return false;
}

/* "libssl3" from "libssl3:amd64.list", to be freed. NULL: not a list, or a name that is no package name and should not be pasted into a
 * shell. */
static char *package_of_list(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
	const char *end = name + strlen(name) - (strlen(name) > 5 ? 5 : 0), *colon = strchrnul(name, ':');
	if (strcmp(end, ".list") != 0)
		return NULL;
	size_t n = (size_t)((colon < end ? colon : end) - name);
	return *name != '-' && n && strspn(name, letters) >= n ? strndup(name, n) : NULL;
}

static void search_list(const char *text, const char *package, const struct wanted *wanted, size_t n, char **packages)
{
	for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		for (size_t i = 0; i < n; i++)
			if (!packages[i] && is_wanted(&wanted[i], line, (size_t)(end - line)))
				packages[i] = xstrdup(package);
	}
}

bool packages_of(const char *const *files, size_t n, char **packages)
{
	const char *admin = getenv("DPKG_ADMINDIR");
	char *folder = xasprintf("%s/info", admin && *admin ? admin : "/var/lib/dpkg");
	DIR *lists = opendir(folder);
	struct dirent *entry;
	uint64_t read = 0;
	memset(packages, 0, n * sizeof *packages);
	if (!lists) {
		free(folder);
		return false;
	}
	struct wanted *wanted = xcalloc(n + 1, sizeof *wanted);
	for (size_t i = 0; i < n; i++)
		spell(&wanted[i], files[i]);
	while (read < LARGEST_SUM && (entry = readdir(lists))) {
		struct stat st;
		char *package = package_of_list(entry->d_name), *path = xasprintf("%s/%s", folder, entry->d_name);
		int fd = package ? open_regular(path, &st) : -1;
		char *text = fd >= 0 && st.st_size <= LARGEST_LIST ? read_whole(fd, (size_t)st.st_size) : NULL;
		if (text) {
			read += (uint64_t)st.st_size;
			search_list(text, package, wanted, n, packages);
		}
		if (fd >= 0)
			close(fd);
		free(text);
		free(path);
		free(package);
	}
	for (size_t i = 0; i < n * SPELLINGS; i++)
		free(wanted[i / SPELLINGS].names[i % SPELLINGS]);
	free(wanted);
	closedir(lists);
	free(folder);
	return true;
}
