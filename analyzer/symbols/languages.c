/* What is a language's own: see languages.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/languages.h"

#include <string.h>

#include "analyzer/base/util.h"

bool is_source_of(enum lang lang, const char *path)
{
	static const char *const sources[LANGS] = {
		"",
#define LANG(id, key, sources) sources,
#include "shim/model/lang.def"
#undef LANG
	};
	const char *dot = strrchr(base_name(path), '.');
	size_t n = dot ? strlen(dot) : 0;
	for (const char *at = sources[lang]; n && (at = strstr(at, dot)); at += n)
		if (!at[n] || at[n] == '.')
			return true;
	return false;
}

static bool begins_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

/* "/usr/lib/python3.11/socket.py", ".../lib/python311.zip/socket.py", "<frozen runpy>" */
static bool is_python_library(const char *file)
{
	static const char lib[] = "/python3";
	const char *at = file;
	if (begins_with(file, "<frozen "))
		return true;
	while ((at = strstr(at, lib))) {
		const char *before = at;
		at += sizeof lib - 1;
		at += strspn(at, "0123456789.");
		bool in_lib = (before - file >= 4 && begins_with(before - 4, "/lib")) ||
			      (before - file >= 6 && begins_with(before - 6, "/lib64"));
		if (in_lib && (*at == '/' || begins_with(at, "zip/")))
			return !strstr(at, "-packages/");
	}
	return false;
}

bool is_library_of(enum lang lang, const char *file)
{
	switch (lang) {
	case LANG_javascript: return begins_with(file, "node:");
	case LANG_python: return is_python_library(file);
	default: return false;
	}
}
