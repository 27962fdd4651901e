/* syscall(2), which libuv uses for close, for example. A number that has a row goes to its twin; the result is the kernel's.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY syscall
#include "shim/hooks/hook.h"
#include "shim/lang/lang.h"

#include <stdarg.h>

HOOK_BODY(long, syscall, (long n, ...))
{
	/* Like libc: all six registers, whether or not the caller set them. */
	va_list ap;
	long a[6];
	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	switch (n) {
#define NUMBER(name, family, effect, number) \
	case number:                         \
		return raw_##name(a);
#define HOOK(name, family, effect, inside, ...) __VA_OPT__(NUMBER(name, family, effect, __VA_ARGS__))
#include "shim/model/hooks.def"
	case SYS_capget:
		if (lang_any() && process_active())
			lang_visit();
		__attribute__((fallthrough));
	default: return MAKES(-1, by_number(n, a));
	}
}
