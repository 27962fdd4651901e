/* Seccomp filters: see sandbox.h; seccomp(2), proc(5), pid_namespaces(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/sandbox.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/state/board.h"
#include "shim/state/options.h"
#include "shim/state/self.h"
#include "shim/trace/trace.h"

#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

/* -- filters of the host's ------------------------------------------------------------------------------------ */

/* sys_off_here holds the vfork depth at which the filter was set, so that the parent knows which filters are not its own. */
static int depth(int vforked) { return vforked + 1; }

struct sandbox sandbox_begins(enum filter filter)
{
	struct sandbox before = {filter, sys_off_all, sys_off_here};
	if (filter == FILTER_NONE)
		return before;
	if (process_active() && !sys_off())
		trace_prepare();
	bool apart = thread.vforked > thread.apart || (thread.apart && filter == FILTER_HERE);
	if (!apart)
		sys_off_all = true;
	else if (!sys_off_here)
		sys_off_here = depth(thread.vforked);
	sys_off_somewhere = true;
	return before;
}

void sandbox_failed(const struct sandbox *before)
{
	if (before->filter == FILTER_NONE)
		return;
	sys_off_all = before->all;
	sys_off_here = before->here;
}

void sandbox_vforked(int vforked)
{
	if (sys_off_here > depth(vforked))
		sys_off_here = 0;
}

void sandbox_forked(void)
{
	if (sys_off_here)
		sys_off_all = true;
	sys_off_here = 0;
}

/* -- a filter that was there before --------------------------------------------------------------------------- */

/* The number for a key in /proc/self/status; -1 if it is missing. */
static long status_number(const char *status, const char *key)
{
	const char *at = strstr(status, key);
	long n = 0;
	if (!at)
		return -1;
	for (at += strlen(key); *at == '\t'; at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + *at - '0';
	return n;
}

static void read_status(char *status, size_t size)
{
	size_t len = 0;
	long fd = sys_open("/proc/self/status", O_RDONLY | O_CLOEXEC, 0), n;
	if (fd >= 0) {
		while (len < size - 1 && (n = sys3(SYS_read, fd, status + len, size - 1 - len)) > 0)
			len += (size_t)n;
		sys1(SYS_close, fd);
	}
	status[len] = 0;
}

static void rehearse_files(void)
{
	struct flock lock = {.l_type = F_WRLCK};
	char text[256];
	struct stat st;
	struct iovec some = {text, 1};
	sys2(SYS_getcwd, text, sizeof text);
	sys4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", text, sizeof text);
	sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0);
	sys4(SYS_newfstatat, AT_FDCWD, "", &st, AT_SYMLINK_NOFOLLOW);
	sys3(SYS_faccessat, AT_FDCWD, "", 0);
	sys2(SYS_fstat, 2, &st);
	sys_open("", O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
	sys_open("", O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
	long dir = sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	sys3(SYS_getdents64, dir, text, sizeof text);
	sys1(SYS_close, dir);
	sys3(SYS_read, -1, text, 1);
	sys4(SYS_pread64, -1, text, 1, 0);
	sys3(SYS_write, -1, text, 0);
	sys3(SYS_writev, -1, &some, 1);
	sys2(SYS_ftruncate, -1, 0);
	sys2(SYS_fchmod, -1, 0600);
	sys3(SYS_unlinkat, AT_FDCWD, "", 0);
	sys5(SYS_renameat2, AT_FDCWD, "", AT_FDCWD, "", 0);
	sys2(SYS_fcntl, -1, F_GETFD);
	sys2(SYS_fcntl, -1, F_GETFL);
	sys3(SYS_fcntl, -1, F_DUPFD_CLOEXEC, 0);
	sys3(SYS_fcntl, -1, F_DUPFD, 0);
	sys3(SYS_fcntl, -1, F_OFD_GETLK, &lock);
	sys3(SYS_ioctl, -1, FIONREAD, text);
	sys3(SYS_close_range, UINT_MAX, UINT_MAX, 0);
}

static void rehearse_memory(void)
{
	void *page = sys_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	sys_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, -1, 0);
	sys_mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, -1, 0);
	sys_mmap(page, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	sys_mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	sys3(SYS_madvise, page, 4096, MADV_WIPEONFORK);
	sys3(SYS_madvise, page, 4096, MADV_DONTNEED);
	sys3(SYS_madvise, page, 4096, MADV_POPULATE_READ);
	sys3(SYS_madvise, page, 4096, MADV_POPULATE_WRITE);
	sys3(SYS_mprotect, page, 4096, PROT_READ);
	sys2(SYS_munmap, page, 4096);
}

static void nothing(void *unused) { (void)unused; }

/* Every system call that the shim makes, without effect, with the numeric arguments that a filter may check. */
static void rehearse(void)
{
	char text[256];
	struct stat st;
	struct timespec now = {0};
	struct rlimit limit;
	struct utsname uts;
	struct iovec some = {text, 1}, other = {&st, 1};
	uint64_t set[16] = {0};
	socklen_t len = 0;
	/* Its core dump would be taken for one of the host's. */
	sys2(SYS_prctl, PR_SET_DUMPABLE, 0);

	sys0(SYS_getpid);
	sys0(SYS_getppid);
	sys0(SYS_gettid);
	sys0(SYS_geteuid);
	sys0(SYS_getegid);
	sys0(SYS_sched_yield);
	sys1(SYS_unshare, 0);
	sys4(SYS_futex, set, FUTEX_WAKE, 0, NULL);
	sys4(SYS_wait4, -1, NULL, WNOHANG, NULL);
	sys1(SYS_uname, &uts);
	sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	sys4(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit);
	sys2(SYS_nanosleep, &now, NULL);
	sys6(SYS_process_vm_readv, 0, SYS_ARG(&some), 1, SYS_ARG(&other), 1, 0);

	sys4(SYS_rt_sigprocmask, 0x7fff, set, NULL, 8);
	sys4(SYS_rt_sigprocmask, SIG_BLOCK, set, NULL, 8);
	sys4(SYS_rt_sigprocmask, SIG_SETMASK, set, set + 1, 8);
	sys2(SYS_rt_sigpending, set + 1, 8);
	sys4(SYS_rt_sigtimedwait, set, NULL, &now, 8);
	sys4(SYS_rt_sigaction, SIGPIPE, NULL, set, 8);

	sys5(SYS_ppoll, NULL, 0, &now, NULL, 0);
	sys_getsockopt(-1, SOL_SOCKET, SO_TYPE, text, 4);
	sys3(SYS_getsockname, -1, text, &len);
	sys3(SYS_getpeername, -1, text, &len);
	sys6(SYS_sendto, -1, SYS_ARG(text), 0, MSG_NOSIGNAL, 0, 0);

	/* Where calls are let fail: shim/fault. */
	sys6(SYS_recvfrom, -1, SYS_ARG(text), 1, MSG_DONTWAIT, 0, 0);
	sys2(SYS_shutdown, -1, SHUT_RDWR);
	sys2(SYS_shutdown, -1, SHUT_RD);
	sys3(SYS_tgkill, -1, -1, SIGABRT);

	rehearse_files();
	rehearse_memory();
	errand(nothing, NULL, ERRAND_EMPTY, true);
}

/* In a process of its own as well, since these calls may be denied too. */
static void tell(const char *text, int pid)
{
	options_parse(text);
	say("the seccomp filter that this program was started under kills for system calls that the recorder needs: "
	    "nothing is recorded",
	    NULL, NULL);
	process.pid = pid;
	board_open();
	sys_off_all = sys_off_somewhere = true; /* nor does the board check that the file is still there */
	struct board *board = board_at_hand();
	if (!board)
		return;
	__atomic_fetch_add(&board->refused, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&board->last_refused, (uint32_t)pid, __ATOMIC_RELAXED);
}

/* Runs a child in memory of its own that the host does not notice: no SIGCHLD, nothing for its wait(). Returns 0 in the child; in the
 * parent, after the child ended, 1 if it exited normally. */
static int try_in_child(void)
{
	int status = 0;
	long pid = sys5(SYS_clone, 0, NULL, NULL, NULL, 0), ended;
	if (!pid)
		return 0;
	do
		ended = sys4(SYS_wait4, pid, &status, __WALL, NULL);
	while (ended == -EINTR);
	return pid > 0 && ended == pid && WIFEXITED(status) ? 1 : -1;
}

static ino_t namespace(const char *path)
{
	struct stat st = {0};
	long fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	int saved = errno;
	if (fstat((int)fd, &st) != 0)
		st.st_ino = 0;
	errno = saved;
	sys1(SYS_close, fd);
	return st.st_ino;
}

/* As errand_would_be_init(), by system calls that the loader has made before: libc's fstat() is not the same one in all versions. */
static bool would_be_init(void)
{
	ino_t own = namespace("/proc/thread-self/ns/pid");
	return own && namespace("/proc/thread-self/ns/pid_for_children") != own;
}

bool sandbox_refuses(const char *text)
{
	char status[8192];
	read_status(status, sizeof status);
	long mode = status_number(status, "\nSeccomp:");
	if (mode < 0) /* no /proc, or more groups than there is room for */
		mode = sys1(SYS_prctl, PR_GET_SECCOMP);
	if (mode <= 0)
		return false;
	bool alone = would_be_init();
	int passed = alone ? -1 : try_in_child();
	if (!passed) {
		rehearse();
		sys1(SYS_exit_group, 0);
	}
	if (passed > 0)
		return false;
	if (!alone && !try_in_child()) {
		tell(text, (int)status_number(status, "\nPid:"));
		sys_raw(SYS_exit_group, 0, 0, 0, 0, 0, 0);
	}
	sys_off_all = sys_off_somewhere = true;
	return true;
}
