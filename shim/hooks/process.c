/* Processes: fork and vfork, the exec family, spawning, and process exit. Sockets that may cross are named first; the shim is passed on to
 * the next program; a vfork child, in its parent's memory, writes nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/arch/arch.h"
#include "shim/process/env.h"
#define FAMILY process
#include "shim/hooks/hook.h"
#include "shim/hooks/kept.h"
#include "shim/state/board.h"
#include "shim/state/options.h"
#include "shim/kernel/peek.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

extern char **environ;

HOOK_BODY(pid_t, fork, (void))
{
	uint64_t t = process_give("fork");
	pid_t pid = REAL(fork)(); /* pthread_atfork's handler adopts the child */
	if (pid > 0)
		process_spawned("fork", pid, t);
	return pid;
}

RAW_BODY(fork)
{
	uint64_t t = process_give("fork");
	long pid = by_number(SYS_fork, a); /* the child is adopted at its first call */
	if (pid > 0)
		process_spawned("fork", (int)pid, t);
	return pid;
}

HOOK_BODY(pid_t, _Fork, (void))
{
	uint64_t t = process_give("_Fork");
	pid_t pid = REAL(_Fork)();
	if (pid == 0)
		process_child();
	else if (pid > 0)
		process_spawned("_Fork", pid, t);
	return pid;
}

HOOK_BODY(int, daemon, (int keep_dir, int keep_files))
{
	process_give("daemon");
	thread.daemonizing = true;
	int ret = REAL(daemon)(keep_dir, keep_files);
	thread.daemonizing = false;
	/* libc put /dev/null over 0, 1 and 2 with a dup2 that no hook sees */
	for (int fd = 0; !ret && !keep_files && fd < 3; fd++)
		made_path("daemon", fd, O_RDWR);
	return ret;
}

/* Called by vfork where it is a real one: before it, in the child, and back in the parent. Returned in two registers. */
struct vforking {
	int vforked;
	uint64_t t; /* what process_give returned */
};
__attribute__((used, visibility("hidden"))) struct vforking vfork_give(void);
__attribute__((used, visibility("hidden"))) void vfork_child(void);
__attribute__((used, visibility("hidden"))) pid_t vfork_parent(long ret, int vforked, uint64_t t);

struct vforking vfork_give(void) { return (struct vforking){thread.vforked, process_give("vfork")}; }

void vfork_child(void) { thread_lends(thread.vforked + 1); }

pid_t vfork_parent(long ret, int vforked, uint64_t t)
{
	thread_lends(vforked); /* the child set its mark in this memory, unless vfork is a fork here */
	sandbox_vforked(vforked);
	env_end_vfork();
	if (ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	process_spawned("vfork", (int)ret, t);
	return (pid_t)ret;
}

NAMES_ROW(vfork);
ARCH_VFORK;

/* Whether the program that replaces this one is traced too. For a vfork child that depends on whether children are followed, whatever this
 * process is. */
static bool follows(void) { return process.on && (self_borrows() ? options.follow : process.follow_exec); }

/* If exec returns, it has failed. */
#define EXEC(op, path, file, envp, call)                      \
	ENV_FOR(env, envp, follows(), file);                  \
	process_exec(op, path, 0);                            \
	int let = env_next.ours ? board_let(path, false) : 0; \
	int ret = call;                                       \
	board_unlet(let);                                     \
	process_exec(op, path, errno);                        \
	return ret

/* What execvp(3) takes as a path and does not search for. */
static const char *as_path(const char *file)
{
	uintptr_t page = 0;
	return peek_length(file, &page) >= 0 && strchr(file, '/') ? file : NULL;
}

HOOK_BODY(int, execve, (const char *path, char *const argv[], char *const envp[]))
{
	EXEC("execve", path, path, envp, REAL(execve)(path, argv, env));
}

RAW_BODY(execve) { return execve(PTR(0), PTR(1), PTR(2)); }

HOOK_BODY(int, execv, (const char *path, char *const argv[]))
{
	EXEC("execv", path, path, environ, REAL(execve)(path, argv, env));
}

HOOK_BODY(int, execvpe, (const char *file, char *const argv[], char *const envp[]))
{
	EXEC("execvpe", file, as_path(file), envp, REAL(execvpe)(file, argv, env));
}

HOOK_BODY(int, execvp, (const char *file, char *const argv[]))
{
	EXEC("execvp", file, as_path(file), environ, REAL(execvpe)(file, argv, env));
}

HOOK_BODY(int, fexecve, (int fd, char *const argv[], char *const envp[]))
{
	EXEC("fexecve", NULL, NULL, envp, REAL(fexecve)(fd, argv, envp ? env : NULL)); /* libc rejects none */
}

HOOK_BODY(int, execveat, (int dir, const char *path, char *const argv[], char *const envp[], int flags))
{
	EXEC("execveat", path, dir == AT_FDCWD ? path : NULL, envp, REAL(execveat)(dir, path, argv, env, flags));
}

RAW_BODY(execveat) { return execveat((int)a[0], PTR(1), PTR(2), PTR(3), (int)a[4]); }

/* The arguments of an execl, with the NULL, in this function's frame. */
#define COLLECT(argv, arg, ap)               \
	va_list ap;                          \
	size_t n_args = 1;                   \
	va_start(ap, arg);                   \
	while (va_arg(ap, char *))           \
		n_args++;                    \
	va_end(ap);                          \
	char *argv[n_args + 1];              \
	va_start(ap, arg);                   \
	argv[0] = (char *)arg;               \
	for (size_t i = 1; i <= n_args; i++) \
	argv[i] = va_arg(ap, char *)

HOOK_BODY(int, execl, (const char *path, const char *arg, ...))
{
	COLLECT(argv, arg, ap);
	va_end(ap);
	EXEC("execl", path, path, environ, REAL(execve)(path, argv, env));
}

HOOK_BODY(int, execlp, (const char *file, const char *arg, ...))
{
	COLLECT(argv, arg, ap);
	va_end(ap);
	EXEC("execlp", file, as_path(file), environ, REAL(execvpe)(file, argv, env));
}

HOOK_BODY(int, execle, (const char *path, const char *arg, ...))
{
	COLLECT(argv, arg, ap);
	char *const *envp = va_arg(ap, char *const *);
	va_end(ap);
	EXEC("execle", path, path, envp, REAL(execve)(path, argv, env));
}

#define SPAWN(name, what)                                          \
	uint64_t t = process_give(#name);                          \
	int let = env_next.ours ? board_let(what, true) : 0;       \
	int ret = REAL(name)(pid, what, actions, attr, argv, env); \
	if (!ret)                                                  \
		process_spawned(#name, pid ? *pid : 0, t);         \
	else                                                       \
		board_unlet(let);                                  \
	return ret

HOOK_BODY(int, posix_spawn,
	  (pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *restrict actions,
	   const posix_spawnattr_t *restrict attr, char *const argv[restrict], char *const envp[restrict]))
{
	ENV_FOR(env, envp, process.on && options.follow, path);
	SPAWN(posix_spawn, path);
}

HOOK_BODY(int, posix_spawnp,
	  (pid_t *restrict pid, const char *restrict file, const posix_spawn_file_actions_t *restrict actions,
	   const posix_spawnattr_t *restrict attr, char *const argv[restrict], char *const envp[restrict]))
{
	ENV_FOR(env, envp, process.on && options.follow, as_path(file));
	SPAWN(posix_spawnp, file);
}

/* system and popen use `environ` as it is, and other threads may change it at the same time, so it must not be touched: if the host removed
 * the shim from it, their children are not observed. */
static int gives(const char *op)
{
	process_spawned(op, 0, process_give(op));
	if (options.verbosity && process_active() && options.follow && env_plan(environ, true, NULL).preload)
		say(op, ": the shim was removed from the environment: what this starts is not observed", NULL);
	return process.on && options.follow ? board_let(NULL, true) : 0;
}

HOOK_BODY(int, system, (const char *command))
{
	int let = command ? gives("system") : 0, ret = REAL(system)(command);
	if (ret == -1)
		board_unlet(let);
	return ret;
}

KEPT_STREAM(popen, (const char *command, const char *mode), (command, mode))
HOOK_BODY(FILE *, popen, (const char *command, const char *mode))
{
	int let = gives("popen");
	FILE *stream = MAKES(NULL, REAL(popen)(command, mode));
	if (stream)
		made_open("popen", number_of(stream), KIND_pipe, cloexec_of(mode));
	else
		board_unlet(let);
	return stream;
}

/* What a successful wait says about a child. A program that does not want to know its status has it put into `own`. */
static pid_t ended(pid_t pid, const int *status)
{
	if (pid > 0 && WIFSIGNALED(*status))
		process_death(pid, WTERMSIG(*status));
	return pid;
}

HOOK_BODY(pid_t, wait, (int *status))
{
	int own = 0, *at = status ? status : &own;
	return ended(REAL(wait)(at), at);
}

HOOK_BODY(pid_t, waitpid, (pid_t pid, int *status, int flags))
{
	int own = 0, *at = status ? status : &own;
	return ended(REAL(waitpid)(pid, at, flags), at);
}

HOOK_BODY(pid_t, wait3, (int *status, int flags, struct rusage *usage))
{
	int own = 0, *at = status ? status : &own;
	return ended(REAL(wait3)(at, flags, usage), at);
}

TWINS(pid_t, wait4, (pid_t pid, int *status, int flags, struct rusage *usage), (pid, status, flags, usage),
      ((pid_t)a[0], PTR(1), (int)a[2], PTR(3)))
{
	int own = 0, *at = status ? status : &own;
	return ended((pid_t)CALL(wait4, pid, at, flags, usage), at);
}

TWINS(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int flags), (type, id, info, flags),
      ((idtype_t)a[0], (id_t)a[1], PTR(2), (int)a[3]))
{
	siginfo_t own = {0}, *at = info ? info : &own;
	long ret = CALL(waitid, type, id, at, flags);
	if (!ret && !(flags & WNOWAIT) && at->si_pid && (at->si_code == CLD_KILLED || at->si_code == CLD_DUMPED))
		process_death(at->si_pid, at->si_status);
	return ret;
}

/* A seccomp filter denies what its author did not think of, and may kill the process for it. */
HOOK_BODY(int, prctl, (int option, ...))
{
	unsigned long a[4];
	va_list ap;
	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	return SANDBOX(option == PR_SET_SECCOMP ? FILTER_HERE : FILTER_NONE,
		       REAL(prctl)(option, a[0], a[1], a[2], a[3]), ret_);
}

RAW_BODY(prctl)
{
	return SANDBOX((int)a[0] == PR_SET_SECCOMP ? FILTER_HERE : FILTER_NONE, by_number(SYS_prctl, a), ret_);
}

/* With SECCOMP_FILTER_FLAG_TSYNC, it may fail by returning the id of a thread. */
RAW_BODY(seccomp)
{
	bool sets = (unsigned)a[0] == SECCOMP_SET_MODE_STRICT || (unsigned)a[0] == SECCOMP_SET_MODE_FILTER;
	enum filter filter = !sets ? FILTER_NONE : a[1] & SECCOMP_FILTER_FLAG_TSYNC ? FILTER_THREADS : FILTER_HERE;
	return SANDBOX(filter, by_number(SYS_seccomp, a),
		       ret_ < 0 || (ret_ > 0 && !(a[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER)));
}

HOOK_BODY(int, setrlimit, (libc_resource resource, const struct rlimit *limit))
{
	return limited(REAL(setrlimit)(resource, limit), true, (int)resource);
}

RAW_BODY(setrlimit) { return limited((int)by_number(SYS_setrlimit, a), true, (int)a[0]); }

HOOK_BODY(int, setrlimit64, (libc_resource resource, const struct rlimit64 *limit))
{
	return limited(REAL(setrlimit64)(resource, limit), true, (int)resource);
}

HOOK_BODY(int, prlimit, (pid_t pid, libc_resource resource, const struct rlimit *limit, struct rlimit *old))
{
	return limited(REAL(prlimit)(pid, resource, limit, old), limit && (!pid || pid == process_pid()),
		       (int)resource);
}

HOOK_BODY(int, prlimit64, (pid_t pid, libc_resource resource, const struct rlimit64 *limit, struct rlimit64 *old))
{
	return limited(REAL(prlimit64)(pid, resource, limit, old), limit && (!pid || pid == process_pid()),
		       (int)resource);
}

RAW_BODY(prlimit64)
{
	pid_t pid = (pid_t)a[0];
	return limited((int)by_number(SYS_prlimit64, a), a[2] && (!pid || pid == process_pid()), (int)a[1]);
}

/* From now on, another object may be loaded at the same address. */
HOOK_BODY(int, dlclose, (void *handle))
{
	int ret = REAL(dlclose)(handle);
	if (!ret && process_active())
		stack_unloaded();
	return ret;
}

HOOK_BODY(_Noreturn void, _exit, (int status))
{
	process_exit(status);
	REAL(_exit)(status);
	__builtin_unreachable();
}

RAW_BODY(exit_group)
{
	process_exit((int)a[0]);
	return by_number(SYS_exit_group, a);
}

/* Ends a thread, and with the last thread the process. */
RAW_BODY(exit)
{
	if (process_active() && process_alone())
		process_exit((int)a[0]);
	return by_number(SYS_exit, a);
}

HOOK_BODY(_Noreturn void, _Exit, (int status))
{
	process_exit(status);
	REAL(_Exit)(status);
	__builtin_unreachable();
}

HOOK_BODY(_Noreturn void, quick_exit, (int status))
{
	process.quick_status = status; /* for the handler that runs after the host's own */
	REAL(quick_exit)(status);
	__builtin_unreachable();
}

ALSO(__fork, fork);
ALSO(__vfork, vfork);
ALSO(_IO_popen, popen);
ALSO(__wait, wait);
ALSO(__waitpid, waitpid);
