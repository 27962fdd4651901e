/* Says what would hinder recording: see doctor.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/doctor/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/attach/host.h"
#include "analyzer/base/access_as.h"
#include "analyzer/base/util.h"
#include "analyzer/doctor/confinement.h"
#include "analyzer/doctor/surroundings.h"
#include "analyzer/launch/elf_check.h"
#include "analyzer/launch/path_search.h"
#include "analyzer/symbols/go_program.h"

/* -- a command -------------------------------------------------------------------------------------------------- */

static const char *const advice_of[] = {
	[ENTRY_MISSING] = "install what is missing, or correct the #! line",
	[ENTRY_STATIC] = "link it dynamically, without -static; programs that it starts are still recorded",
	[ENTRY_PRIVILEGED] =
		"run a copy without these bits as the user it becomes; if it starts another program, as sudo does, "
		"put `socksan run` behind it",
	[ENTRY_OTHER_LIBC] = "build it against glibc",
	[ENTRY_OTHER_MACHINE] = "build it for the machine of the shim, or use a SockSan for its own",
};

/* The command's file, to be freed; NULL: it cannot be run. */
static char *check_file(struct checkup *checkup)
{
	const char *name = checkup->command[0];
	char *path = path_search(name);
	if (path)
		checkup_add(checkup, "command", CHECKUP_OK, xstrdup(path), NULL);
	else if (errno == ENOENT || errno == ENOTDIR)
		checkup_add(checkup, "command", CHECKUP_PROBLEM, xasprintf("%s: command not found", name),
			    xstrdup(strchr(name, '/') ? "check the path" : "give its path, or add its folder to PATH"));
	else
		checkup_add(
			checkup, "command", CHECKUP_PROBLEM, xasprintf("%s: cannot be run: %s", name, strerror(errno)),
			xstrdup(strchr(name, '/')
					? "name a file that this user may execute: chmod +x"
					: "give the path of a file that this user may execute; a folder of PATH that "
					  "this user may not enter hinders too"));
	return path;
}

static void check_program(struct checkup *checkup, const char *path, const char *shim)
{
	char why[PATH_MAX + 256];
	enum shim_entry entry = elf_check(path, shim, why, sizeof why);
	if (entry != ENTRY_OPEN)
		checkup_add(checkup, "program", CHECKUP_PROBLEM, xstrdup(why), xstrdup(advice_of[entry]));
	else if (access(path, R_OK) != 0)
		checkup_add(checkup, "program", CHECKUP_NOTE,
			    xasprintf("%s cannot be read: unknown how it is linked", path),
			    xstrdup("ask as its owner, or run it with --require-shim"));
	else if (is_go_program(path))
		checkup_add(checkup, "program", CHECKUP_NOTE,
			    xasprintf("%s is written in Go, which makes most system calls without libc", path),
			    xstrdup("only what its C libraries do is recorded"));
	else
		checkup_add(checkup, "program", CHECKUP_OK, xstrdup("the shim can be loaded into it"), NULL);
}

static void check_command(struct checkup *checkup, const char *shim)
{
	char *path = check_file(checkup);
	if (path && shim)
		check_program(checkup, path, shim);
	check_confinement(checkup, 0, path);
	free(path);
}

/* -- a process -------------------------------------------------------------------------------------------------- */

/* The user of the process writes the trace. */
static void check_writer(struct checkup *checkup, const struct host *host, const char *above)
{
	bool made = !checkup->trace_dir || access(checkup->trace_dir, F_OK) != 0; /* it is given to the user */
	if (*host->below || !access_as(host->user, host->group, above, made ? X_OK : W_OK | X_OK))
		return;
	checkup_add(checkup, "trace folder", CHECKUP_PROBLEM,
		    xasprintf("the user of %s may not write to %s", host->who, above),
		    xstrdup("name a folder with --trace-dir that its user may write to"));
}

static void check_in_host(struct checkup *checkup, struct host *host, const char *shim)
{
	char *above = check_trace_dir(checkup, host->below);
	if (shim && host_check_shim(host, shim) < 0)
		checkup_add(checkup, "shim", CHECKUP_PROBLEM, xstrdup(host->why),
			    host->advice ? xstrdup(host->advice) : NULL);
	if (above)
		check_writer(checkup, host, above);
	free(above);
}

static bool add_host_check(struct checkup *checkup, struct host *host, const struct host_check *check)
{
	bool passed = check->look(host) == 0;
	if (!passed)
		checkup_add(checkup, check->name, CHECKUP_PROBLEM, xstrdup(host->why),
			    host->advice ? xstrdup(host->advice) : NULL);
	else if (check->look == host_find_shim && host->attached != ATTACHED_NOT)
		checkup_add(checkup, check->name, CHECKUP_NOTE,
			    xasprintf("%s is observed already%s", host->who,
				      host->attached == ATTACHED_NOW ? ", by `socksan attach`" : ", since its start"),
			    xasprintf("`socksan snapshot %d` shows what it has open", (int)host->pid));
	else
		checkup_add(checkup, check->name, CHECKUP_OK, xstrdup(check->fine), NULL);
	return passed;
}

static void check_process(struct checkup *checkup, const char *shim)
{
	struct host host = {.pid = checkup->pid};
	const struct host_check *check = host_checks;
	while (check->name && (add_host_check(checkup, &host, check) || !check->needed))
		check++;
	if (!check->name)
		check_in_host(checkup, &host, shim);
	if (host.status) {
		check_limits(checkup, host.pid);
		check_confinement(checkup, host.pid, NULL);
	}
	host_free(&host);
}

/* Of any program, or of the command. */
static void check_start(struct checkup *checkup, const char *shim)
{
	char *above = check_trace_dir(checkup, "");
	check_limits(checkup, 0);
	/* What is known already would only show again. */
	if (checkup_count(checkup, CHECKUP_PROBLEM) == 0)
		check_trial(checkup, shim, above);
	if (checkup->command) {
		check_command(checkup, shim);
	} else {
		check_attaching(checkup);
		check_confinement(checkup, 0, NULL);
	}
	free(above);
}

void doctor(struct checkup *checkup)
{
	char *shim = check_shim(checkup);
	if (checkup->pid)
		check_process(checkup, shim);
	else
		check_start(checkup, shim);
	free(shim);
}
