/* Where libsocksan.so is: given by SOCKSAN_SHIM, else found relative to this program, built or installed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/shim_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/launch/elf_check.h"
#include "analyzer/base/own_path.h"
#include "analyzer/base/util.h"

static char *beside_this_program(char **why)
{
	/* Built, installed, from a Debian package, or copied. */
	static const char *const places[] = {"../shim/libsocksan.so", "../lib/libsocksan.so",
					     "../lib/socksan/libsocksan.so", "libsocksan.so"};
	char *here = own_folder();

	if (!here) {
		*why = xasprintf("cannot find libsocksan.so: /proc/self/exe: %s; set SOCKSAN_SHIM to its path",
				 strerror(errno));
		return NULL;
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char *path = own_path(places[i]);

		if (path) {
			free(here);
			return path;
		}
	}
	*why = xasprintf("libsocksan.so is in none of %s/{../shim,../lib,../lib/socksan,.}; set SOCKSAN_SHIM to its "
			 "path",
			 here);
	free(here);
	return NULL;
}

char *inject_path(const char *shim)
{
	char *path = xasprintf("%.*slibsocksan-inject.so", (int)(base_name(shim) - shim), shim);
	char *real = realpath(path, NULL);
	free(path);
	if (!real || !strpbrk(real, ": "))
		return real;
	free(real);
	return NULL;
}

char *shim_find(char **why)
{
	const char *named = getenv("SOCKSAN_SHIM");
	char *path;

	*why = NULL;
	if (named != NULL && *named != '\0') {
		path = realpath(named, NULL);
		if (path == NULL)
			*why = xasprintf("%s, named by SOCKSAN_SHIM: %s", named, strerror(errno));
	} else {
		path = beside_this_program(why);
	}
	if (path == NULL)
		return NULL;
	if (access(path, R_OK) != 0)
		*why = xasprintf("%s: %s", path, strerror(errno));
	else if (!elf_check_is_elf(path))
		*why = xasprintf("%s: not a shared library", path);
	else if (strpbrk(path, ": ") != NULL)
		/* ld.so(8): both separate the items of LD_PRELOAD, and there is no escape. */
		*why = xasprintf("%s: a path with ':' or a space cannot be preloaded; move it", path);
	else
		return path;
	free(path);
	return NULL;
}

char *shim_path(void)
{
	char *why, *path = shim_find(&why);

	if (path == NULL)
		complain("%s", why);
	free(why);
	return path;
}
