/* Finds Java source files: see java_source.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/java_source.h"

#include <stdlib.h>
#include <unistd.h>
#include <uthash.h>

#include "analyzer/base/util.h"

static struct known_source {
	const char *file, *found;
	UT_hash_handle hh;
} * known;

static const char *look_for(const char *file)
{
	static const char *const folders[] = {"src/main/java/",
					      "src/test/java/",
					      "src/main/kotlin/",
					      "src/test/kotlin/",
					      "src/main/scala/",
					      "src/test/scala/",
					      "src/main/groovy/",
					      "src/test/groovy/",
					      "src/",
					      "test/"};
	for (size_t i = 0; access(file, F_OK) && i < sizeof folders / sizeof *folders; i++) {
		char *path = xasprintf("%s%s", folders[i], file);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return file;
}

const char *java_source(const char *file)
{
	struct known_source *source;
	HASH_FIND_STR(known, file, source);
	if (!source) {
		source = xcalloc(1, sizeof *source);
		source->file = xstrdup(file);
		source->found = look_for(source->file);
		HASH_ADD_KEYPTR(hh, known, source->file, strlen(file), source);
	}
	return source->found;
}
