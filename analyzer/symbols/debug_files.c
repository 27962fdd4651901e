/* Finding debug files: see debug_files.h; the layout is described in gdb's manual under "Separate Debug Files".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/debug_files.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <zlib.h>

#include "analyzer/base/progress.h"
#include "analyzer/base/util.h"

static const char **folders;
static size_t n_folders, cap_folders;
static bool gave_up;
static char *too_large;

void debug_files_add_folder(const char *folder)
{
	GROW(folders, n_folders, cap_folders);
	folders[n_folders++] = folder;
}

static const char *folder_at(size_t i) { return i < n_folders ? folders[i] : i == n_folders ? "/usr/lib/debug" : NULL; }

void hex_text(const void *id, ssize_t n, char text[BUILD_ID_SIZE])
{
	*text = 0;
	for (ssize_t i = 0; i < n && n <= (BUILD_ID_SIZE - 1) / 2; i++)
		sprintf(text + 2 * i, "%02x", ((const unsigned char *)id)[i]);
}

void build_id_text(Elf *elf, char text[BUILD_ID_SIZE])
{
	const void *id = NULL;
	hex_text(id, 0, text);
	ssize_t n = dwelf_elf_gnu_build_id(elf, &id);
	hex_text(id, n, text);
}

static bool has_build_id(int fd, const char *wanted)
{
	char found[BUILD_ID_SIZE] = "";
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf_kind(elf) == ELF_K_ELF)
		build_id_text(elf, found);
	elf_end(elf);
	return strcmp(found, wanted) == 0;
}

static bool has_checksum(int fd, uint32_t wanted)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return false;
	void *content = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (content == MAP_FAILED)
		return false;
	uLong found = crc32_z(0, content, (size_t)st.st_size);
	munmap(content, (size_t)st.st_size);
	return found == wanted;
}

/* -- what compressed sections unpack to ----------------------------------------------------------------------- */

enum { UNPACKED_RATIO = 10, UNPACKED_ALLOWANCE = 64 << 20 };

/* Sections named .zdebug_*: "ZLIB", and the size, of 8 bytes, the highest first. */
static uint64_t old_compressed_size(Elf_Scn *section, const char *name)
{
	Elf_Data *data = name && strncmp(name, ".zdebug", 7) == 0 ? elf_rawdata(section, NULL) : NULL;
	uint64_t size = 0;
	if (!data || !data->d_buf || data->d_size < 12 || memcmp(data->d_buf, "ZLIB", 4) != 0)
		return 0;
	for (int i = 4; i < 12; i++)
		size = size << 8 | ((const unsigned char *)data->d_buf)[i];
	return size;
}

/* As in <lzma.h>, which comes with a package of its own; libdw, which unpacks the section, brings the library along. */
typedef int unpack_function(uint64_t *memory, uint32_t flags, const void *allocator, const uint8_t *in, size_t *in_at,
			    size_t in_size, uint8_t *out, size_t *out_at, size_t out_size);
enum { LZMA_MEMLIMIT_ERROR = 6, LZMA_BUF_ERROR = 10, DICTIONARY_LIMIT = 256 << 20 };

/* Section .gnu_debugdata: an ELF file compressed by xz, whose unpacked size is stated nowhere reliably, and libdw would go on until it has
 * no more memory. So it is unpacked here first, up to the limit. */
static uint64_t debugdata_size(Elf_Scn *section, const char *name, uint64_t limit)
{
	static unpack_function *unpack;
	Elf_Data *data = name && strcmp(name, ".gnu_debugdata") == 0 ? elf_rawdata(section, NULL) : NULL;
	if (!data || !data->d_buf || data->d_size < 6)
		return 0;
	if (memcmp(data->d_buf, "\3757zXZ", 6) !=
	    0) /* the older format, which nobody uses here, but libdw would read */
		return memcmp(data->d_buf, "\x5d", 2) == 0 ? UINT64_MAX : 0;
	if (!unpack) {
		void *library = dlopen("liblzma.so.5", RTLD_LAZY | RTLD_LOCAL);
		unpack = library ? (unpack_function *)dlsym(library, "lzma_stream_buffer_decode") : NULL;
	}
	if (!unpack)
		return 0;
	uint64_t memory = DICTIONARY_LIMIT;
	size_t in_at = 0, out_at = 0, room = (size_t)limit + 1;
	void *out = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (out == MAP_FAILED)
		return UINT64_MAX;
	int result = unpack(&memory, 0, NULL, data->d_buf, &in_at, data->d_size, out, &out_at, room);
	munmap(out, room);
	/* It resets `out_at` unless all went well; data that is broken before the limit stops libdw there as well. */
	return result == LZMA_BUF_ERROR || result == LZMA_MEMLIMIT_ERROR ? UINT64_MAX : out_at;
}

static uint64_t unpacked_size(Elf *elf, uint64_t limit)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Chdr compressed;
	uint64_t all = 0;
	size_t names;
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_flags & SHF_COMPRESSED &&
		    gelf_getchdr(section, &compressed))
			all = sum(all, compressed.ch_size);
	/* The names may be compressed too. */
	if (all > limit || elf_getshdrstrndx(elf, &names) != 0)
		return all;
	while (all <= limit && (section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		all = sum(all, sum(old_compressed_size(section, name), debugdata_size(section, name, limit)));
	}
	return all;
}

bool debug_file_fits(int fd)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return false;
	uint64_t limit = UNPACKED_RATIO * (uint64_t)st.st_size + UNPACKED_ALLOWANCE;
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool fits = elf_kind(elf) != ELF_K_ELF || unpacked_size(elf, limit) <= limit;
	elf_end(elf);
	return fits;
}

/* For a debug file that was found: closes it if it does not match. */
static int keep_if_it_fits(int fd, const char *path)
{
	if (fd < 0 || debug_file_fits(fd))
		return fd;
	close(fd);
	if (!too_large)
		too_large = xstrdup(path);
	return -1;
}

const char *debug_files_too_large(void) { return too_large; }

/* -- finding -------------------------------------------------------------------------------------------------- */

/* Frees the path. */
static int open_if_it_is(char *path, const char *build_id, uint32_t checksum)
{
	struct stat st;
	int fd = open_regular(path, &st);
	if (fd >= 0 && !(*build_id ? has_build_id(fd, build_id) : has_checksum(fd, checksum))) {
		close(fd);
		fd = -1;
	}
	fd = keep_if_it_fits(fd, path);
	free(path);
	return fd;
}

static bool is_build_id(const char *id)
{
	size_t digits = strspn(id, "0123456789abcdef");
	return digits > 2 && !id[digits];
}

static int find_by_id(const char *id, const char *suffix)
{
	int fd = -1;
	for (size_t i = 0; is_build_id(id) && fd < 0 && folder_at(i); i++)
		fd = open_if_it_is(xasprintf("%s/.build-id/%.2s/%s%s", folder_at(i), id, id + 2, suffix), id, 0);
	return fd;
}

int debug_file_of_module(const char *build_id, const char *path)
{
	int fd = find_by_id(build_id, "");
	for (size_t i = 0; is_build_id(build_id) && fd < 0 && i < n_folders; i++) {
		fd = open_if_it_is(xasprintf("%s/%s", folders[i], path), build_id, 0);
		if (fd < 0)
			fd = open_if_it_is(xasprintf("%s/%s", folders[i], base_name(path)), build_id, 0);
	}
	return fd < 0 ? find_by_id(build_id, ".debug") : fd;
}

int debug_file_find(const char *build_id, const char *file, const char *link, uint32_t checksum)
{
	int fd = find_by_id(build_id, ".debug");
	char real[PATH_MAX];
	if (fd >= 0 || !link || !*link || strchr(link, '/') || !realpath(file, real))
		return fd;
	*strrchr(real, '/') = 0;
	fd = open_if_it_is(xasprintf("%s/%s", real, link), build_id, checksum);
	if (fd < 0)
		fd = open_if_it_is(xasprintf("%s/.debug/%s", real, link), build_id, checksum);
	for (size_t i = 0; fd < 0 && folder_at(i); i++)
		fd = open_if_it_is(xasprintf("%s%s/%s", folder_at(i), real, link), build_id, checksum);
	return fd;
}

int debug_file_shared(const char *build_id, const char *file, const char *link)
{
	int fd = find_by_id(build_id, ".debug");
	char real[PATH_MAX];
	if (fd >= 0 || !is_build_id(build_id))
		return fd;
	if (*link == '/')
		return open_if_it_is(xstrdup(link), build_id, 0);
	if (!file || !realpath(file, real))
		return -1;
	*strrchr(real, '/') = 0;
	return open_if_it_is(xasprintf("%s/%s", real, link), build_id, 0);
}

/* -- debuginfod ----------------------------------------------------------------------------------------------- */

/* As in <elfutils/debuginfod.h>, which comes with a package of its own. */
struct debuginfod_client;
typedef struct debuginfod_client *begin_function(void);
typedef int progress_function(struct debuginfod_client *, long done, long total);
typedef void set_progress_function(struct debuginfod_client *, progress_function *);
typedef int find_function(struct debuginfod_client *, const unsigned char *id, int n, char **path);

enum { SILENCE = 10, PATIENCE = 90 }; /* seconds */
static const long LARGEST = 4L << 30; /* bytes of one file, which is stored in the user's cache */

static time_t seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static struct {
	time_t first, last; /* when the first query was made, and when data last arrived */
	long came;
} fetching;

/* Called about once a second; a result other than 0 ends the query. */
static int on_fetch(struct debuginfod_client *client, long done, long total)
{
	(void)client;
	time_t now = seconds();
	progress_show(total > 0 ? (uint64_t)done : 0, total > 0 ? (uint64_t)total : 1);
	if (total > 0 && done != fetching.came) {
		fetching.came = done;
		fetching.last = now;
	}
	gave_up |= now - fetching.last >= SILENCE || now - fetching.first >= PATIENCE;
	return gave_up || done > LARGEST || total > LARGEST;
}

int debug_file_fetch(const char *build_id)
{
	/* Loaded on first use: it brings in an HTTP client. libdw does the same. */
	static void *library;
	static struct debuginfod_client *client;
	static find_function *find;
	const char *urls = getenv("DEBUGINFOD_URLS");
	if (gave_up || !urls || !*urls || !is_build_id(build_id))
		return -1;
	if (!library) {
		library = dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_LOCAL);
		begin_function *begin = library ? dlsym(library, "debuginfod_begin") : NULL;
		set_progress_function *set = library ? dlsym(library, "debuginfod_set_progressfn") : NULL;
		find = library ? dlsym(library, "debuginfod_find_debuginfo") : NULL;
		client = begin && set && find ? begin() : NULL;
		gave_up = !client;
		if (!client)
			return -1;
		set(client, on_fetch);
		fetching.first = seconds();
	}
	fetching.last = seconds();
	fetching.came = 0;
	progress_stage("asking debuginfod");
	int fd = find(client, (const unsigned char *)build_id, 0, NULL); /* n = 0: the id is in hex digits */
	progress_end();
	if (fd >= 0 && !has_build_id(fd, build_id)) {
		close(fd);
		return -1;
	}
	return fd < 0 ? -1 : keep_if_it_fits(fd, build_id);
}

bool debug_files_gave_up(void) { return gave_up; }
