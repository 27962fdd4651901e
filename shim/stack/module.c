/* The objects that stacks go through: see module.h; elf(5), _dl_find_object(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/module.h"

#include "shim/kernel/sys.h"
#include "shim/lang/lang.h"
#include "shim/libc/libc.h"
#include "shim/model/system.h"
#include "shim/state/keep.h"
#include "shim/state/mix.h"
#include "shim/state/program.h"
#include "shim/state/self.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"

#include <string.h>

#define MODULES MODULE_IDS

/* Known objects; an object's id is its index plus one. The hash is of address, path and build-id, so an object mapped
 * where another was unmapped is a new one. */
static uint64_t modules[MODULES] __attribute__((aligned(4096)));
static bool written
	[MODULES]; /* while it is not, each thread that meets the object writes it: the first may be held up past the end */
static struct kept_line *told[MODULES];

/* Where each is mapped (NULL: no longer), and its shape_of there. After them, objects that are only watched. */
#define PLACES (2 * MODULES)
static const char *starts[PLACES] __attribute__((aligned(4096)));
static uint64_t shapes[PLACES] __attribute__((aligned(4096)));

/* Finds the object's build-id in its PT_NOTE. Returns its length; 0 if there is none. */
static size_t build_id(const struct dl_find_object *o, const unsigned char **id)
{
	const ElfW(Ehdr) *elf = o->dlfo_map_start;
	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > 4096)
		return 0;
	const ElfW(Phdr) *ph = (const void *)((const char *)elf + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++) {
		if (ph[i].p_type != PT_NOTE)
			continue;
		const char *at = (const char *)o->dlfo_link_map->l_addr + ph[i].p_vaddr, *end = at + ph[i].p_memsz;
		if (at < (const char *)o->dlfo_map_start || end > (const char *)o->dlfo_map_end)
			continue;
		size_t align = ph[i].p_align == 8 ? 7 : 3;
		while (end - at > (long)sizeof(ElfW(Nhdr))) {
			const ElfW(Nhdr) *note = (const void *)at;
			const char *name = at + sizeof *note, *desc = name + ((note->n_namesz + align) & ~align);
			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && !memcmp(name, "GNU", 4)) {
				*id = (const unsigned char *)desc;
				return note->n_descsz;
			}
			at = desc + ((note->n_descsz + align) & ~align);
		}
	}
	return 0;
}

static const char *absolute(char *room, size_t size, const char *path)
{
	long cwd = sys2(SYS_getcwd, room, size);
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	size_t len = strlen(path) + 1;
	if (cwd <= 1 || (size_t)cwd + len > size)
		return path;
	room[cwd - 1] = '/';
	memcpy(room + cwd, path, len);
	return room;
}

static bool write_module(unsigned id, const struct dl_find_object *o, const char *path, const unsigned char *build,
			 size_t len)
{
	char *line = trace_scratch();
	if (!line)
		return false;
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "module");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	jsonl_uint(&j, "id", id);
	if (*path != '/' && strchr(path, '/')) /* as it was passed to dlopen; a reader may run in another directory */
		path = absolute(line + TRACE_LINE_MAX, TRACE_LINE_MAX, path);
	jsonl_str(&j, "path", path);
	if (len && len <= 64)
		jsonl_bytes(&j, "build_id", build, len);
	jsonl_hex(&j, "base", o->dlfo_link_map->l_addr);
	size_t length = jsonl_close(&j);
	bool put = trace_put_as(TRACE_PLACE, line, length);
	if (put) {
		keep_line(&told[id - 1], line, length - 1);
		__atomic_store_n(&written[id - 1], true, __ATOMIC_RELAXED);
	}
	trace_scratch_end(line);
	return put;
}

/* An object and its build-id. */
struct object {
	struct dl_find_object found;
	const char *path;
	const unsigned char *build;
	size_t build_len;
	uint64_t hash;
};

static const char *path_of(const struct dl_find_object *o)
{
	const char *name = o->dlfo_link_map->l_name;
	return name && *name ? name : program_exe;
}

static bool find_object(const void *pc, struct object *o)
{
	if (!program_find(pc, &o->found) || !o->found.dlfo_link_map)
		return false;
	o->path = path_of(&o->found);
	o->build_len = build_id(&o->found, &o->build);
	uint64_t hash = mix(mix(1, (uintptr_t)o->found.dlfo_map_start), strlen(o->path)), part = 0;
	for (const char *p = o->path; *p; p++)
		hash = mix(hash, (unsigned char)*p);
	if (o->build_len >= sizeof part) {
		memcpy(&part, o->build, sizeof part);
		hash = mix(hash, part);
	}
	o->hash = hash | 1;
	return true;
}

/* Distinguishes an object from another at the same start without reading it, since its owner may unmap it meanwhile. */
static uint64_t shape_of(const struct dl_find_object *o)
{
	uint64_t hash = mix((uintptr_t)o->dlfo_map_start, (uintptr_t)o->dlfo_map_end);
	return mix(mix(hash, (uintptr_t)o->dlfo_link_map), (uintptr_t)o->dlfo_eh_frame);
}

unsigned module_of(uintptr_t pc, uint64_t *offset)
{
	struct object o;
	*offset = pc;
	if (!find_object((const void *)(pc - 1), &o))
		return 0;
	for (unsigned i = 0; i < MODULES; i++) {
		uint64_t seen = __atomic_load_n(&modules[i], __ATOMIC_RELAXED);
		bool mine = !seen && __atomic_compare_exchange_n(&modules[i], &seen, o.hash, false, __ATOMIC_RELAXED,
								 __ATOMIC_RELAXED);
		if (!mine && seen != o.hash)
			continue;
		if (!__atomic_load_n(&written[i], __ATOMIC_RELAXED)) {
			if (!write_module(i + 1, &o.found, o.path, o.build, o.build_len))
				return 0;
			lang_meet(o.found.dlfo_link_map);
		}
		__atomic_store_n(&shapes[i], shape_of(&o.found), __ATOMIC_RELAXED);
		__atomic_store_n(&starts[i], o.found.dlfo_map_start, __ATOMIC_RELEASE);
		*offset = pc - o.found.dlfo_link_map->l_addr;
		return i + 1;
	}
	return 0;
}

bool module_is_own(uintptr_t pc)
{
	struct dl_find_object o;
	return program_find((const void *)(pc - 1), &o) && o.dlfo_link_map && !is_system_path(path_of(&o));
}

bool module_watch(uintptr_t pc)
{
	struct dl_find_object o;
	if (!program_find((const void *)(pc - 1), &o))
		return true;
	uint64_t shape = shape_of(&o);
	for (unsigned i = MODULES; i < PLACES; i++) {
		const char *start = __atomic_load_n(&starts[i], __ATOMIC_ACQUIRE);
		if (!start && __atomic_compare_exchange_n(&starts[i], &start, o.dlfo_map_start, false, __ATOMIC_ACQ_REL,
							  __ATOMIC_ACQUIRE)) {
			/* A thread that looks before this store takes the object for unloaded, once. */
			__atomic_store_n(&shapes[i], shape, __ATOMIC_RELAXED);
			if (o.dlfo_link_map)
				lang_meet(o.dlfo_link_map);
			return true;
		}
		if (start == o.dlfo_map_start && __atomic_load_n(&shapes[i], __ATOMIC_RELAXED) == shape)
			return true;
	}
	return false;
}

bool module_unloaded(void)
{
	bool gone = false;
	for (unsigned i = 0; i < PLACES; i++) {
		struct dl_find_object o;
		const char *start = __atomic_load_n(&starts[i], __ATOMIC_ACQUIRE);
		/* One past its first byte: _dl_find_object still knows the start of an unloaded object. */
		if (!start ||
		    (program_find(start + 1, &o) && shape_of(&o) == __atomic_load_n(&shapes[i], __ATOMIC_RELAXED)))
			continue;
		__atomic_store_n(&starts[i], NULL, __ATOMIC_RELAXED);
		gone = true;
	}
	return gone;
}

const char *module_told(unsigned id, size_t *len)
{
	bool known = id - 1 < MODULES && __atomic_load_n(&modules[id - 1], __ATOMIC_RELAXED);
	return known ? kept_line(&told[id - 1], len) : NULL;
}

void module_forget(void)
{
	memset(modules, 0, sizeof modules);
	memset(written, 0, sizeof written);
}
