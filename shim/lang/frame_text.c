/* Whose code a frame is, by its text: see frame_text.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/frame_text.h"

#include "shim/model/java.h"
#include "shim/model/system.h"

#include <string.h>

/* Prefixes of the language's own files or, where a version manager may have installed it anywhere, parts of their paths. */
static const char *const beginnings[] = {"<frozen ", "<string>:", "<internal:", "node:", "internal/", "[C]", NULL};
static const char *const folders[] = {"/lib/python", "/lib64/python", "/lib/ruby/", "/lib/perl", NULL};

static bool begins(const char *text, const char *const *words)
{
	while (*words && strncmp(text, *words, strlen(*words)))
		words++;
	return *words != NULL;
}

bool lang_users_frame(enum lang lang, const char *frame)
{
	if (lang == LANG_java) /* the folder of their files is unknown */
		return !is_java_library(frame, strlen(frame));
	if (is_system_path(frame) || begins(frame, beginnings))
		return false;
	for (const char *at = frame; (at = strchr(at, '/')); at++)
		if (begins(at, folders))
			return false;
	return true;
}
