/* Segments of an earlier program: see former.h; getdents(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/former.h"

#include "shim/kernel/errand.h"

#include <dirent.h>
#include <string.h>

struct scan {
	struct sink *s;
	bool drops;
	uint64_t all; /* size of all of them, or of the one removed */
	uint64_t program, number;
	char name[256]; /* the oldest; "": none */
};

/* `.s7.jsonl` belongs to the first program, `.s12.7.jsonl` to one whose part of the first file begins at page 12. */
static bool parse(const char *tail, uint64_t *program, uint64_t *number)
{
	uint64_t n[2] = {0, 0};
	int parts = 0;
	if (strncmp(tail, ".s", 2))
		return false;
	for (const char *at = tail + 2; parts < 2 && *at >= '0' && *at <= '9'; at++) {
		for (; *at >= '0' && *at <= '9'; at++)
			n[parts] = n[parts] * 10 + (uint64_t)(*at - '0');
		parts++;
		if (!strcmp(at, ".jsonl")) {
			*program = parts == 2 ? n[0] : 0;
			*number = n[parts - 1];
			return true;
		}
		if (*at != '.')
			return false;
	}
	return false;
}

static void look_at(struct scan *scan, int folder, const char *name, size_t stem)
{
	const struct sink *s = scan->s;
	struct stat st;
	uint64_t program, number;
	const char *own = strrchr(s->path, '/') + 1;
	if (strncmp(name, own, stem) || !parse(name + stem, &program, &number) || program == s->base >> 12 ||
	    strlen(name) >= sizeof scan->name || sys4(SYS_newfstatat, folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	scan->all += (uint64_t)st.st_size;
	if (*scan->name && (program > scan->program || (program == scan->program && number > scan->number)))
		return;
	scan->program = program;
	scan->number = number;
	strcpy(scan->name, name);
}

static void run(void *p)
{
	struct scan *scan = p;
	char folder[OPTION_PATH + 48], buffer[2048];
	const char *slash = strrchr(scan->s->path, '/');
	size_t stem = strlen(slash + 1) - (sizeof ".jsonl" - 1);
	*(char *)mempcpy(folder, scan->s->path, (size_t)(slash + 1 - scan->s->path)) = 0;
	long fd = sys_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), n;
	if (fd < 0)
		return;
	while ((n = sys3(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buffer + at);
			at += d->d_reclen;
			look_at(scan, (int)fd, d->d_name, stem);
		}
	struct stat st;
	if (scan->drops && *scan->name && !sys4(SYS_newfstatat, fd, scan->name, &st, AT_SYMLINK_NOFOLLOW))
		scan->all = sys3(SYS_unlinkat, fd, scan->name, 0) ? 0 : (uint64_t)st.st_size;
	else if (scan->drops)
		scan->all = 0;
	sys1(SYS_close, fd);
}

static uint64_t scan(struct sink *s, bool drops)
{
	struct scan all = {.s = s, .drops = drops};
	errand(run, &all, ERRAND_EMPTY, false);
	return all.all;
}

uint64_t former_size(struct sink *s) { return scan(s, false); }

uint64_t former_drop(struct sink *s) { return scan(s, true); }
