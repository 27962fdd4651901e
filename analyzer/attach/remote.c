/* The memory of another process: see remote.h; process_vm_readv(2), elf(5).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/attach/remote.h"

#include <elf.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"

bool remote_read(pid_t pid, uint64_t at, void *to, size_t n)
{
	struct iovec here = {to, n}, there = {(void *)(uintptr_t)at, n};
	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

bool remote_write(pid_t pid, uint64_t at, const void *from, size_t n)
{
	struct iovec here = {(void *)(uintptr_t)from, n}, there = {(void *)(uintptr_t)at, n};
	return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

/* "START-END PERMS OFFSET DEVICE INODE  NAME" */
static void take_map(struct remote_maps *maps, const char *line)
{
	struct remote_map map;
	char perms[8];
	int name = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %n", &map.start, &map.end, perms, &map.offset,
		   &name) < 4 ||
	    !name)
		return;
	map.executable = perms[2] == 'x';
	map.name = xstrdup(line + name);
	GROW(maps->maps, maps->n, maps->cap);
	maps->maps[maps->n++] = map;
}

int remote_maps_read(struct remote_maps *maps, pid_t pid)
{
	*maps = (struct remote_maps){0};
	char *text = proc_read(pid, "maps", NULL), *rest = text, *line;
	if (!text)
		return -1;
	while ((line = strsep(&rest, "\n")))
		take_map(maps, line);
	free(text);
	return 0;
}

void remote_maps_free(struct remote_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		free(maps->maps[i].name);
	free(maps->maps);
	*maps = (struct remote_maps){0};
}

const struct remote_map *remote_map_at(const struct remote_maps *maps, uint64_t at)
{
	for (size_t i = 0; i < maps->n; i++)
		if (at >= maps->maps[i].start && at < maps->maps[i].end)
			return &maps->maps[i];
	return NULL;
}

const struct remote_map *remote_object(const struct remote_maps *maps, const char *const *patterns)
{
	for (size_t i = 0; i < maps->n; i++)
		for (const char *const *pattern = patterns; *pattern; pattern++)
			if (maps->maps[i].offset == 0 && fnmatch(*pattern, base_name(maps->maps[i].name), 0) == 0)
				return &maps->maps[i];
	return NULL;
}

/* What a lookup needs from the dynamic section. */
struct tables {
	uint64_t symbols, strings, hash;
};

/* In every object but the vDSO, the loader has replaced offsets in the section by addresses. */
static bool find_tables(pid_t pid, uint64_t base, struct tables *tables)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Dyn entry = {.d_tag = DT_NULL};
	uint64_t first = UINT64_MAX, dynamic = 0;
	*tables = (struct tables){0};
	if (!remote_read(pid, base, &header, sizeof header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	for (int i = 0; i < header.e_phnum; i++) {
		if (!remote_read(pid, base + header.e_phoff + (uint64_t)i * sizeof segment, &segment, sizeof segment))
			return false;
		if (segment.p_type == PT_LOAD && segment.p_vaddr < first)
			first = segment.p_vaddr & ~4095ull;
		if (segment.p_type == PT_DYNAMIC)
			dynamic = segment.p_vaddr;
	}
	if (!dynamic)
		return false;
	dynamic += base - first;
	do {
		if (!remote_read(pid, dynamic, &entry, sizeof entry))
			return false;
		uint64_t *at = entry.d_tag == DT_SYMTAB	    ? &tables->symbols
			       : entry.d_tag == DT_STRTAB   ? &tables->strings
			       : entry.d_tag == DT_GNU_HASH ? &tables->hash
							    : NULL;
		if (at)
			*at = entry.d_un.d_ptr < base ? entry.d_un.d_ptr + base : entry.d_un.d_ptr;
		dynamic += sizeof entry;
	} while (entry.d_tag != DT_NULL);
	return tables->symbols && tables->strings && tables->hash;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;
	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

static uint64_t symbol_named(pid_t pid, uint64_t base, const struct tables *tables, uint32_t index, const char *name)
{
	Elf64_Sym symbol;
	char is[64];
	size_t n = strlen(name) + 1;
	if (!remote_read(pid, tables->symbols + (uint64_t)index * sizeof symbol, &symbol, sizeof symbol) ||
	    n > sizeof is || !remote_read(pid, tables->strings + symbol.st_name, is, n) || memcmp(is, name, n) != 0 ||
	    symbol.st_shndx == SHN_UNDEF)
		return 0;
	int type = ELF64_ST_TYPE(symbol.st_info);
	return type == STT_FUNC || type == STT_OBJECT ? base + symbol.st_value : 0;
}

uint64_t remote_symbol(pid_t pid, uint64_t base, const char *name)
{
	enum { BUCKETS, FIRST, BLOOMS, SHIFT };
	struct tables tables;
	uint32_t head[4], index, hash = gnu_hash(name), of;
	if (!find_tables(pid, base, &tables) || !remote_read(pid, tables.hash, head, sizeof head) || !head[BUCKETS])
		return 0;
	uint64_t buckets = tables.hash + sizeof head + 8ull * head[BLOOMS], chains = buckets + 4ull * head[BUCKETS];
	if (!remote_read(pid, buckets + 4ull * (hash % head[BUCKETS]), &index, sizeof index) || index < head[FIRST])
		return 0;
	for (;; index++) {
		if (!remote_read(pid, chains + 4ull * (index - head[FIRST]), &of, sizeof of))
			return 0;
		uint64_t found = (of | 1) == (hash | 1) ? symbol_named(pid, base, &tables, index, name) : 0;
		if (found || of & 1)
			return found;
	}
}

uint64_t remote_find_code(pid_t pid, const struct remote_maps *maps, const char *object, const void *bytes, size_t n)
{
	uint64_t found = 0;
	for (size_t i = 0; i < maps->n && !found; i++) {
		const struct remote_map *map = &maps->maps[i];
		if (!map->executable || strcmp(map->name, object) != 0)
			continue;
		size_t size = map->end - map->start;
		char *code = xcalloc(size, 1), *at = NULL;
		if (remote_read(pid, map->start, code, size))
			at = memmem(code, size, bytes, n);
		if (at)
			found = map->start + (uint64_t)(at - code);
		free(code);
	}
	return found;
}
