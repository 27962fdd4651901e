/* What is beside this program: see own_path.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/base/own_path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"

char *own_folder(void)
{
	char here[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", here, sizeof here - 1);
	if (size < 0)
		return NULL;
	here[size] = '\0';
	*strrchr(here, '/') = '\0';
	return xstrdup(here);
}

char *own_path(const char *place)
{
	char *folder = own_folder();
	if (!folder)
		return NULL;
	char *path = xasprintf("%s/%s", folder, place), *real = realpath(path, NULL);
	free(path);
	free(folder);
	return real;
}
