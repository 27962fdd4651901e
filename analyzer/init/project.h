/* The project that `socksan init` finds in a folder: how its tests are run, and where.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INIT_PROJECT_H
#define SOCKSAN_ANALYZER_INIT_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/init/tables.h"

/* A runner or a service that a project shows, and the file that shows it. */
struct seen_runner {
	const struct test_runner *runner;
	char *file;
	bool counts; /* it is not left out in favour of another */
};

struct seen_service {
	const struct ci_service *service;
	char *file; /* NULL: it was asked for */
};

struct project {
	const char *folder;
	struct seen_runner *runners;
	size_t n_runners, cap_runners;
	struct seen_service *services;
	size_t n_services, cap_services;
};

/* Looks at the files of the folder, which stays the caller's. */
void project_read(struct project *project, const char *folder);
void project_free(struct project *project);

/* Whether a condition of the tables holds; NULL always does. */
bool project_has(const struct project *project, const char *condition);

/* Adds a service that the files may not show, instead of those that they do. */
void project_choose(struct project *project, const struct ci_service *service);

/* Whether the recipe uses a runner: it counts, and can be recorded. */
bool project_uses(const struct seen_runner *seen);

/* Whether the recipe uses any. */
bool project_is_testable(const struct project *project);

#endif
