/* Restarts this program: see rerun.h; execve(2), proc(5), getauxval(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/rerun.h"

#include "shim/kernel/runtime.h"
#include "shim/kernel/sys.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PRELOAD "LD_PRELOAD="
#define ROOM (16ul << 20) /* for arguments, and pointers to them and to the environment; costs nothing until touched */

/* The name of the runtime right behind the shim, as the loader knows it, or NULL. */
static const char *runtime_behind(void)
{
	extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));
	struct link_map *l = _r_debug.r_map;
	while (l && l->l_ld != _DYNAMIC)
		l = l->l_next;
	do
		l = l ? l->l_next : NULL;
	while (l && !strchr(l->l_name, '/')); /* the vDSO is not a file */
	return l && runtime_is(l->l_name, strlen(l->l_name)) && !l->l_name[strcspn(l->l_name, ": ")] ? l->l_name : NULL;
}

/* The path the caller used, so that the process keeps its name; for a script, its interpreter. */
static const char *own_path(const char *argv0)
{
	const char *paths[] = {(const char *)getauxval(AT_EXECFN), argv0};
	struct stat named, exe;
	for (int i = 0; i < 2 && !sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/exe", &exe, 0); i++)
		if (paths[i] && !sys4(SYS_newfstatat, AT_FDCWD, paths[i], &named, 0) && named.st_dev == exe.st_dev &&
		    named.st_ino == exe.st_ino)
			return paths[i];
	return "/proc/self/exe";
}

/* Whether this was already done. */
static bool comes_first(const char *preload, const char *runtime)
{
	size_t len = strlen(runtime);
	return preload && !strncmp(preload, runtime, len) &&
	       !strncmp(preload + len, RUNTIME_MARK, sizeof RUNTIME_MARK - 1);
}

void rerun_behind_runtime(char *const *envp)
{
	const char *runtime = runtime_behind(), *given = NULL;
	size_t n = 0, len = 0, at = 0;
	for (; envp[n]; n++)
		if (!strncmp(envp[n], PRELOAD, sizeof PRELOAD - 1))
			given = envp[n] + sizeof PRELOAD - 1;
	if (!runtime || n > ROOM / 32 || comes_first(given, runtime))
		return;
	char *room = sys_mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!room)
		return;
	/* If the loader was run as a command, its own arguments, not those it left for the program. */
	long fd = sys_open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0), got = 0;
	while (fd >= 0 && len < ROOM / 4 && (got = sys3(SYS_read, fd, room + len, ROOM / 4 - len)) > 0)
		len += (size_t)got;
	sys1(SYS_close, fd);
	char **argv = (char **)(room + ROOM / 2), **env = argv, **last = (char **)(room + ROOM) - n - 3,
	     *preload = room + len;
	for (; at < len && env < last; at += strlen(room + at) + 1)
		*env++ = room + at;
	env++; /* after the NULL */
	if (len && !got && at == len && env < last &&
	    len + strlen(runtime) + (given ? strlen(given) : 0) + 64 < ROOM / 2) {
		char *end = stpcpy(stpcpy(stpcpy(preload, PRELOAD), runtime), RUNTIME_MARK);
		if (given)
			stpcpy(end, given);
		for (size_t i = 0; i < n; i++)
			env[i] = given == envp[i] + sizeof PRELOAD - 1 ? preload : envp[i];
		if (!given)
			env[n] = preload;
		sys3(SYS_execve, own_path(room), argv, env);
	}
	sys2(SYS_munmap, room, ROOM);
}
