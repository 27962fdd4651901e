/* The in-test API for Java: the native methods of packaging/junit/socksan/SockSanExtension.java, whose System.load() finds the shim already
 * loaded. Only called by a virtual machine.
 *
 * Uses the Java Native Interface without its header, which few machines have: its table of functions is fixed, and a jlong is a long long
 * here.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/api/socksan.h"

#include "shim/hooks/hook.h"

enum { NEW_STRING_UTF = 167 };
typedef void *new_string_utf(void *env, const char *);

#define METHOD(type, name, ...)                                                                              \
	EXPORT type Java_socksan_SockSanExtension_##name(void *env, void *class __VA_OPT__(, ) __VA_ARGS__); \
	type Java_socksan_SockSanExtension_##name(void *env __attribute__((unused)),                         \
						  void *class __attribute__((unused)) __VA_OPT__(, ) __VA_ARGS__)

METHOD(int, isActive) { return socksan_is_active(); }

METHOD(long long, mark) { return socksan_mark(); }

METHOD(int, next, int fd, long long mark) { return socksan_next(fd, mark); }

METHOD(long long, number, int fd) { return socksan_number(fd); }

METHOD(long long, listener, int fd) { return socksan_listener(fd); }

METHOD(int, isOwn, int fd) { return socksan_is_own(fd); }

METHOD(int, ignore0, int fd) { return socksan_ignore(fd); }

METHOD(void *, describe, int fd)
{
	char text[1024];
	new_string_utf *const *functions = *(new_string_utf *const **)env;
	socksan_describe(fd, text, sizeof text);
	return functions[NEW_STRING_UTF](env, text);
}
