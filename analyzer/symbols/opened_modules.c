/* The modules of frames: see opened_modules.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/symbols/opened_modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>

#include "analyzer/symbols/debug_files.h"
#include "analyzer/symbols/user_code.h"
#include "analyzer/base/util.h"

static struct opened_module *modules;

enum { PROBLEMS_TOLD = 8, MODULES_OPEN = 64 }; /* modules: each may hold descriptors and much memory */

/* A file that starts like any program; `problem` says what is wrong with it. */
static int open_file(const struct module_key *module, const char **problem)
{
	char id[BUILD_ID_SIZE];
	struct stat st;
	int fd = *module->path == '/' && strncmp(module->path, "/proc/", 6) != 0 ? open_regular(module->path, &st) : -1;
	Elf *elf = NULL;
	if (*module->path != '/' || strncmp(module->path, "/proc/", 6) == 0)
		*problem = "is no file";
	else if (fd < 0)
		*problem = errno == ENOENT ? "is gone" : errno == EINVAL ? "is no file" : "cannot be read";
	else if (elf_kind(elf = elf_begin(fd, ELF_C_READ_MMAP, NULL)) != ELF_K_ELF)
		*problem = "is not a program or library";
	else if (module->build_id && (build_id_text(elf, id), strcmp(id, module->build_id) != 0))
		*problem = "is another build than the traced one";
	else if (!debug_file_fits(fd))
		*problem = "has compressed sections out of all proportion to its size";
	elf_end(elf);
	if (fd >= 0 && *problem) {
		close(fd);
		fd = -1;
	}
	return fd < 0 && module->build_id ? debug_file_of_module(module->build_id, module->path) : fd;
}

/* The path of an open file, to be freed; NULL: it has none. */
static char *path_of(int fd)
{
	char *link = xasprintf("/proc/self/fd/%d", fd), *path = realpath(link, NULL);
	free(link);
	return path;
}

static const char *folder_of(const char *path)
{
	char *folder = path ? strndup(path, (size_t)(base_name(path) - path)) : NULL;
	const char *kept = folder ? intern(folder) : NULL;
	free(folder);
	return kept;
}

static int find_debuginfo(Dwfl_Module *dw, void **user, const char *name, Dwarf_Addr base, const char *file,
			  const char *link, GElf_Word checksum, char **found)
{
	struct opened_module *opened = *user;
	char id[BUILD_ID_SIZE] = "";
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(dw, &bias);
	(void)name, (void)base;
	if (link && !checksum) /* the link of a debug file to a shared one: see open_dwarf */
		return -1;
	if (elf)
		build_id_text(elf, id);
	int fd = debug_file_find(id, file, link, checksum);
	if (fd < 0 && !is_part_of_c(opened->key.path))
		fd = debug_file_fetch(id);
	if (fd >= 0) {
		*found = path_of(fd);
		opened->folders[1] = folder_of(*found);
	}
	return fd;
}

/* A debug file made by dwz(1) is useless without the one that it shares. libdw would open whatever it names. */
static void open_dwarf(struct opened_module *opened)
{
	const char *link;
	const void *id;
	char text[BUILD_ID_SIZE];
	const char *program, *debug;
	opened->dwarf = dwfl_module_getdwarf(opened->dw, &opened->bias);
	ssize_t n = opened->dwarf ? dwelf_dwarf_gnu_debugaltlink(opened->dwarf, &link, &id) : 0;
	if (n > 0) {
		dwfl_module_info(opened->dw, NULL, NULL, NULL, NULL, NULL, &program, &debug);
		hex_text(id, n, text);
		int fd = debug_file_shared(text, debug ? debug : program, link);
		opened->shared = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
		if (!opened->shared && fd >= 0)
			close(fd);
		if (opened->shared)
			dwarf_setalt(opened->dwarf, opened->shared);
	}
	if (n < 0 || (n > 0 && !opened->shared))
		opened->dwarf = NULL;
	if (opened->dwarf)
		opened->functions = functions_new(opened->dwarf, opened->folders);
}

/* The open ones, in a ring: the next one replaces the oldest. */
static struct opened_module *ring[MODULES_OPEN];
static unsigned turn;

static void close_module(struct opened_module *opened)
{
	functions_free(opened->functions);
	symtab_free(opened->symtab);
	opened->functions = NULL;
	opened->symtab = NULL;
	dwfl_end(opened->dwfl);
	dwarf_end(opened->shared);
	opened->dwfl = NULL;
	opened->shared = opened->dwarf = NULL;
	opened->open = false;
}

static void open_module(struct opened_module *opened)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	const char *path = opened->key.path, *problem = NULL;
	void **user;
	GElf_Addr bias;
	GElf_Ehdr header;
	elf_version(EV_CURRENT);
	struct stat st;
	int fd = open_file(&opened->key, &problem);
	if (fd >= 0 && !problem && opened->key.build_id && fstat(fd, &st) == 0)
		opened->built = changed_ns(&st);
	if (fd < 0 && opened->key.build_id && problem && *path == '/' && !is_part_of_c(path))
		fd = debug_file_fetch(opened->key.build_id);
	if (fd < 0) {
		opened->problem = problem ? problem : "cannot be read";
		return;
	}
	char *real = path_of(fd);
	opened->folders[0] = folder_of(real);
	free(real);
	opened->dwfl = dwfl_begin(&callbacks);
	opened->dw = opened->dwfl ? dwfl_report_offline(opened->dwfl, base_name(path), path, fd) : NULL;
	Elf *elf = opened->dw ? dwfl_module_getelf(opened->dw, &bias) : NULL;
	if (!elf || !gelf_getehdr(elf, &header)) {
		if (!opened->dw)
			close(fd);
		opened->problem = "is not a program or library";
		close_module(opened);
		return;
	}
	dwfl_report_end(opened->dwfl, NULL, NULL);
	dwfl_module_info(opened->dw, &user, &opened->start, &opened->end, NULL, NULL, NULL, NULL);
	*user = opened;
	/* A program that is not position-independent has fixed addresses, with the base included. */
	opened->add = bias;
	opened->fixed = header.e_type == ET_EXEC;
	opened->open = true;
	/* Of libc, its symbols say all that a reader of a stack asks. Its debug information, where it is installed, takes longer than all else. */
	if (!is_part_of_c(path))
		open_dwarf(opened);
	if (ring[turn])
		close_module(ring[turn]);
	ring[turn] = opened;
	turn = (turn + 1) % MODULES_OPEN;
}

struct opened_module *module_opened(const struct module *module)
{
	struct opened_module *opened;
	struct module_key key;
	memset(&key, 0, sizeof key);
	key.path = module->path;
	key.build_id = module->build_id;
	HASH_FIND(hh, modules, &key, sizeof key, opened);
	if (!opened) {
		opened = xcalloc(1, sizeof *opened);
		opened->key = key;
		HASH_ADD(hh, modules, key, sizeof key, opened);
	}
	if (!opened->open && !opened->problem)
		open_module(opened);
	return opened;
}

size_t modules_problems(void (*tell)(void *context, const char *module, const char *why), void *context)
{
	size_t n = 0;
	for (const struct opened_module *opened = modules; opened; opened = opened->hh.next)
		if (opened->problem && *opened->key.path == '/' && !is_part_of_c(opened->key.path) &&
		    n++ < PROBLEMS_TOLD)
			tell(context, opened->key.path, opened->problem);
	return n > PROBLEMS_TOLD ? n - PROBLEMS_TOLD : 0;
}

void modules_forget(void)
{
	struct opened_module *opened, *next;
	HASH_ITER (hh, modules, opened, next) {
		HASH_DEL(modules, opened);
		close_module(opened);
		free(opened);
	}
	memset(ring, 0, sizeof ring);
}
