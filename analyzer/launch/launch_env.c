/* The environment of the command: this one, with the shim preloaded and its options set.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/launch_env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "shim/kernel/runtime.h"

/* Whether a list of paths, with colons, has one of this name. */
static bool has_name(const char *list, const char *name)
{
	char *items = xstrdup(list), *rest = items, *item;
	bool found = false;

	while (!found && (item = strtok_r(rest, ":", &rest)) != NULL)
		found = strcmp(base_name(item), name) == 0;
	free(items);
	return found;
}

/* The former LD_PRELOAD with the shim first, but after sanitizer runtimes; a shim that an outer `socksan run` put there is removed, as it
 * would record twice. */
static char *preload(const char *former, const char *shim)
{
	char *list = xcalloc(strlen(former) + strlen(shim) + 3, 1), *items = xstrdup(former), *rest = items, *item;
	bool placed = false;

	while ((item = strtok_r(rest, ": ", &rest)) != NULL) {
		if (has_name(shim, base_name(item)))
			continue;
		if (!placed && !runtime_is(item, strlen(item))) {
			strcat(strcat(list, shim), ":");
			placed = true;
		}
		strcat(strcat(list, item), ":");
	}
	if (!placed)
		strcat(list, shim);
	else
		list[strlen(list) - 1] = '\0';
	free(items);
	return list;
}

/* The entry of a variable, or the NULL at the end. */
static char **find(char **env, const char *name)
{
	size_t length = strlen(name);

	while (*env != NULL && !(strncmp(*env, name, length) == 0 && (*env)[length] == '='))
		env++;
	return env;
}

static const char *value_of(char **env, const char *name)
{
	char **entry = find(env, name);

	return *entry != NULL ? strchr(*entry, '=') + 1 : "";
}

char **launch_env(char *const *env, const char *shim, const char *runtime, const char *options)
{
	size_t n = 0;

	while (env[n] != NULL)
		n++;

	char **copy = xcalloc(n + 3, sizeof *copy);
	memcpy(copy, env, n * sizeof *copy);

	const char *former = value_of(copy, "SOCKSAN_OPTIONS");
	*find(copy, "SOCKSAN_OPTIONS") = xasprintf("SOCKSAN_OPTIONS=%s%s%s", former, *former ? ":" : "", options);
	if (shim != NULL) {
		char *list = preload(value_of(copy, "LD_PRELOAD"), shim);

		bool first = runtime != NULL && strstr(list, runtime) == NULL;
		*find(copy, "LD_PRELOAD") =
			xasprintf("LD_PRELOAD=%s%s%s", first ? runtime : "", first ? RUNTIME_MARK : "", list);
		free(list);
	}
	return copy;
}
