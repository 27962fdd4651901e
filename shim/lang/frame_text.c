/* Whose a frame is, by its text: see frame_text.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/frame_text.h"

#include "shim/model/system.h"

#include <string.h>

const char *const lang_keys[LANG_KEYS] = {"py", "js", "java", "ruby", "php", "perl", "lua"};

/* What a file of the language's own begins with, or, where a version manager may have put it anywhere, has in it. */
static const char *const beginnings[] = {"<frozen ", "<string>:", "<internal:", "node:", "internal/", "[C]", NULL};
static const char *const folders[] = {"/lib/python", "/lib64/python", "/lib/ruby/", "/lib/perl", NULL};

/* Packages of a virtual machine: its frames have no folder. */
static const char *const packages[] = {"java.", "javax.", "jdk.", "sun.", "com.sun.", NULL};

static bool begins(const char *text, const char *const *words)
{
	while (*words && strncmp(text, *words, strlen(*words)))
		words++;
	return *words != NULL;
}

bool lang_users_frame(const char *frame)
{
	const char *function = strchr(frame, ' ');
	if (is_system_path(frame) || begins(frame, beginnings) || (function && begins(function + 1, packages)))
		return false;
	for (const char *at = frame; (at = strchr(at, '/')); at++)
		if (begins(at, folders))
			return false;
	return true;
}
