/* The memory of another process: its mappings, and the symbols that its objects export. Uses only memory, since its files may be different
 * ones below its root folder, or removed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REMOTE_H
#define SOCKSAN_ANALYZER_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

bool remote_read(pid_t pid, uint64_t at, void *to, size_t n);
bool remote_write(pid_t pid, uint64_t at, const void *from, size_t n);

struct remote_map {
	uint64_t start, end, offset;
	bool executable;
	char *name; /* "" if it has none */
};

struct remote_maps {
	struct remote_map *maps;
	size_t n, cap;
};

/* Returns -1, with errno. */
int remote_maps_read(struct remote_maps *maps, pid_t pid);
void remote_maps_free(struct remote_maps *maps);

/* The mapping that contains an address, or NULL. */
const struct remote_map *remote_map_at(const struct remote_maps *maps, uint64_t at);

/* The mapping of the start of the object whose file name matches one of the patterns (fnmatch(3), terminated by NULL); NULL if there is
 * none. */
const struct remote_map *remote_object(const struct remote_maps *maps, const char *const *patterns);

/* The address that the object at `base` exports under that name; 0: none. */
uint64_t remote_symbol(pid_t pid, uint64_t base, const char *name);

/* The first occurrence of these bytes in the executable memory of an object; 0: none. */
uint64_t remote_find_code(pid_t pid, const struct remote_maps *maps, const char *object, const void *bytes, size_t n);

#endif
