/* What Java calls: sockets made by native code, on threads that the VM knows and on others, also in signal handlers. For JavaNative.java.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <jni.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static JavaVM *vm;

__attribute__((noinline)) static int lose(void) { return socket(AF_UNIX, SOCK_STREAM, 0) + 1; /* line: native */ }

JNIEXPORT void JNICALL Java_JavaNative_lose(JNIEnv *env, jclass class)
{
	(void)env;
	(void)class;
	lose();
}

JNIEXPORT void JNICALL Java_JavaNative_loseInCritical(JNIEnv *env, jclass class, jintArray array)
{
	(void)class;
	void *p = (*env)->GetPrimitiveArrayCritical(env, array, NULL);
	lose();
	(*env)->ReleasePrimitiveArrayCritical(env, array, p, 0);
}

JNIEXPORT jint JNICALL Java_JavaNative_open(JNIEnv *env, jclass class)
{
	(void)env;
	(void)class;
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

JNIEXPORT void JNICALL Java_JavaNative_close(JNIEnv *env, jclass class, jint fd)
{
	(void)env;
	(void)class;
	close(fd);
}

JNIEXPORT void JNICALL Java_JavaNative_send(JNIEnv *env, jclass class, jint fd)
{
	(void)env;
	(void)class;
	send(fd, "", 1, MSG_NOSIGNAL);
}

JNIEXPORT void JNICALL Java_JavaNative_call(JNIEnv *env, jclass class)
{
	(*env)->CallStaticVoidMethod(env, class, (*env)->GetStaticMethodID(env, class, "called", "()V"));
}

static void *unknown(void *arg)
{
	(void)arg;
	lose();
	return NULL;
}

static jclass native_class;

static void *attached(void *arg)
{
	JNIEnv *env;
	(void)arg;
	(*vm)->AttachCurrentThread(vm, (void **)&env, NULL);
	lose(); /* no method of Java is on this stack yet */
	(*env)->CallStaticVoidMethod(env, native_class, (*env)->GetStaticMethodID(env, native_class, "called", "()V"));
	(*vm)->DetachCurrentThread(vm);
	lose();
	return NULL;
}

static void run(void *(*body)(void *))
{
	pthread_t thread;
	pthread_create(&thread, NULL, body, NULL);
	pthread_join(thread, NULL);
}

JNIEXPORT void JNICALL Java_JavaNative_unknownThread(JNIEnv *env, jclass class)
{
	(void)env;
	(void)class;
	run(unknown);
}

JNIEXPORT void JNICALL Java_JavaNative_attachedThread(JNIEnv *env, jclass class)
{
	(*env)->GetJavaVM(env, &vm);
	native_class = (*env)->NewGlobalRef(env, class);
	run(attached);
}

JNIEXPORT void JNICALL Java_JavaNative_forked(JNIEnv *env, jclass class)
{
	(void)env;
	(void)class;
	pid_t pid = fork();
	if (!pid) {
		lose();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void handle(int signal)
{
	int before = errno, fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	(void)signal;
	close(fd);
	errno = before;
}

/* On whichever thread runs: of Java's, the VM's own, those that collect. */
JNIEXPORT void JNICALL Java_JavaNative_interrupt(JNIEnv *env, jclass class, jint microseconds)
{
	struct sigaction action;
	struct itimerval every = {{0, microseconds}, {0, microseconds}};
	(void)env;
	(void)class;
	memset(&action, 0, sizeof action);
	action.sa_handler = handle;
	action.sa_flags = SA_RESTART;
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &every, NULL);
}
