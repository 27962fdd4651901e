/* The file in which a process listed what it had open when its descriptors ran out, read as a census: shim/model/open.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OPEN_FILE_H
#define SOCKSAN_ANALYZER_OPEN_FILE_H

#include <stdbool.h>

#include "analyzer/live/census.h"

struct open_file;

/* Whether a file that begins with these bytes is one. */
bool is_open_file(const char *text, size_t n);

/* Returns NULL on failure; `*why` says what is wrong, to be freed. */
struct open_file *open_file_parse(const char *name, const char *text, size_t n, char **why)
	__attribute__((warn_unused_result));
void open_file_free(struct open_file *file);

/* Owned by the file. */
const struct census *open_file_census(const struct open_file *file);

#endif
