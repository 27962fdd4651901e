/* The sources of generated JavaScript: see source_map.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols/source_map.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

enum { LARGEST = 64 << 20 };

/* -- a map ---------------------------------------------------------------------------------------------------- */

static int base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* A base64 VLQ: digits of 5 bits, the lowest first, of which bit 0 is the sign. False: it is none, or larger than any line number. */
static bool read_number(const char **at, int64_t *sum)
{
	uint64_t value = 0;
	for (int shift = 0; shift <= 30; shift += 5) {
		int digit = base64_digit(**at);
		if (digit < 0)
			return false;
		++*at;
		value |= (uint64_t)(digit & 31) << shift;
		if (!(digit & 32)) {
			*sum += value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
			return true;
		}
	}
	return false;
}

/* The source and line of a place; false: the mappings are broken, or do not contain it. */
static bool find_mapping(const char *at, int line, int column, int64_t *source, int64_t *source_line)
{
	int64_t generated = 0, all[4] = {0}; /* source, line, column, name: each relative to the one before */
	bool found = false;
	for (int at_line = 1; at_line <= line; at_line++, generated = 0) {
		while (*at && *at != ';') {
			int n = 0;
			if (!read_number(&at, &generated))
				return false;
			while (n < 4 && *at && *at != ',' && *at != ';')
				if (!read_number(&at, &all[n++]))
					return false;
			at += *at == ',';
			if (at_line == line && n >= 3 && (!found || generated < column)) {
				*source = all[0];
				*source_line = all[1] + 1;
				found = true;
			}
		}
		if (!*at)
			break;
		at++;
	}
	return found;
}

char *source_map_find(const char *text, size_t n, int line, int column, int *source_line)
{
	static const char guard[] = ")]}'"; /* protects against its being run as a script */
	int64_t source = 0, at = 0;
	if (n >= sizeof guard - 1 && memcmp(text, guard, sizeof guard - 1) == 0) {
		const char *end = memchr(text, '\n', n);
		n -= end ? (size_t)(end - text) : n;
		text = end ? end : text;
	}
	json_t *map = json_loadb(text, n, 0, NULL);
	const char *mappings = json_string_value(json_object_get(map, "mappings"));
	const char *root = json_string_value(json_object_get(map, "sourceRoot")), *name = NULL;
	if (mappings && find_mapping(mappings, line, column, &source, &at) && source >= 0 && at > 0 && at < INT_MAX)
		name = json_string_value(json_array_get(json_object_get(map, "sources"), (size_t)source));
	char *found = NULL;
	if (name && *name) {
		bool parted = !root || !*root || root[strlen(root) - 1] == '/';
		found = *name == '/' || !root ? xstrdup(name) : xasprintf("%s%s%s", root, parted ? "" : "/", name);
		*source_line = (int)at;
	}
	json_decref(map);
	return found;
}

/* -- files ---------------------------------------------------------------------------------------------------- */

/* The map of a generated file; without text if there is none. */
struct source_map {
	const char *file; /* the key */
	char *text, *folder;
	size_t n;
	UT_hash_handle hh;
};
static struct source_map *maps;

/* A regular file of reasonable size, with a NUL at its end, to be freed. */
static char *read_small(const char *path, size_t *n)
{
	struct stat st;
	int fd = open_regular(path, &st);
	char *text = NULL;
	if (fd < 0)
		return NULL;
	if (st.st_size <= LARGEST) {
		text = xcalloc((size_t)st.st_size + 1, 1);
		ssize_t got = 0;
		for (*n = 0; *n < (size_t)st.st_size && (got = read(fd, text + *n, (size_t)st.st_size - *n)) > 0;)
			*n += (size_t)got;
	}
	close(fd);
	return text;
}

/* In place: "a%20b" to "a b", up to `end`. */
static void decode_escapes(char *text)
{
	char *to = text;
	for (char *from = text; *from; from++) {
		unsigned code;
		bool escape = from[0] == '%' && sscanf(from + 1, "%2x", &code) == 1 && from[1] && from[2] && code;
		*to++ = escape ? (char)code : *from;
		from += 2 * escape;
	}
	*to = 0;
}

static char *decode_base64(const char *text, size_t *n)
{
	char *out = xcalloc(strlen(text) / 4 + 1, 3);
	uint32_t bits = 0;
	int have = 0, digit;
	for (*n = 0; (digit = base64_digit(*text)) >= 0; text++) {
		bits = bits << 6 | (uint32_t)digit;
		if ((have += 6) >= 8)
			out[(*n)++] = (char)(bits >> (have -= 8));
	}
	return out;
}

/* A name, relative to the folder of the file that has it, to be freed. One with another scheme, as bundlers use, stays a name: without
 * "webpack://app/./". */
static char *resolve(const char *folder, const char *name)
{
	const char *scheme = strstr(name, "://");
	if (strncmp(name, "file:///", 8) == 0)
		name += 7;
	else if (scheme) {
		const char *path = strchr(scheme + 3, '/');
		name = path ? path + 1 : scheme + 3;
		char *plain = normal_path(name);
		return plain ? plain : xstrdup(name);
	}
	char *whole = *name == '/' ? xstrdup(name) : xasprintf("%s/%s", folder, name), *plain = normal_path(whole);
	char *path = plain ? xasprintf("/%s", plain) : xstrdup(whole);
	free(plain);
	free(whole);
	return path;
}

static char *folder_of(const char *path)
{
	const char *name = base_name(path);
	return strndup(path, name > path ? (size_t)(name - path) - (name - path > 1) : 0);
}

/* The target of the last "//# sourceMappingURL=" in a text, to be freed. */
static char *map_url(const char *text, size_t n)
{
	static const char key[] = "# sourceMappingURL=";
	const char *found = NULL;
	for (const char *at = text; (at = memmem(at, n - (size_t)(at - text), key, sizeof key - 1)); at++)
		found = at;
	return found ? strndup(found + sizeof key - 1, strcspn(found + sizeof key - 1, " \t\r\n'\"*")) : NULL;
}

static void read_map(struct source_map *map)
{
	size_t n = 0;
	char *text = read_small(map->file, &n), *url = text ? map_url(text, n) : NULL, *path = NULL;
	free(text);
	map->folder = folder_of(map->file);
	if (url && strncmp(url, "data:", 5) == 0) {
		const char *data = strstr(url, ";base64,");
		map->text = data ? decode_base64(data + 8, &map->n) : NULL;
	} else if (url && (!strstr(url, "://") || strncmp(url, "file:///", 8) == 0)) {
		decode_escapes(url);
		path = resolve(map->folder, url);
	} else if (!url) {
		path = xasprintf("%s.map", map->file);
	}
	if (path) {
		map->text = read_small(path, &map->n);
		free(map->folder);
		map->folder = folder_of(path);
	}
	free(path);
	free(url);
}

const char *source_map_place(const char *file, int line, int column, int *source_line)
{
	struct source_map *map;
	if (*file != '/')
		return NULL;
	HASH_FIND_PTR(maps, &file, map);
	if (!map) {
		map = xcalloc(1, sizeof *map);
		map->file = file;
		read_map(map);
		HASH_ADD_PTR(maps, file, map);
	}
	char *name = map->text ? source_map_find(map->text, map->n, line, column, source_line) : NULL;
	char *path = name ? resolve(map->folder, name) : NULL;
	const char *found = path ? intern(path) : NULL;
	free(path);
	free(name);
	return found;
}

void source_maps_forget(void)
{
	struct source_map *map, *next;
	HASH_ITER (hh, maps, map, next) {
		HASH_DEL(maps, map);
		free(map->text);
		free(map->folder);
		free(map);
	}
}
