/* The words for processes and their ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/lives.h"

#include <string.h>

#include "analyzer/base/util.h"

const char *process_end_name(enum process_end end)
{
	static const char *const names[] = {
		[END_UNKNOWN] = "unknown", [END_EXIT] = "exit",	      [END_SIGNAL] = "signal",
		[END_EXEC] = "exec",	   [END_RUNNING] = "running",
	};
	return names[end];
}

const char *process_name(const struct traced_process *process)
{
	const char *name = process->n_argv ? process->argv[0] : process->exe, *title = name ? strstr(name, ": ") : NULL;
	/* A title that the process gave itself, "nginx: master process /usr/sbin/nginx" or "worker -p /run/x", is no path. */
	bool given = title && !memchr(name, '/', (size_t)(title - name));
	if (name && process->exe && (given || strchr(name, ' ')))
		name = process->exe;
	return name ? base_name(name) : NULL;
}
