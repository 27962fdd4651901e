/* What `socksan init` knows of test runners and CI services, as the build makes it of runners.ini, services.ini and the templates.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INIT_TABLES_H
#define SOCKSAN_ANALYZER_INIT_TABLES_H

#include <stdbool.h>

/* A line that is there if the condition holds in the project; NULL: always. A list ends with a text that is NULL. */
struct recipe_line {
	const char *condition;
	const char *text;
};

/* The comment at the top of runners.ini says what the members mean. Any may be missing but the name and `seen`. */
struct test_runner {
	const char *name;
	const struct recipe_line *seen, *build, *test, *script, *packages, *bare, *options, *examples, *notes;
	const char *image;
	bool build_system, last, alone;
};

/* Likewise for services.ini. */
struct ci_service {
	const char *word; /* of --ci */
	const char *name;
	const struct recipe_line *seen, *options;
	const char *file;
	const char *template;
	const char *next;
};

/* They end with a row without a name. */
extern const struct test_runner test_runners[];
extern const struct ci_service ci_services[];

extern const char suppressions_template[];

#endif
