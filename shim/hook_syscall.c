/* syscall(2) for the numbers that have a hook: libuv closes so, for one.
 * The hook serves it with cancellation switched off, since syscall() is no cancellation point.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/syscall.h>

static bool serve(long n, const long *a, long *ret)
{
	switch (n) {
#define FD(i) ((int)a[i])
#define PTR(i) ((void *)a[i])
#define LEN(i) ((size_t)a[i])
#define CASE(number, call) \
	case SYS_##number: *ret = (long)(call); return true;
		CASE(socket, socket(FD(0), FD(1), FD(2)))
		CASE(socketpair, socketpair(FD(0), FD(1), FD(2), PTR(3)))
		CASE(bind, bind(FD(0), PTR(1), (socklen_t)a[2]))
		CASE(listen, listen(FD(0), FD(1)))
		CASE(connect, connect(FD(0), PTR(1), (socklen_t)a[2]))
		CASE(accept, accept(FD(0), PTR(1), PTR(2)))
		CASE(accept4, accept4(FD(0), PTR(1), PTR(2), FD(3)))
		CASE(shutdown, shutdown(FD(0), FD(1)))
		CASE(setsockopt, setsockopt(FD(0), FD(1), FD(2), PTR(3), (socklen_t)a[4]))
		CASE(getsockopt, getsockopt(FD(0), FD(1), FD(2), PTR(3), PTR(4)))
		CASE(getsockname, getsockname(FD(0), PTR(1), PTR(2)))
		CASE(getpeername, getpeername(FD(0), PTR(1), PTR(2)))
		CASE(close, close(FD(0)))
		CASE(close_range, close_range((unsigned)a[0], (unsigned)a[1], FD(2)))
		CASE(dup, dup(FD(0)))
#ifdef SYS_dup2
		CASE(dup2, dup2(FD(0), FD(1)))
#endif
		CASE(dup3, dup3(FD(0), FD(1), FD(2)))
		CASE(fcntl, fcntl(FD(0), FD(1), PTR(2)))
		CASE(ioctl, ioctl(FD(0), (unsigned long)a[1], PTR(2)))
		CASE(read, read(FD(0), PTR(1), LEN(2)))
		CASE(readv, readv(FD(0), PTR(1), FD(2)))
		CASE(recvfrom, recvfrom(FD(0), PTR(1), LEN(2), FD(3), PTR(4), PTR(5)))
		CASE(recvmsg, recvmsg(FD(0), PTR(1), FD(2)))
		CASE(recvmmsg, recvmmsg(FD(0), PTR(1), (unsigned)a[2], FD(3), PTR(4)))
		CASE(write, write(FD(0), PTR(1), LEN(2)))
		CASE(writev, writev(FD(0), PTR(1), FD(2)))
		CASE(sendto, sendto(FD(0), PTR(1), LEN(2), FD(3), PTR(4), (socklen_t)a[5]))
		CASE(sendmsg, sendmsg(FD(0), PTR(1), FD(2)))
		CASE(sendmmsg, sendmmsg(FD(0), PTR(1), (unsigned)a[2], FD(3)))
		CASE(sendfile, sendfile(FD(0), FD(1), PTR(2), LEN(3)))
		CASE(splice, splice(FD(0), PTR(1), FD(2), PTR(3), LEN(4), (unsigned)a[5]))
		CASE(epoll_ctl, epoll_ctl(FD(0), FD(1), FD(2), PTR(3)))
		CASE(prlimit64, prlimit64((pid_t)a[0], (enum __rlimit_resource)a[1], PTR(2), PTR(3)))
#ifdef SYS_setrlimit
		CASE(setrlimit, setrlimit((__rlimit_resource_t)a[0], PTR(1)))
#endif
		CASE(execve, execve(PTR(0), PTR(1), PTR(2)))
		CASE(execveat, execveat(FD(0), PTR(1), PTR(2), PTR(3), FD(4)))
#undef CASE
	default: return false;
	}
}

EXPORT long syscall(long n, ...)
{
	/* As libc does: all six registers, whether the caller filled them or not. */
	va_list ap;
	long a[6], ret;
	int state;
	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (n == SYS_exit_group)
		_exit((int)a[0]);
	bool exec = n == SYS_execve || n == SYS_execveat; /* a vfork child takes the shim along too */
	if (!process_active() && !(exec && process.on))
		return REAL(syscall)(n, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (n == SYS_seccomp && (a[0] == SECCOMP_SET_MODE_STRICT || a[0] == SECCOMP_SET_MODE_FILTER)) {
		sandbox(true);
		ret = REAL(syscall)(n, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (ret)
			sandbox(false);
		return ret;
	}
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	bool served = serve(n, a, &ret);
	pthread_setcancelstate(state, NULL);
	return served ? ret : REAL(syscall)(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
