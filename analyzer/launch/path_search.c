/* Which file a command's name refers to, as execvp() would find it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/path_search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/util.h"

enum { STATUS_CANNOT_RUN = 126, STATUS_NOT_FOUND = 127 };

/* 0, or the errno with which the kernel would refuse to run this file. */
static int refusal(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static char *search(const char *name, const char *folders)
{
	int why = ENOENT;

	for (const char *at = folders, *end;; at = end + 1) {
		char *path;

		end = strchrnul(at, ':');
		/* An empty element is the working directory. */
		if (asprintf(&path, "%.*s%s%s", (int)(end - at), at, end > at ? "/" : "", name) < 0)
			return NULL;
		switch (refusal(path)) {
		case 0: return path;
		case EACCES:
		case EISDIR: why = EACCES; break;
		}
		free(path);
		if (*end == '\0')
			break;
	}
	errno = why;
	return NULL;
}

char *path_search(const char *name)
{
	const char *folders = getenv("PATH");

	if (*name == '\0') {
		errno = ENOENT;
		return NULL;
	}
	if (strchr(name, '/') == NULL)
		return search(name, folders != NULL ? folders : "/bin:/usr/bin");

	int why = refusal(name);
	if (why != 0) {
		errno = why;
		return NULL;
	}
	return strdup(name);
}

int path_refused(const char *name, const char *path, int why)
{
	if (why == ENOENT && path)
		complain("%s: cannot be run, as the interpreter or loader that it names is missing", path);
	else if (why == ENOENT && *name && !strchr(name, '/') && refusal(name) == 0)
		complain("%s: command not found; did you mean './%s'?", name, name);
	else if (why == ENOENT)
		complain("%s: command not found", name);
	else
		complain("%s: cannot be run: %s", name, strerror(why));
	return why == ENOENT || why == ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}
