/* What belongs to a language: see languages.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/languages.h"

#include <string.h>

#include "analyzer/base/util.h"
#include "shim/model/java.h"

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

/* "<internal:gc>", ".../lib/ruby/3.1.0/net/http.rb", ".../lib/ruby/vendor_ruby/rubygems.rb", wherever a version manager has it */
static bool is_ruby_library(const char *file)
{
	static const char lib[] = "/lib/ruby/";
	const char *at = file;
	if (begins_with(file, "<internal:"))
		return true;
	while ((at = strstr(at, lib))) {
		at += sizeof lib - 1;
		size_t version = strspn(at, "0123456789.");
		if ((version > 2 && at[version] == '/') || begins_with(at, "vendor_ruby/") ||
		    begins_with(at, "site_ruby/"))
			return true;
	}
	return false;
}

/* "/opt/perl/lib/5.36.0/IO/Socket.pm", ".../lib/site_perl/5.36.0/...", "~/.plenv/versions/5.36.0/lib/perl5/..." */
static bool is_perl_library(const char *file)
{
	static const char *const folders[] = {"/lib/5.", "/lib/site_perl/5.", "/lib/vendor_perl/5.", "/lib/perl5/"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		const char *at = strstr(file, folders[i]);
		size_t n = strlen(folders[i]);
		if (at && (folders[i][n - 1] == '/' || (at[n] >= '0' && at[n] <= '9')))
			return true;
	}
	return false;
}

bool is_library_of(enum lang lang, const char *file)
{
	switch (lang) {
	case LANG_javascript: return begins_with(file, "node:");
	case LANG_lua: return strstr(file, "/share/lua/5."); /* also where LuaRocks puts modules, in a home folder */
	case LANG_php: return strstr(file, "/vendor/");	     /* where Composer puts packages, in a project */
	case LANG_python: return is_python_library(file);
	case LANG_ruby: return is_ruby_library(file);
	case LANG_perl: return is_perl_library(file);
	case LANG_java: return is_java_library(file, strlen(file));
	default: return false;
	}
}
