/* Fuzzes the way from a trace to a report: reader, parser, replay, judge, and the report in one format or another.
 *
 * A JSON report has to be one that `socksan merge` takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/replay/alive.h"
#include "analyzer/report/merge.h"
#include "analyzer/report/report.h"
#include "analyzer/base/util.h"
#include "tests/fuzz/fuzz.h"

static const char trace[] = "a trace";
static int file = -1; /* its content */

/* Instead of the analyzer's own: only the trace is there, so that nothing depends on the machine. */
int open_regular(const char *path, struct stat *st)
{
	if (strcmp(path, trace) == 0)
		return fstat(file, st) == 0 ? fcntl(file, F_DUPFD_CLOEXEC, 0) : -1;
	errno = ENOENT;
	return -1;
}

/* Likewise: a process that the trace says no end of still runs, was killed, or nobody knows. */
enum alive process_alive(int64_t pid, int64_t pidns, int64_t start, const char *boot, const char *host)
{
	(void)pidns, (void)start, (void)host;
	return !boot ? CANNOT_TELL : pid % 2 ? ALIVE : GONE;
}

static void load(const uint8_t *data, size_t size)
{
	if (file < 0)
		file = memfd_create("trace", MFD_CLOEXEC);
	EXPECT(file >= 0 && ftruncate(file, (off_t)size) == 0 && pwrite(file, data, size, 0) == (ssize_t)size,
	       "no file in memory: %s", strerror(errno));
}

static void expect_merged(const char *text, size_t n)
{
	struct merge *merge = merge_new();
	char *why = merge_add(merge, "report", text, n);
	EXPECT(!why, "merge refuses the report: %s", why);
	merge_free(merge);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return json_mutate(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const argv[] = {"command", NULL}, *const paths[] = {trace};
	static struct captured captured;
	uint32_t hash = fuzz_hash(data, size);
	struct delivery delivery = {
		.outputs.format = (enum report_format)(hash % FORMAT_COUNT),
		.full_stacks = hash & 0x100,
		.criteria.suppressions = suppressions_new(),
		.criteria.baseline = baseline_new(),
	};
	struct run_facts run = {.pid = 1, .status = SIGPIPE, .exe = argv[0], .argv = argv};
	bool is_run = hash & 0x200;
	load(data, size);
	fuzz_capture(&captured);
	struct limits limits = default_limits();
	bool written = report_traces(&delivery, &limits, paths, 1, is_run ? &run : NULL) != DELIVERED_NOT;
	fuzz_release();
	expect_safe("standard error", captured.errors.text,
		    is_run && format_is_json(delivery.outputs.format) ? 0 : captured.errors.n);
	if (!is_run && written)
		expect_report(delivery.outputs.format, captured.output.text, captured.output.n);
	if (!is_run && written && delivery.outputs.format == FORMAT_json)
		expect_merged(captured.output.text, captured.output.n);
	suppressions_free(delivery.criteria.suppressions);
	baseline_free(delivery.criteria.baseline);
	fuzz_forget();
	return 0;
}
