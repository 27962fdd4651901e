/* The identity of this process, among all that ever had its pid; and the `process` line. proc(5).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/model/version.h"
#include "shim/state/keep.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/state/self.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

struct slurping {
	const char *path;
	char *buffer;
	size_t size, len;
};

static void read_file(void *p)
{
	struct slurping *r = p;
	long fd = sys_open(r->path, O_RDONLY | O_CLOEXEC, 0), n;
	if (fd < 0)
		return;
	while (r->len < r->size - 1 && (n = sys3(SYS_read, fd, r->buffer + r->len, r->size - 1 - r->len)) > 0)
		r->len += (size_t)n;
	sys1(SYS_close, fd);
}

/* Reads the start of a file, at most size - 1 bytes, NUL-terminated. Returns its length, 0 if it cannot be read. */
static size_t slurp(const char *path, char *buffer, size_t size)
{
	struct slurping r = {path, buffer, size, 0};
	errand(read_file, &r, ERRAND_EMPTY, false);
	buffer[r.len] = 0;
	return r.len;
}

/* Field 22 of /proc/self/stat: the start time of this process, in clock ticks since boot. */
static uint64_t start_ticks(void)
{
	char stat[1024], path[ERRAND_PROC + sizeof "/stat"];
	strcpy(errand_proc(path), "/stat");
	slurp(path, stat, sizeof stat);
	const char *at = strrchr(stat, ')'); /* the name before it may contain any character */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	uint64_t n = 0;
	for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n;
}

/* Distinguishes this process from any other that ever had its pid; 0 and "" if /proc does not say. */
struct identity {
	uint64_t start, pidns;
	char boot[40];
};

static struct identity identify(void)
{
	struct identity id = {.start = start_ticks()};
	struct stat st;
	slurp("/proc/sys/kernel/random/boot_id", id.boot, sizeof id.boot);
	id.boot[strcspn(id.boot, "\n")] = 0;
	if (!sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/pid", &st, 0))
		id.pidns = st.st_ino;
	return id;
}

static bool has_number(const char *line, const char *key, uint64_t n)
{
	char text[64], *at = stpcpy(text, key);
	at = jsonl_decimal(at, n);
	strcpy(at, ",");
	return strstr(line, text);
}

/* Each key precedes all text from outside, in which a quote would be escaped. */
bool own_trace(const char *line)
{
	static const char process_line[] = "{\"ev\":\"process\",";
	struct identity id = identify();
	char boot[64];
	strcpy(stpcpy(stpcpy(boot, ",\"boot\":\""), id.boot), "\",");
	return id.start && id.pidns && *id.boot && !strncmp(line, process_line, sizeof process_line - 1) &&
	       has_number(line, ",\"pid\":", (uint64_t)process.pid) && has_number(line, ",\"start\":", id.start) &&
	       has_number(line, ",\"pidns\":", id.pidns) && strstr(line, boot);
}

static struct kept_line *told;

const char *own_told(size_t *len) { return kept_line(&told, len); }

void own_line(void)
{
	char *scratch = trace_scratch(), *line = scratch + TRACE_LINE_MAX;
	if (!scratch)
		return;
	struct identity id = identify();
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "process");
	struct timespec wall, mono;
	struct rlimit nofile = {0};
	struct utsname uts;
	sys_clock(CLOCK_MONOTONIC, &mono);
	sys_clock(CLOCK_REALTIME, &wall);
	uint64_t now = (uint64_t)mono.tv_sec * 1000000000 + (uint64_t)mono.tv_nsec;
	uint64_t epoch = (uint64_t)wall.tv_sec * 1000000000 + (uint64_t)wall.tv_nsec;
	sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &nofile);
	jsonl_uint(&j, "t", own.started);
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "schema", 1);
	char *writing = jsonl_key(&j, "writing", 1);
	*writing = '0';
	j.at = writing + 1;
	char *closing = jsonl_key(&j, "closing", TRACE_CLOSING);
	memset(closing, ' ', TRACE_CLOSING);
	closing[TRACE_CLOSING / 2] = '0';
	j.at = closing + TRACE_CLOSING;
	jsonl_str(&j, "version", SOCKSAN_VERSION);
	jsonl_seconds(&j, "wall", epoch - (now > own.started ? now - own.started : 0));
	jsonl_int(&j, "ppid", sys0(SYS_getppid));
	jsonl_str(&j, "how", how_name(own.how));
	jsonl_uint(&j, "start", id.start);
	if (id.pidns)
		jsonl_uint(&j, "pidns", id.pidns);
	if (options.board)
		jsonl_int(&j, "run", options.board);
	jsonl_uint(&j, "nofile", nofile.rlim_cur);
	if (*id.boot)
		jsonl_str(&j, "boot", id.boot);
	if (!sys1(SYS_uname, &uts))
		jsonl_str(&j, "host", uts.nodename);
	jsonl_str(&j, "exe", program_exe);
	jsonl_array(&j, "argv");
	char cmdline[ERRAND_PROC + sizeof "/cmdline"];
	strcpy(errand_proc(cmdline), "/cmdline");
	size_t len = options.argv ? slurp(cmdline, scratch, TRACE_LINE_MAX / 2) : 0;
	for (size_t at = 0; at < len; at += strlen(scratch + at) + 1)
		jsonl_add(&j, scratch + at, strlen(scratch + at));
	jsonl_array_end(&j);
	size_t length = jsonl_close(&j);
	trace_put_first(line, length, writing, closing);
	keep_line(&told, line, length - 1);
	trace_scratch_end(scratch);
}
