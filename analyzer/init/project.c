/* What a project's files show: see project.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/init/project.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/pattern.h"
#include "analyzer/base/util.h"

/* Of a file that says how a project is built; a longer one is not read. */
enum { MOST_BYTES = 1 << 20 };

/* -- conditions ----------------------------------------------------------------------------------------------- */

static bool has_line(const char *path, const char *pattern)
{
	struct stat st;
	int fd = open_regular(path, &st);
	char *text = fd >= 0 && st.st_size <= MOST_BYTES ? read_whole(fd, (size_t)st.st_size) : NULL, *rest = text,
	     *line;
	bool has = false;
	if (fd >= 0)
		close(fd);
	while (!has && (line = strsep(&rest, "\n")))
		has = pattern_matches(pattern, line);
	free(text);
	return has;
}

/* The first of the files "A|B" that is there and has a line that matches, to be freed. `pattern` may be NULL. */
static char *find_file(const char *folder, char *files, const char *pattern)
{
	for (char *file; (file = strsep(&files, "|"));) {
		char *path = xasprintf("%s/%s", folder, file);
		bool found = pattern ? has_line(path, pattern) : access(path, F_OK) == 0;
		free(path);
		if (found)
			return xstrdup(file);
	}
	return NULL;
}

/* Whether the condition holds. `*shown`, to be freed, becomes the file that its first term is about; NULL if there is none. */
static bool holds(const struct project *project, const char *condition, char **shown)
{
	char *copy = xstrdup(condition), *rest = copy;
	bool so = true;
	*shown = NULL;
	for (char *term = rest; so && term; term = rest) {
		rest = strstr(term, " & ");
		if (rest) {
			*rest = 0;
			rest += 3;
		}
		bool negated = *term == '!';
		char *pattern = strchr(term, ':');
		if (pattern)
			*pattern++ = 0;
		char *file = find_file(project->folder, term + negated, pattern);
		so = negated != (file != NULL);
		if (term == copy)
			*shown = file;
		else
			free(file);
	}
	free(copy);
	return so;
}

bool project_has(const struct project *project, const char *condition)
{
	char *shown = NULL;
	bool has = !condition || holds(project, condition, &shown);
	free(shown);
	return has;
}

/* -- what is seen --------------------------------------------------------------------------------------------- */

/* The file that shows what has these signs, to be freed; NULL: nothing does. */
static char *find_sign(const struct project *project, const struct recipe_line *signs)
{
	for (; signs->text; signs++) {
		char *file;
		if (holds(project, signs->text, &file))
			return file;
		free(file);
	}
	return NULL;
}

bool project_uses(const struct seen_runner *seen)
{
	return seen->counts && (seen->runner->test || seen->runner->script);
}

/* Decides which of the runners count. */
static void choose_runners(struct project *project)
{
	bool build_system = false, others = false;
	const struct seen_runner *alone = NULL;
	for (size_t i = 0; i < project->n_runners; i++) {
		struct seen_runner *seen = &project->runners[i];
		seen->counts = !(seen->runner->build_system && build_system) && !(seen->runner->last && others);
		build_system |= seen->runner->build_system;
		others |= project_uses(seen);
		if (seen->counts && seen->runner->alone)
			alone = seen;
	}
	for (size_t i = 0; alone && i < project->n_runners; i++)
		project->runners[i].counts = alone == &project->runners[i];
}

void project_read(struct project *project, const char *folder)
{
	*project = (struct project){.folder = folder};
	for (const struct test_runner *runner = test_runners; runner->name; runner++) {
		char *file = find_sign(project, runner->seen);
		if (!file)
			continue;
		GROW(project->runners, project->n_runners, project->cap_runners);
		project->runners[project->n_runners++] = (struct seen_runner){.runner = runner, .file = file};
	}
	choose_runners(project);
	for (const struct ci_service *service = ci_services; service->name; service++) {
		char *file = find_sign(project, service->seen);
		if (!file)
			continue;
		GROW(project->services, project->n_services, project->cap_services);
		project->services[project->n_services++] = (struct seen_service){.service = service, .file = file};
	}
}

static void drop_services(struct project *project)
{
	while (project->n_services > 0)
		free(project->services[--project->n_services].file);
}

void project_choose(struct project *project, const struct ci_service *service)
{
	drop_services(project);
	GROW(project->services, project->n_services, project->cap_services);
	project->services[project->n_services++] =
		(struct seen_service){.service = service, .file = find_sign(project, service->seen)};
}

void project_free(struct project *project)
{
	drop_services(project);
	while (project->n_runners > 0)
		free(project->runners[--project->n_runners].file);
	free(project->services);
	free(project->runners);
}

bool project_is_testable(const struct project *project)
{
	for (size_t i = 0; i < project->n_runners; i++)
		if (project_uses(&project->runners[i]))
			return true;
	return false;
}
