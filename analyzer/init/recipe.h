/* The files that `socksan init` writes: templates filled in for a project.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INIT_RECIPE_H
#define SOCKSAN_ANALYZER_INIT_RECIPE_H

#include <stdio.h>

#include "analyzer/init/project.h"

struct ci_recipe {
	const struct project *project;
	const char *test;		  /* the command that runs the tests; NULL: what the project shows */
	const struct ci_service *service; /* NULL: none, for commands that somebody types */
};

/* Where files stand in the project. */
#define SUPPRESSIONS_FILE "socksan.supp"
#define BASELINE_FILE "socksan-baseline.json"

/* Writes a template. `@name@` in it stands for a value: the line is repeated for each line of the value, and left out if it has none.
 * `@?name@` at the end of a line leaves it out in the same case. */
void recipe_write(FILE *out, const struct ci_recipe *recipe, const char *template);

/* Writes the commands that build the project and run its tests under SockSan, one a line after `indent`; `option`, if not NULL, is one more
 * option. */
void recipe_write_build(FILE *out, const struct ci_recipe *recipe, const char *indent);
void recipe_write_run(FILE *out, const struct ci_recipe *recipe, const char *indent, const char *option);

/* Writes what is to be known of the runners, a line each. */
void recipe_write_notes(FILE *out, const struct ci_recipe *recipe, const char *indent);

#endif
