/* Examines a process before attaching: see host.h; proc(5), ptrace(2), Documentation/admin-guide/LSM/Yama.rst of Linux.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/attach/host.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/attach/machine.h"
#include "analyzer/base/access_as.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"
#include "analyzer/live/traced.h"

static long status_number(const char *status, const char *key)
{
	const char *at = strstr(status, key);
	return at ? atol(at + strlen(key)) : 0;
}

/* `why` continues the name of the process. */
static int __attribute__((format(printf, 3, 4))) refuse(struct host *host, const char *advice, const char *why, ...)
{
	va_list ap;
	char *text = NULL;
	va_start(ap, why);
	if (vasprintf(&text, why, ap) < 0)
		text = NULL;
	va_end(ap);
	free(host->why);
	free(host->advice);
	host->why = xasprintf("%s %s", host->who, text ? text : "cannot be examined");
	host->advice = advice ? xstrdup(advice) : NULL;
	free(text);
	return -1;
}

void host_complain(const struct host *host) { complain(host->advice ? "%s: %s" : "%s", host->why, host->advice); }

/* -- permissions ------------------------------------------------------------------------------------------------ */

int yama_scope(void)
{
	char text[8] = "0";
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof text - 1) < 0)
		*text = '0';
	if (fd >= 0)
		close(fd);
	return atoi(text);
}

/* Whether the kernel protects it from its own user: prctl(2), PR_SET_DUMPABLE. Its files in /proc then belong to root. */
static bool is_protected(const struct host *host)
{
	char path[32];
	struct stat st;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)host->pid);
	return stat(path, &st) == 0 && st.st_uid != host->user;
}

void host_explain_ptrace(struct host *host, int error)
{
	const struct passwd *user = getpwuid(host->user);
	int scope = yama_scope();
	if (error != EPERM && error != EACCES) {
		refuse(host, NULL, "cannot be examined: %s", strerror(error));
	} else if (host->user != geteuid() && geteuid() != 0) {
		char *advice = xasprintf("attach as %s, or as root", user ? user->pw_name : "that user");
		refuse(host, advice, "belongs to another user");
		free(advice);
	} else if (scope == 3) {
		refuse(host, "only a reboot can lower it: set kernel.yama.ptrace_scope in /etc/sysctl.d",
		       "may not be attached to: /proc/sys/kernel/yama/ptrace_scope is 3, which forbids it to everyone");
	} else if (scope > 0 && geteuid() != 0) {
		refuse(host, "attach as root, or write 0 there",
		       "may not be attached to: /proc/sys/kernel/yama/ptrace_scope is %d", scope);
	} else if (is_protected(host) && geteuid() != 0) {
		refuse(host, "attach as root",
		       "may not be attached to: it is not dumpable, as after a change of its user or privileges");
	} else {
		refuse(host, geteuid() ? "attach as root" : "in a container, start it with --cap-add=SYS_PTRACE",
		       "may not be attached to: ptrace is refused%s", geteuid() ? "" : ", even to root");
	}
}

/* Opening a process's memory takes the permission that ptrace(2) takes, and does not disturb it. */
static int check_permission(struct host *host)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/mem", (int)host->pid);
	remote_maps_free(&host->maps);
	errno = 0;
	bool read = remote_maps_read(&host->maps, host->pid) == 0 && host->maps.n > 0;
	int fd = read ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EACCES && errno != EPERM)
		return refuse(host, NULL, "is gone");
	host_explain_ptrace(host, errno);
	return -1;
}

/* -- what kind of process it is --------------------------------------------------------------------------------- */

static int check_machine(struct host *host)
{
	char path[32];
	Elf64_Ehdr there, here;
	int fd[2], n = 0;
	snprintf(path, sizeof path, "/proc/%d/exe", (int)host->pid);
	fd[0] = open(path, O_RDONLY | O_CLOEXEC);
	fd[1] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	n = fd[0] >= 0 && read(fd[0], &there, sizeof there) == sizeof there && fd[1] >= 0 &&
	    read(fd[1], &here, sizeof here) == sizeof here;
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	if (n && (memcmp(there.e_ident, here.e_ident, EI_VERSION) != 0 || there.e_machine != here.e_machine))
		return refuse(host, "build it for the machine of the shim, or the shim for its own",
			      there.e_ident[EI_CLASS] == ELFCLASS32 ? "is a 32-bit program, but the shim is not"
								    : "is built for a different machine than the shim");
	return 0;
}

/* Reads the status, and who its user is. */
static int read_status(struct host *host)
{
	const char *line;
	int user, group;
	host->status = proc_read(host->pid, "status", NULL);
	if (!host->status)
		return refuse(host, NULL, "is gone");
	line = strstr(host->status, "\nUid:");
	if (line && sscanf(line, "\nUid: %*d %*d %*d %d", &user) == 1)
		host->user = (uid_t)user;
	line = strstr(host->status, "\nGid:");
	if (line && sscanf(line, "\nGid: %*d %*d %*d %d", &group) == 1)
		host->group = (gid_t)group;
	return 0;
}

static int check_process(struct host *host)
{
	struct proc_stat stat;
	if (host->pid <= 0 || proc_stat(host->pid, &stat) < 0) {
		char *left = traced_left(host->pid);
		host->why =
			left ? xasprintf(
				       "there is no process %d any more; one of this number left its trace in %s, which `socksan report` reads",
				       (int)host->pid, left)
			     : xasprintf("there is no process %d (any more)", (int)host->pid);
		free(left);
		return -1;
	}
	host->who = *stat.name ? xasprintf("process %d (%s)", (int)host->pid, stat.name)
			       : xasprintf("process %d", (int)host->pid);
	if (!machine_code.call)
		return refuse(host, NULL, "cannot be attached to on this machine: only x86-64 is known");
	if (host->pid == getpid())
		return refuse(host, NULL, "is socksan itself");
	if (stat.kernel)
		return refuse(host, NULL, "is a kernel thread");
	if (!stat.alive)
		return refuse(host, NULL, "has ended, and its parent has not reaped it yet");
	if (stat.state == 'T')
		return refuse(host, "continue it first (kill -CONT)", "is stopped");
	return read_status(host);
}

static int check_tracer(struct host *host)
{
	long tracer = status_number(host->status, "\nTracerPid:");
	return tracer ? refuse(host, "end that first", "is being traced by process %ld, such as a debugger or strace",
			       tracer)
		      : 0;
}

static int check_shadow_stack(struct host *host)
{
	const char *line = strstr(host->status, "\nx86_Thread_features:"), *found = line ? strstr(line, "shstk") : NULL;
	return found && found < line + 1 + strcspn(line + 1, "\n")
		       ? refuse(host, "start it with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off",
				"runs with a shadow stack, onto which no call can be put")
		       : 0;
}

/* A filter may kill the process for a call that loading makes. A filter under which socksan runs, too, allows these calls. */
static int check_seccomp(struct host *host)
{
	char *own = proc_read(getpid(), "status", NULL);
	bool stricter = status_number(host->status, "\nSeccomp:") == 1 ||
			status_number(host->status, "\nSeccomp_filters:") >
				(own ? status_number(own, "\nSeccomp_filters:") : 0);
	free(own);
	return stricter ? refuse(host, "in a container, attach from inside it",
				 "runs under a seccomp filter, which may kill it for a call that attaching makes")
			: 0;
}

static bool same(const char *one, const char *other)
{
	struct stat a, b;
	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void find_root(struct host *host)
{
	char *root = xasprintf("/proc/%d/root", (int)host->pid), *mounts = xasprintf("/proc/%d/ns/mnt", (int)host->pid),
	     *there = xasprintf("%s/", root);
	host->below = intern(same(there, "/") && same(mounts, "/proc/self/ns/mnt") ? "" : root);
	free(root);
	free(mounts);
	free(there);
}

static int find_loader(struct host *host)
{
	static const char *const musl[] = {"ld-musl*", "libc.musl*", "libc.so", NULL},
				 *const libc[] = {"libc.so.6", "libc-2.*.so", NULL},
				 *const libdl[] = {"libdl.so.2", "libdl-2.*.so", NULL};
	const struct remote_map *map = remote_object(&host->maps, libc);
	find_root(host);
	if (remote_object(&host->maps, musl))
		return refuse(host, "build it against glibc", "uses musl, but the shim needs glibc");
	if (!map)
		return refuse(host, "link it dynamically, against glibc",
			      "is statically linked, or uses a libc other than glibc: nothing can be loaded into it");
	host->libc = intern(map->name);
	host->errno_ = remote_symbol(host->pid, map->start, "__errno_location");
	host->open = remote_symbol(host->pid, map->start, "dlopen");
	host->error = remote_symbol(host->pid, map->start, "dlerror");
	const struct remote_map *dl = remote_object(&host->maps, libdl);
	if (!host->open && dl) {
		host->open = remote_symbol(host->pid, dl->start, "dlopen");
		host->error = remote_symbol(host->pid, dl->start, "dlerror");
	}
	if (!host->open) {
		host->open = remote_symbol(host->pid, map->start, "__libc_dlopen_mode");
		host->open_is_internal = true;
	}
	struct machine_places *places = &host->places;
	places->raise = remote_symbol(host->pid, map->start, "raise");
	places->call = remote_find_code(host->pid, &host->maps, host->libc, machine_code.call, machine_code.call_size);
	places->sigreturn = remote_find_code(host->pid, &host->maps, host->libc, machine_code.sigreturn,
					     machine_code.sigreturn_size);
	places->argument =
		remote_find_code(host->pid, &host->maps, host->libc, machine_code.argument, machine_code.argument_size);
	if (!host->open || !host->errno_ || !places->raise || !places->call || !places->sigreturn || !places->argument)
		return refuse(host, "start it under `socksan run`",
			      "has a libc without dlopen or something else that attaching needs");
	return 0;
}

/* Its file may have another name, as a copy or the target of a link has: then by what it exports. */
static const struct remote_map *find_shim(const struct host *host, const struct remote_maps *maps, const char *symbol)
{
	static const char *const usual[] = {"libsocksan.so", NULL};
	const struct remote_map *map = remote_object(maps, usual);
	for (size_t i = 0; i < maps->n && !map; i++)
		if (maps->maps[i].offset == 0 && *maps->maps[i].name == '/' &&
		    remote_symbol(host->pid, maps->maps[i].start, symbol))
			map = &maps->maps[i];
	return map;
}

int host_find_shim(struct host *host)
{
	static const char symbol[] = "socksan_attached_1";
	struct remote_maps maps;
	int attached;
	if (remote_maps_read(&maps, host->pid) < 0)
		return refuse(host, NULL, "is gone");
	const struct remote_map *map = find_shim(host, &maps, symbol);
	uint64_t at = map ? remote_symbol(host->pid, map->start, symbol) : 0;
	bool found = map != NULL, read = at && remote_read(host->pid, at, &attached, sizeof attached);
	host->shim = found ? map->start : 0;
	host->attached = read ? (enum attached)attached : ATTACHED_NOT;
	remote_maps_free(&maps);
	return !found || read ? 0
			      : refuse(host, "use the socksan of that version, or restart the process",
				       "has a libsocksan.so of another version");
}

int host_check_shim(struct host *host, const char *shim)
{
	char *there = xasprintf("%s%s", host->below, shim), *advice = NULL;
	/* Below another root, what its user may do is judged by the loader alone. */
	int error = host->shim	   ? 0
		    : *host->below ? access(there, F_OK) == 0 ? 0 : errno
				   : access_as(host->user, host->group, there, R_OK);
	free(there);
	if (error && *host->below)
		return refuse(host, "put the shim there, and set SOCKSAN_SHIM to its path",
			      "has a different root folder, which has no %s", shim);
	if (error == EACCES) {
		advice =
			xasprintf("make %s and its folders readable for everyone, or set SOCKSAN_SHIM to a copy", shim);
		refuse(host, advice, "has a user who may not read %s", shim);
		free(advice);
		return -1;
	}
	return error ? refuse(host, NULL, "cannot read %s: %s", shim, strerror(error)) : 0;
}

const struct host_check host_checks[] = {
	{"process", "it is running", check_process, true},
	{"tracer", "no debugger or tracer is attached to it", check_tracer, false},
	{"shadow stack", "none", check_shadow_stack, false},
	{"seccomp", "no filter beyond those of socksan itself", check_seccomp, false},
	{"architecture", "it is built for the machine of the shim", check_machine, false},
	{"permission", "it may be attached to", check_permission, true},
	{"libc", "it has glibc, which can load the shim", find_loader, true},
	{"recording", "it is not observed yet", host_find_shim, false},
	{0},
};

int host_look(struct host *host, pid_t pid)
{
	*host = (struct host){.pid = pid};
	for (const struct host_check *check = host_checks; check->name; check++)
		if (check->look(host) < 0) {
			host_complain(host);
			return -1;
		}
	return 0;
}

void host_free(struct host *host)
{
	remote_maps_free(&host->maps);
	free(host->who);
	free(host->status);
	free(host->why);
	free(host->advice);
}
