/* Finds the files to read: see trace_inputs.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/read/trace_inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/read/board_file.h"

/* A file that has been added, under any name. */
struct seen {
	struct {
		dev_t device;
		ino_t inode;
	} key;
	UT_hash_handle hh;
};

/* The files of a trace, by what their paths begin with. */
struct parts {
	const char *stem; /* in the path of one of them */
	unsigned first;
	bool has_first;
	unsigned *segments;
	size_t n, cap;
	UT_hash_handle hh;
};

const char *trace_foreign(const char *head, size_t n)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *what;
	} kinds[] = {
		{"\x1f\x8b", 2, "compressed by gzip, not a trace; decompress it first"},
		{"\x28\xb5\x2f\xfd", 4, "compressed by zstd, not a trace; decompress it first"},
		{"\xfd"
		 "7zXZ",
		 5, "compressed by xz, not a trace; decompress it first"},
		{"BZh", 3, "compressed by bzip2, not a trace; decompress it first"},
		{"PK\x03\x04", 4, "a zip archive, not a trace"},
		{"\x7f"
		 "ELF",
		 4, "a program, not a trace; use `socksan run` to run it"},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (n >= kinds[i].n && memcmp(head, kinds[i].magic, kinds[i].n) == 0)
			return kinds[i].what;
	if (memmem(head, n, "\"socksan-report/", 16))
		return "a report of SockSan, not a trace";
	return NULL;
}

static bool is_seen(const struct trace_inputs *inputs, const struct stat *st)
{
	struct seen *seen, key;
	memset(&key, 0, sizeof key);
	key.key.device = st->st_dev;
	key.key.inode = st->st_ino;
	HASH_FIND(hh, inputs->seen, &key.key, sizeof key.key, seen);
	return seen;
}

/* Whether the file has been added before; records that it has been. */
static bool seen_before(struct trace_inputs *inputs, const struct stat *st)
{
	if (is_seen(inputs, st))
		return true;
	struct seen *seen = xcalloc(1, sizeof *seen);
	seen->key.device = st->st_dev;
	seen->key.inode = st->st_ino;
	HASH_ADD(hh, inputs->seen, key, sizeof seen->key, seen);
	return false;
}

/* Why an open file is not read, or NULL if it is. `*again`: it has been added or refused before. */
static const char *refuse(struct trace_inputs *inputs, int fd, const struct stat *st, bool *again)
{
	char head[256];
	ssize_t n = pread(fd, head, sizeof head, 0);
	*again = false;
	if (n < 0)
		return strerror(errno);
	if (n == 0)
		return "empty: there is no trace in it";
	*again = seen_before(inputs, st);
	return trace_foreign(head, (size_t)n);
}

size_t trace_stem(const char *path)
{
	size_t n = strlen(path);
	if (n < 6 || strcmp(path + n - 6, ".jsonl") != 0)
		return 0;
	for (size_t at = n -= 6; at > 0; at--) {
		if (path[at - 1] >= '0' && path[at - 1] <= '9')
			continue;
		if (path[at - 1] == '.' && at < n)
			continue;
		return path[at - 1] == 's' && at < n && path[at] != '.' && at > 2 && path[at - 2] == '.' ? at - 2 : 0;
	}
	return 0;
}

/* If the last file is a segment, finds the first file of its trace; if it is a first file, finds its segments. */
static void join(struct trace_inputs *inputs)
{
	unsigned last = (unsigned)inputs->n - 1;
	struct trace_file *file = &inputs->files[last];
	size_t stem = trace_stem(file->path), length = strlen(file->path);
	file->is_segment = stem;
	file->trace = last;
	if (!stem && (length < 6 || strcmp(file->path + length - 6, ".jsonl") != 0))
		return;
	size_t n = stem ? stem : length - 6;
	struct parts *parts;
	HASH_FIND(hh, inputs->parts, file->path, n, parts);
	if (!parts) {
		parts = xcalloc(1, sizeof *parts);
		parts->stem = file->path;
		HASH_ADD_KEYPTR(hh, inputs->parts, parts->stem, n, parts);
	}
	if (stem) {
		GROW(parts->segments, parts->n, parts->cap);
		parts->segments[parts->n++] = last;
		if (parts->has_first)
			file->trace = parts->first;
		return;
	}
	parts->first = last;
	parts->has_first = true;
	for (size_t i = 0; i < parts->n; i++)
		inputs->files[parts->segments[i]].trace = last;
}

/* Takes ownership of path. Returns -1, with a message, if it is not a trace. */
static int add_open(struct trace_inputs *inputs, char *path, int fd, const struct stat *st, bool keep)
{
	bool again;
	const char *what = refuse(inputs, fd, st, &again);
	if (!keep || what || again)
		close(fd);
	if (what)
		complain("%s: %s", path, what);
	if (what || again) {
		free(path);
		return what ? -1 : 0;
	}
	GROW(inputs->files, inputs->n, inputs->cap);
	inputs->files[inputs->n++] = (struct trace_file){
		.path = path, .fd = keep ? fd : -1, .device = st->st_dev, .inode = st->st_ino, .size = st->st_size};
	join(inputs);
	return 0;
}

/* A pipe cannot be read twice, so its contents go to an unnamed file. */
static int add_standard_input(struct trace_inputs *inputs)
{
	char buffer[64 << 10];
	ssize_t n;
	FILE *spool = tmpfile();
	if (!spool) {
		complain("standard input: no temporary file: %s", strerror(errno));
		return -1;
	}
	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fwrite(buffer, 1, (size_t)n, spool) != (size_t)n)
			break;
	}
	if (n != 0 || fflush(spool) != 0) {
		complain("standard input: %s", strerror(errno));
		fclose(spool);
		return -1;
	}
	struct stat st;
	int fd = fcntl(fileno(spool), F_DUPFD_CLOEXEC, 0);
	fclose(spool);
	if (fd < 0 || fstat(fd, &st) < 0) {
		complain("standard input: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return add_open(inputs, xstrdup("<standard input>"), fd, &st, true);
}

static int is_trace(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return n > 6 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 6, ".jsonl") == 0;
}

static int add_file(struct trace_inputs *inputs, char *path)
{
	struct stat st;
	int fd = open_regular(path, &st);
	if (fd < 0 && errno == ENOENT && trace_stem(path)) { /* it was removed after its name was read */
		free(path);
		return 0;
	}
	if (fd < 0) {
		complain("%s: %s", path, errno == EINVAL ? "not a file or a folder" : strerror(errno));
		free(path);
		return -1;
	}
	return add_open(inputs, path, fd, &st, false);
}

/* The path of a file in a folder, to be freed. */
static char *path_in(const char *folder, const char *name)
{
	size_t length = strlen(folder);
	return xasprintf("%s%s%s", folder, length && folder[length - 1] == '/' ? "" : "/", name);
}

/* The path of a subfolder that has traces, to be freed; NULL if none has. */
static char *folder_below(const char *path)
{
	struct dirent **entries;
	char *found = NULL;
	int n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *below = path_in(path, entries[i]->d_name);
		struct dirent **traces;
		int some = !found && *entries[i]->d_name != '.' ? scandir(below, &traces, is_trace, alphasort) : -1;
		for (int j = 0; j < some; j++)
			free(traces[j]);
		if (some >= 0)
			free(traces);
		if (some > 0)
			found = below;
		else
			free(below);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found;
}

/* Says where it looked, and what makes traces. */
static void tell_none(const char *path)
{
	char *whole = realpath(path, NULL), *below = folder_below(path);
	const char *shown = whole ? whole : path;
	if (below)
		complain("%s: no traces in this folder (their names end in .jsonl), but there are some in %s", shown,
			 below);
	else
		complain("%s: no traces in this folder (their names end in .jsonl); `socksan run --trace-dir=%s -- "
			 "COMMAND` writes some",
			 shown, path);
	free(below);
	free(whole);
}

static int add_folder(struct trace_inputs *inputs, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_trace, alphasort);
	if (n < 0) {
		complain("%s: %s", path, strerror(errno));
		return -1;
	}
	int used = 0;
	for (int i = 0; i < n; i++) {
		used += add_file(inputs, path_in(path, entries[i]->d_name)) == 0;
		free(entries[i]);
	}
	free(entries);
	struct board board;
	/* Programs that use no socket leave no trace. */
	if (n == 0 && board_of_folder(path, &board) == 0 && board.observed)
		return 0;
	if (n == 0)
		tell_none(path);
	return used > 0 ? 0 : -1;
}

/* Adds the other files of the trace to which `path` belongs. */
static void add_parts(struct trace_inputs *inputs, const char *path)
{
	size_t stem = trace_stem(path), n = strlen(path);
	if (!stem && n > 6 && strcmp(path + n - 6, ".jsonl") == 0)
		stem = n - 6;
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : xstrdup("");
	size_t before = strlen(folder);
	struct dirent **entries;
	int count = stem > before ? scandir(*folder ? folder : ".", &entries, is_trace, alphasort) : -1;
	for (int i = 0; i < count; i++) {
		char *other = path_in(folder, entries[i]->d_name);
		struct stat st;
		bool is_part = strncmp(other, path, stem) == 0 &&
			       (trace_stem(other) == stem || strcmp(other + stem, ".jsonl") == 0);
		if (is_part && stat(other, &st) == 0 && st.st_size > 0 && !is_seen(inputs, &st))
			(void)add_file(inputs, other);
		else
			free(other);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(folder);
}

int trace_inputs_add(struct trace_inputs *inputs, const char *path)
{
	struct stat st;
	if (strcmp(path, "-") == 0)
		return add_standard_input(inputs);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		GROW(inputs->folders, inputs->n_folders, inputs->cap_folders);
		inputs->folders[inputs->n_folders++] = xstrdup(path);
		return add_folder(inputs, path);
	}
	size_t before = inputs->n;
	int result = add_file(inputs, xstrdup(path));
	if (inputs->n > before) {
		inputs->files[before].named = true;
		add_parts(inputs, path);
	}
	return result;
}

static void look_into(struct trace_inputs *inputs, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_trace, alphasort);
	for (int i = 0; i < n; i++) {
		struct stat st;
		char *path = path_in(folder, entries[i]->d_name);
		if (stat(path, &st) == 0 && st.st_size > 0 && !is_seen(inputs, &st))
			(void)add_file(inputs, path);
		else
			free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

void trace_inputs_look(struct trace_inputs *inputs)
{
	for (size_t i = 0; i < inputs->n_folders; i++)
		look_into(inputs, inputs->folders[i]);
	for (size_t i = 0, n = inputs->n; i < n; i++)
		if (inputs->files[i].named && !inputs->files[i].gone)
			add_parts(inputs, inputs->files[i].path);
}

void trace_inputs_free(struct trace_inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		free(inputs->files[i].path);
		free(inputs->files[i].gaps);
		if (inputs->files[i].fd >= 0)
			close(inputs->files[i].fd);
	}
	for (size_t i = 0; i < inputs->n_folders; i++)
		free(inputs->folders[i]);
	struct seen *seen, *next;
	HASH_ITER (hh, inputs->seen, seen, next) {
		HASH_DEL(inputs->seen, seen);
		free(seen);
	}
	struct parts *parts, *next_one;
	HASH_ITER (hh, inputs->parts, parts, next_one) {
		HASH_DEL(inputs->parts, parts);
		free(parts->segments);
		free(parts);
	}
	free(inputs->files);
	free(inputs->folders);
}
