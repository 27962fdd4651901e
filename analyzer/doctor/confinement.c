/* SELinux and AppArmor: see confinement.h; selinux(8), apparmor(7).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/doctor/confinement.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"

static bool begins_with(const char *path, char letter)
{
	FILE *file = fopen(path, "re");
	bool is = file && fgetc(file) == letter;
	if (file)
		fclose(file);
	return is;
}

static bool is_enforced(const char *label) { return label && strstr(label, "(enforce)"); }

/* The type of a context, "user:role:type:level", is one that confines nothing. */
static bool is_unconfined(const char *context)
{
	return context && (strstr(context, ":unconfined_t:") || strstr(context, ":unconfined_service_t:"));
}

void confinement_judge(struct checkup *checkup, const struct confinement *confinement)
{
	static const char name[] = "confinement";
	const char *label = confinement->label;
	if (confinement->selinux)
		checkup_add(checkup, name, checkup->pid && is_unconfined(label) ? CHECKUP_OK : CHECKUP_NOTE,
			    xasprintf("SELinux is enforcing, and this runs as %s%s",
				      label ? label : "an unknown context",
				      checkup->pid ? "" : "; a program that changes its domain ignores LD_PRELOAD"),
			    checkup->pid && is_unconfined(label)
				    ? NULL
				    : xstrdup("if nothing is recorded, see what is denied with `ausearch -m avc`"));
	else if (confinement->apparmor && (is_enforced(label) || is_enforced(confinement->profile)))
		checkup_add(
			checkup, name, CHECKUP_NOTE,
			xasprintf("AppArmor confines it: %s", is_enforced(label) ? label : confinement->profile),
			xstrdup("let the profile map libsocksan.so (mr) and write the trace folder (rw), or set it to "
				"complain with aa-complain"));
	else
		checkup_add(checkup, name, CHECKUP_OK, xstrdup("neither SELinux nor AppArmor confines it"), NULL);
}

const char *confinement_profile(char *profiles, const char *path)
{
	size_t n = strlen(path);
	for (char *line; (line = strsep(&profiles, "\n"));)
		if (strncmp(line, path, n) == 0 && strncmp(line + n, " (", 2) == 0)
			return line;
	return NULL;
}

void check_confinement(struct checkup *checkup, pid_t pid, const char *path)
{
	char *label = proc_read(pid ? pid : getpid(), "attr/current", NULL), *real = path ? realpath(path, NULL) : NULL;
	size_t n;
	char *profiles = real ? read_file("/sys/kernel/security/apparmor/profiles", &n) : NULL;
	if (label)
		label[strcspn(label, "\n")] = 0;
	confinement_judge(checkup, &(struct confinement){
					   .selinux = begins_with("/sys/fs/selinux/enforce", '1'),
					   .apparmor = begins_with("/sys/module/apparmor/parameters/enabled", 'Y'),
					   .label = label,
					   .profile = profiles ? confinement_profile(profiles, real) : NULL,
				   });
	free(profiles);
	free(label);
	free(real);
}
