/* Names for processes and their ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/lives.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

const char *process_end_name(enum process_end end)
{
	static const char *const names[] = {
		[END_UNKNOWN] = "unknown", [END_EXIT] = "exit",	      [END_SIGNAL] = "signal",
		[END_EXEC] = "exec",	   [END_RUNNING] = "running", [END_DETACHED] = "detached",
	};
	return names[end];
}

static bool is_version(const char *text) { return !text[strspn(text, "0123456789.-")]; }

/* Whether a program runs scripts, and the suffixes of those. */
static const char *suffixes_of_scripts(const char *program)
{
	static const struct {
		const char *name, *suffixes;
	} interpreters[] = {
		{"python", ".py"},	   {"perl", ".pl"}, {"ruby", ".rb"}, {"node", ".js.mjs.cjs"},
		{"nodejs", ".js.mjs.cjs"}, {"php", ".php"}, {"lua", ".lua"},
	};
	for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
		size_t n = strlen(interpreters[i].name);
		if (strncmp(program, interpreters[i].name, n) == 0 && is_version(program + n))
			return interpreters[i].suffixes;
	}
	return NULL;
}

/* The script that an interpreter runs: its first argument or, after options, one with a script's suffix. */
static const char *script_of(const struct traced_process *process, const char *program)
{
	const char *suffixes = suffixes_of_scripts(program);
	for (size_t i = 1; suffixes && i < process->n_argv; i++) {
		const char *name = base_name(process->argv[i]), *dot = strrchr(name, '.');
		if (*process->argv[i] != '-' && *name && (i == 1 || (dot && strstr(suffixes, dot))))
			return name;
	}
	return NULL;
}

const char *process_program(const struct traced_process *process)
{
	static const char deleted[] = " (deleted)";
	const char *called = process->n_argv ? base_name(process->argv[0]) : NULL;
	if (!process->exe)
		return called;
	const char *exe = base_name(process->exe);
	size_t n = strlen(exe), end = sizeof deleted - 1, used = called ? strlen(called) : 0;
	/* A process may overwrite its arguments; but "python3" is what people call "python3.11". */
	if (used && strncmp(exe, called, used) == 0 && is_version(exe + used))
		return called;
	if (n <= end || strcmp(exe + n - end, deleted) != 0)
		return exe;
	char *program = strndup(exe, n - end);
	const char *kept = intern(program);
	free(program);
	return kept;
}

const char *process_name(const struct traced_process *process)
{
	const char *program = process_program(process);
	/* If the first argument is not the program's name, the others may be overwritten as well. */
	bool truly = process->n_argv && program && strcmp(base_name(process->argv[0]), program) == 0;
	const char *script = truly ? script_of(process, program) : NULL;
	if (!script)
		return program;
	char *name = xasprintf("%s %s", program, script);
	const char *kept = intern(name);
	free(name);
	return kept;
}
