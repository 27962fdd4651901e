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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/attach/machine.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/util.h"

static long status_number(const char *status, const char *key)
{
	const char *at = strstr(status, key);
	return at ? atol(at + strlen(key)) : 0;
}

static int refuse(const struct host *host, const char *why)
{
	complain("%s %s", host->who, why);
	return -1;
}

/* -- permissions ------------------------------------------------------------------------------------------------ */

static int yama_scope(void)
{
	char text[8] = "0";
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof text - 1) < 0)
		*text = '0';
	if (fd >= 0)
		close(fd);
	return atoi(text);
}

void host_complain_of_ptrace(const struct host *host, int error)
{
	const struct passwd *user = getpwuid(host->user);
	int scope = yama_scope();
	if (error != EPERM && error != EACCES)
		complain("%s: %s", host->who, strerror(error));
	else if (host->user != geteuid() && geteuid() != 0)
		complain("%s belongs to another user: attach as %s, or as root", host->who,
			 user ? user->pw_name : "that user");
	else if (scope == 3)
		complain(
			"%s may not be attached to: /proc/sys/kernel/yama/ptrace_scope is 3, which forbids it to everyone "
			"until the next boot",
			host->who);
	else if (scope > 0 && geteuid() != 0)
		complain("%s may not be attached to: /proc/sys/kernel/yama/ptrace_scope is %d; attach as root, or "
			 "write 0 there",
			 host->who, scope);
	else
		complain("%s may not be attached to: ptrace is refused%s", host->who,
			 geteuid() ? "" : ", even to root; in a container, start it with --cap-add=SYS_PTRACE");
}

/* -- what kind of process it is --------------------------------------------------------------------------------- */

static int check_program(const struct host *host)
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
		return refuse(host, there.e_ident[EI_CLASS] == ELFCLASS32
					    ? "is a 32-bit program, but the shim is not"
					    : "is built for a different machine than the shim");
	return 0;
}

/* A filter may kill the process for a call that loading makes. A filter under which socksan runs, too, allows these calls. */
static int check_status(struct host *host)
{
	char *status = proc_read(host->pid, "status", NULL), *own = proc_read(getpid(), "status", NULL), *line;
	int result = 0, user, group;
	if (!status || !own) {
		free(status);
		free(own);
		return refuse(host, "is gone");
	}
	line = strstr(status, "\nUid:");
	if (line && sscanf(line, "\nUid: %*d %*d %*d %d", &user) == 1)
		host->user = (uid_t)user;
	line = strstr(status, "\nGid:");
	if (line && sscanf(line, "\nGid: %*d %*d %*d %d", &group) == 1)
		host->group = (gid_t)group;
	line = strstr(status, "\nx86_Thread_features:");
	if (line)
		line[1 + strcspn(line + 1, "\n")] = 0;
	if (status_number(status, "\nTracerPid:")) {
		complain("%s is being traced by process %ld, such as a debugger or strace: end that first", host->who,
			 status_number(status, "\nTracerPid:"));
		result = -1;
	} else if (line && strstr(line, "shstk")) {
		result = refuse(host, "runs with a shadow stack, onto which no call can be put");
	}
	if (line)
		*(line + strlen(line)) = '\n';
	if (!result && (status_number(status, "\nSeccomp:") == 1 ||
			status_number(status, "\nSeccomp_filters:") > status_number(own, "\nSeccomp_filters:")))
		result = refuse(host,
				"runs under a seccomp filter, which may kill it for a call that attaching makes; in a "
				"container, attach from inside it");
	free(status);
	free(own);
	return result;
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
	static const char *const musl[] = {"ld-musl*", "libc.musl*", NULL},
				 *const libc[] = {"libc.so.6", "libc-2.*.so", NULL},
				 *const libdl[] = {"libdl.so.2", "libdl-2.*.so", NULL};
	const struct remote_map *map = remote_object(&host->maps, libc);
	if (remote_object(&host->maps, musl))
		return refuse(host, "uses musl, but the shim needs glibc");
	if (!map)
		return refuse(host,
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
		return refuse(host, "has a libc without dlopen or something else that attaching needs");
	return 0;
}

static int read_maps(struct host *host)
{
	errno = 0;
	remote_maps_free(&host->maps);
	if (remote_maps_read(&host->maps, host->pid) == 0 && host->maps.n > 0)
		return 0;
	if (errno != EACCES && errno != EPERM)
		return refuse(host, "is gone");
	host_complain_of_ptrace(host, errno);
	return -1;
}

int host_find_shim(struct host *host)
{
	static const char *const shim[] = {"libsocksan.so", NULL};
	struct remote_maps maps;
	int attached;
	if (remote_maps_read(&maps, host->pid) < 0)
		return refuse(host, "is gone");
	const struct remote_map *map = remote_object(&maps, shim);
	uint64_t at = map ? remote_symbol(host->pid, map->start, "socksan_attached_1") : 0;
	bool found = map != NULL, read = at && remote_read(host->pid, at, &attached, sizeof attached);
	host->shim = found ? map->start : 0;
	host->attached = read ? (enum attached)attached : ATTACHED_NOT;
	remote_maps_free(&maps);
	return !found || read ? 0 : refuse(host, "has a libsocksan.so of another version");
}

int host_look(struct host *host, pid_t pid)
{
	struct proc_stat stat;
	*host = (struct host){.pid = pid};
	if (pid <= 0 || proc_stat(pid, &stat) < 0) {
		complain("there is no process %d (any more)", (int)pid);
		return -1;
	}
	host->who = *stat.name ? xasprintf("process %d (%s)", (int)pid, stat.name) : xasprintf("process %d", (int)pid);
	if (!machine_code.call)
		return refuse(host, "cannot be attached to on this machine: only x86-64 is known");
	if (pid == getpid())
		return refuse(host, "is socksan itself");
	if (stat.kernel)
		return refuse(host, "is a kernel thread");
	if (!stat.alive)
		return refuse(host, "has ended, and its parent has not reaped it yet");
	if (stat.state == 'T')
		return refuse(host, "is stopped: continue it first (kill -CONT)");
	if (check_status(host) < 0 || check_program(host) < 0)
		return -1;
	find_root(host);
	return read_maps(host) < 0 || find_loader(host) < 0 ? -1 : host_find_shim(host);
}

void host_free(struct host *host)
{
	remote_maps_free(&host->maps);
	free(host->who);
}
