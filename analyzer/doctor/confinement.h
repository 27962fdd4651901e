/* SELinux and AppArmor: a policy may keep a program from loading the shim or from writing its trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CONFINEMENT_H
#define SOCKSAN_ANALYZER_CONFINEMENT_H

#include "analyzer/doctor/checkup.h"

/* What the kernel says of both. */
struct confinement {
	bool selinux;	     /* it is enforcing */
	bool apparmor;	     /* it is enabled */
	const char *label;   /* of the process: /proc/PID/attr/current; NULL: unknown */
	const char *profile; /* of AppArmor, that the command would get, "name (enforce)"; NULL: none is known */
};

/* Of this process, for what it starts, or of another one. `path`: the command's file, or NULL. */
void check_confinement(struct checkup *checkup, pid_t pid, const char *path);

void confinement_judge(struct checkup *checkup, const struct confinement *confinement);

/* The line of the file of AppArmor's profiles that is for a program of this path; NULL: there is none. */
const char *confinement_profile(char *profiles, const char *path);

#endif
