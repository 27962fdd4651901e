/* The folder of a run's traces: the user's, or a private one that is removed afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/trace_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/launch/run_board.h"
#include "analyzer/base/util.h"
#include "shim/model/dump.h"
#include "shim/model/options.h"

static long long changed(const struct stat *st) { return st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec; }

/* The pid in "socksan.PID.jsonl", or in "socksan.PID-2.jsonl" if the first name belongs to another process; or -1. A trace passed on by an
 * inner run has the outer run appended, as in ".of71". */
static pid_t pid_of(const char *name, pid_t *given_to)
{
	int run = 0, length = 0;

	int pid, end = 0;

	if (sscanf(name, "socksan.%9d%n", &pid, &end) != 1 || end == 0 || pid <= 0)
		return -1;
	name += end;
	if (*name == '-' && isdigit((unsigned char)name[1]))
		name += 1 + strspn(name + 1, "0123456789");
	if (sscanf(name, ".of%9d%n", &run, &length) == 1)
		name += length;
	if (given_to != NULL)
		*given_to = run;
	return strcmp(name, ".jsonl") == 0 ? pid : -1;
}

/* What a process wrote beside its trace of what it had open; or was writing when it was killed. */
static bool is_written(const char *name)
{
	const char *end = strstr(name, OPEN_SUFFIX);
	end += end ? sizeof OPEN_SUFFIX - 1 : 0;
	return end && strncmp(name, "socksan.", 8) == 0 && (!*end || strcmp(end, ".new") == 0);
}

/* Whether it is a trace's, or that of a segment of one: "socksan.PID.s5.jsonl". */
static bool is_trace_name(const char *name)
{
	const char *last = strstr(name, ".jsonl"), *segment = last;
	if (pid_of(name, NULL) > 0)
		return true;
	while (segment > name && strchr("0123456789.", segment[-1]))
		segment--;
	if (!last || last[strlen(".jsonl")] || segment - name < 2 || segment == last ||
	    strncmp(segment - 2, ".s", 2) != 0)
		return false;
	char *first = xasprintf("%.*s.jsonl", (int)(segment - 2 - name), name);
	bool is = pid_of(first, NULL) > 0;
	free(first);
	return is;
}

char *trace_name_given(const char *folder, pid_t pid, int n, pid_t run)
{
	char *place = n == 1 ? xstrdup("") : xasprintf("-%d", n);
	char *name = xasprintf("%s/socksan.%d%s.of%d.jsonl", folder, (int)pid, place, (int)run);

	free(place);
	return name;
}

void trace_files_free(struct trace_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->files[i].path);
	free(files->files);
	*files = (struct trace_files){0};
}

static void add(struct trace_files *files, const char *folder, const char *name, const struct stat *st)
{
	GROW(files->files, files->n, files->room);
	files->files[files->n++] = (struct left_trace){
		.path = xasprintf("%s/%s", folder, name),
		.pid = pid_of(name, NULL),
		.inode = st->st_ino,
		.size = st->st_size,
		.changed = changed(st),
	};
}

static bool is_former(const struct trace_dir *dir, const char *name, const struct stat *st)
{
	for (size_t i = 0; i < dir->former.n; i++) {
		const struct left_trace *file = &dir->former.files[i];

		if (strcmp(base_name(file->path), name) == 0)
			return file->inode == st->st_ino && file->size == st->st_size && file->changed == changed(st);
	}
	return false;
}

int trace_dir_list(const struct trace_dir *dir, struct trace_files *files)
{
	DIR *stream = opendir(dir->path);
	struct dirent *entry;
	struct stat st;

	*files = (struct trace_files){0};
	if (stream == NULL)
		return -1;
	while ((entry = readdir(stream)) != NULL) {
		if (pid_of(entry->d_name, NULL) > 0 &&
		    fstatat(dirfd(stream), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    !is_former(dir, entry->d_name, &st))
			add(files, dir->path, entry->d_name, &st);
	}
	closedir(stream);
	return 0;
}

/* The run that its first lines name; 0: none. Quotes inside strings are escaped, so keys are found as they are written. */
static pid_t run_of(const char *path)
{
	static const char opening[] = "{\"ev\":\"process\",", key[] = "\"run\":";
	char head[64 << 10];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof head - 1) : -1;

	if (fd >= 0)
		close(fd);
	head[n > 0 ? n : 0] = '\0';
	char *line = strstr(head, opening);
	if (line == NULL)
		return 0;
	line[strcspn(line, "\n")] = '\0';
	const char *run = strstr(line, key);
	return run != NULL ? atoi(run + sizeof key - 1) : 0;
}

void trace_files_of_run(struct trace_files *files, pid_t run)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->n; i++) {
		pid_t whose = 0;

		pid_of(base_name(files->files[i].path), &whose);
		if (whose == 0)
			whose = run_of(files->files[i].path);
		if (whose == 0 || whose == run)
			files->files[kept++] = files->files[i];
		else
			free(files->files[i].path);
	}
	files->n = kept;
}

/* mkdir -p: parent folders with the umask's mode, the last one for its owner only. */
static int make_folder(const char *path)
{
	char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0777); /* what matters is whether the last one is there */
		*slash = '/';
	}
	free(copy);
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

static int fail(const char *path, const char *why, const char *help)
{
	complain("cannot keep traces in %s: %s%s", path, why, help);
	return -1;
}

/* The shim's options have room for this, and for what is appended. */
#define LONGEST (OPTION_PATH - sizeof "/socksan-XXXXXX/socksan")

const char *trace_dir_objection(const char *path)
{
	if (strchr(path, ':'))
		return "a path with ':' cannot be passed to the shim";
	return strlen(path) > LONGEST ? "a path this long cannot be passed to the shim" : NULL;
}

static int open_given(struct trace_dir *dir, const char *given)
{
	struct stat st;

	if (make_folder(given) != 0 || (dir->path = realpath(given, NULL)) == NULL)
		return fail(given, strerror(errno), "");
	if (trace_dir_objection(dir->path) != NULL)
		return fail(dir->path, trace_dir_objection(dir->path), "");
	if (stat(dir->path, &st) == 0 && !S_ISDIR(st.st_mode))
		return fail(given, strerror(ENOTDIR), "");
	if (faccessat(AT_FDCWD, dir->path, W_OK | X_OK, AT_EACCESS) != 0)
		return fail(given, strerror(errno), "");
	if (trace_dir_list(dir, &dir->former) != 0)
		return fail(given, strerror(errno), "");
	return 0;
}

const char *trace_dir_above(void)
{
	const char *named = getenv("TMPDIR");

	return named != NULL && *named != '\0' ? named : "/tmp";
}

int trace_dir_open_in(struct trace_dir *dir, const char *above, char **why)
{
	char *real = realpath(above, NULL);

	*dir = (struct trace_dir){0};
	*why = NULL;
	if (real != NULL && trace_dir_objection(real) != NULL)
		*why = xstrdup(trace_dir_objection(real));
	else if (real != NULL)
		dir->path = xasprintf("%s/socksan-XXXXXX", real);
	free(real);
	dir->private = dir->path != NULL && mkdtemp(dir->path) != NULL;
	if (!dir->private && *why == NULL)
		*why = xstrdup(strerror(errno));
	return dir->private ? 0 : -1;
}

static int open_private(struct trace_dir *dir)
{
	char *why;
	int result = trace_dir_open_in(dir, trace_dir_above(), &why);

	if (result != 0)
		fail(trace_dir_above(), why, "; name another folder with TMPDIR or --trace-dir");
	free(why);
	return result;
}

int trace_dir_open(struct trace_dir *dir, const char *given)
{
	*dir = (struct trace_dir){0};
	return given != NULL ? open_given(dir, given) : open_private(dir);
}

void trace_dir_discard(const struct trace_dir *dir)
{
	DIR *stream;
	struct dirent *entry;

	if (!dir->private || (stream = opendir(dir->path)) == NULL)
		return;
	while ((entry = readdir(stream)) != NULL)
		if (is_trace_name(entry->d_name) || is_written(entry->d_name) || strcmp(entry->d_name, BOARD_NAME) == 0)
			unlinkat(dirfd(stream), entry->d_name, 0);
	closedir(stream);
	if (rmdir(dir->path) != 0 && errno != ENOENT)
		complain("%s: left there: %s", dir->path,
			 errno == ENOTEMPTY ? "it holds more than traces" : strerror(errno));
}
