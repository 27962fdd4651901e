/* Calls after which the trace's path may lead nowhere or be out of reach: another root, another user, other namespaces. Daemons make them
 * before their first socket, so the trace is created and its descriptor kept before the real call. A process that never has an event
 * removes the trace again when it ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY secluded
#include "shim/hooks/hook.h"

static void secludes(bool does)
{
	if (does && process_active())
		trace_seclude();
}

/* Files are accessed as the effective user. -1: unchanged. */
static bool becomes(uid_t user) { return user != (uid_t)-1 && process_active() && (long)user != sys0(SYS_geteuid); }

HOOK_BODY(int, chroot, (const char *path))
{
	secludes(true);
	return REAL(chroot)(path);
}

HOOK_BODY(int, pivot_root, (const char *new, const char *old))
{
	secludes(true);
	return REAL(pivot_root)(new, old);
}

HOOK_BODY(int, setuid, (uid_t user))
{
	secludes(becomes(user));
	return REAL(setuid)(user);
}

HOOK_BODY(int, seteuid, (uid_t user))
{
	secludes(becomes(user));
	return REAL(seteuid)(user);
}

HOOK_BODY(int, setreuid, (uid_t real_user, uid_t user))
{
	secludes(becomes(user));
	return REAL(setreuid)(real_user, user);
}

HOOK_BODY(int, setresuid, (uid_t real_user, uid_t user, uid_t saved))
{
	secludes(becomes(user));
	return REAL(setresuid)(real_user, user, saved);
}

HOOK_BODY(int, setns, (int fd, int type))
{
	if (is_own(fd))
		return -1;
	secludes(true);
	return REAL(setns)(fd, type);
}

/* By number, other threads keep their user, so these differ from libc's functions. */
#define SECLUDES(name)                              \
	RAW_BODY(name)                              \
	{                                           \
		secludes(true);                     \
		return by_number(NUMBER_##name, a); \
	}
SECLUDES(chroot)
SECLUDES(pivot_root)
SECLUDES(setuid)
SECLUDES(setreuid)
SECLUDES(setresuid)
SECLUDES(setns)
SECLUDES(landlock_restrict_self)
