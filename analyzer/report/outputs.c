/* The files that reports are written to: checked before the work, written after it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/report/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/report/github.h"
#include "analyzer/base/util.h"

enum { MOST_LINKS = 40 };

/* What a path refers to, however it is spelled: a file, or a name in a directory where none exists yet. */
struct output_target {
	dev_t dev;
	ino_t ino;
	bool device; /* such as /dev/null, which may be used more than once */
	char *name;  /* NULL if it exists */
};

static bool same_place(const struct output_target *a, const struct output_target *b)
{
	return a->dev == b->dev && a->ino == b->ino && !a->device &&
	       (a->name && b->name ? strcmp(a->name, b->name) == 0 : a->name == b->name);
}

static struct output_target place_of(const struct stat *st)
{
	return (struct output_target){.dev = st->st_dev, .ino = st->st_ino, .device = S_ISCHR(st->st_mode)};
}

/* For a dangling link: replaces `path` by its target. */
static bool follow(char **path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(*path, target, sizeof target - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	char *slash = strrchr(*path, '/');
	char *next =
		*target == '/' || !slash ? xstrdup(target) : xasprintf("%.*s/%s", (int)(slash - *path), *path, target);
	free(*path);
	*path = next;
	return true;
}

/* Where a report for `path` would go; 0, or the errno with which opening it would fail. */
static int find_place(const char *path, struct output_target *place)
{
	struct stat st;
	char *way = xstrdup(path);
	int links = 0, why = 0;
	while (stat(way, &st) != 0 && errno == ENOENT && links++ < MOST_LINKS)
		if (!follow(&way))
			break;
	if (stat(way, &st) == 0) {
		*place = place_of(&st);
		if (S_ISDIR(st.st_mode))
			why = EISDIR;
		else if (faccessat(AT_FDCWD, way, W_OK, AT_EACCESS) != 0)
			why = errno;
	} else if (errno != ENOENT) {
		why = errno;
	} else {
		const char *name = base_name(way);
		char *above = name == way ? xstrdup(".") : strndup(way, (size_t)(name - way));
		if (!*name)
			why = EISDIR;
		else if (stat(above, &st) != 0 || faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) != 0)
			why = errno;
		if (why == 0) {
			*place = place_of(&st);
			place->name = xstrdup(name);
		}
		free(above);
	}
	free(way);
	return why;
}

static bool is_standard_output(const struct output *output) { return strcmp(output->path, "-") == 0; }

static int check_output(const struct outputs *outputs, size_t i, struct output_target *places, FILE *main_output)
{
	const struct output *output = &outputs->list[i];
	struct stat st;
	if (is_standard_output(output)) {
		if (main_output == stdout) {
			complain("--output: %s=-: the report of --format goes to standard output; use --format=%s",
				 formats[output->format].name, formats[output->format].name);
			return -1;
		}
		if (fstat(STDOUT_FILENO, &st) == 0)
			places[i] = place_of(&st);
	} else {
		int why = find_place(output->path, &places[i]);
		if (why) {
			complain("--output: %s: %s", output->path, why == ENOENT ? "no such folder" : strerror(why));
			return -1;
		}
	}
	for (size_t j = 0; j < i; j++) {
		const char *other = outputs->list[j].path;
		if (!same_place(&places[i], &places[j]))
			continue;
		if (strcmp(other, output->path) == 0)
			complain("--output: two reports would go to %s", other);
		else
			complain("--output: two reports would go to one file, as %s and %s", other, output->path);
		return -1;
	}
	if (fstat(fileno(main_output), &st) == 0 && S_ISREG(st.st_mode)) {
		struct output_target standard = place_of(&st);
		if (same_place(&places[i], &standard)) {
			complain("--output: %s: the report of --format goes there, through standard %s", output->path,
				 main_output == stdout ? "output" : "error");
			return -1;
		}
	}
	return 0;
}

/* Whether a file of this path would be read as a trace of the folder. */
static bool is_trace_in(const char *path, const struct stat *folder)
{
	struct stat st;
	const char *name = base_name(path);
	char *above = name == path ? xstrdup(".") : strndup(path, (size_t)(name - path));
	bool inside = stat(above, &st) == 0 && st.st_dev == folder->st_dev && st.st_ino == folder->st_ino;
	size_t n = strlen(name);
	free(above);
	return inside && n > 6 && strcmp(name + n - 6, ".jsonl") == 0;
}

/* A report must never overwrite its own input. */
static int check_input(const struct outputs *outputs, const struct output_target *places, const struct inputs *inputs)
{
	struct stat st;
	for (size_t i = 0; i < inputs->n; i++) {
		if (strcmp(inputs->paths[i], "-") == 0 || stat(inputs->paths[i], &st) != 0)
			continue;
		struct output_target input = place_of(&st);
		for (size_t j = 0; j < outputs->n; j++) {
			const struct output *output = &outputs->list[j];
			if (inputs->is_json_report && output->format == FORMAT_json)
				continue;
			if (!same_place(&places[j], &input) && !(S_ISDIR(st.st_mode) && is_trace_in(output->path, &st)))
				continue;
			complain("--output: %s: it is %s", output->path, inputs->what);
			return -1;
		}
	}
	return 0;
}

bool outputs_have(const struct outputs *outputs, enum report_format format)
{
	bool any = outputs->format == format;
	for (size_t i = 0; i < outputs->n; i++)
		any |= outputs->list[i].format == format;
	return any;
}

/* The job summary, which is written whenever `github` is written. */
static int check_summary(const struct outputs *outputs, const struct output_target *places)
{
	struct output_target summary = {0};
	int result = 0;
	if (!outputs_have(outputs, FORMAT_github) || !github_summary_path())
		return 0;
	int why = find_place(github_summary_path(), &summary);
	if (why) {
		complain("GITHUB_STEP_SUMMARY: %s: %s", github_summary_path(), strerror(why));
		result = -1;
	}
	for (size_t i = 0; i < outputs->n && result == 0; i++)
		if (same_place(&places[i], &summary)) {
			complain("--output: %s: the job's summary goes there, by GITHUB_STEP_SUMMARY",
				 outputs->list[i].path);
			result = -1;
		}
	free(summary.name);
	return result;
}

int outputs_check(const struct outputs *outputs, FILE *main_output, const struct inputs *inputs, size_t n)
{
	struct output_target *places = xcalloc(outputs->n, sizeof *places);
	int result = 0;
	for (size_t i = 0; i < outputs->n && result == 0; i++)
		result = check_output(outputs, i, places, main_output);
	for (size_t i = 0; i < n && result == 0; i++)
		result = check_input(outputs, places, &inputs[i]);
	if (result == 0)
		result = check_summary(outputs, places);
	for (size_t i = 0; i < outputs->n; i++)
		free(places[i].name);
	free(places);
	return result;
}

int outputs_write(const struct outputs *outputs, const struct report *report, FILE *main_output)
{
	int result = 0;
	for (size_t i = 0; i < outputs->n; i++) {
		const struct output *output = &outputs->list[i];
		bool standard = is_standard_output(output);
		FILE *out = standard ? stdout : fopen(output->path, "we");
		int failed = !out || formats[output->format].write(out, report) < 0;
		failed |= out && (standard ? fflush(out) : fclose(out)) != 0;
		if (failed) {
			complain("%s: %s", output->path, strerror(errno));
			result = -1;
		}
	}
	if (outputs_have(outputs, FORMAT_github) && github_summary_path() && github_summary_write(report) < 0) {
		complain("GITHUB_STEP_SUMMARY: %s: %s", github_summary_path(), strerror(errno));
		result = -1;
	}
	if (outputs->quiet)
		return result;
	errno = 0;
	int failed = formats[outputs->format].write(main_output, report) < 0 || fflush(main_output) != 0;
	/* A reader who exits early, such as head(1), is no failure. */
	if (failed && errno != EPIPE) {
		complain("the report cannot be written: %s", strerror(errno));
		result = -1;
	}
	return result;
}
