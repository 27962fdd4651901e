/* syscall(2): libuv closes so, for one. A number that has a row goes to its twin; what comes back is what the kernel said.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY syscall
#include "shim/hooks/hook.h"
#include "shim/lang/lang.h"

#include <stdarg.h>

HOOK_BODY(long, syscall, (long n, ...))
{
	/* As libc does: all six registers, whether the caller filled them or not. */
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
