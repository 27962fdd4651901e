/* Which classes came with the JDK, by the path of their file: "java/net/Socket.java". In shim and analyzer; safe in signal handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_JDK_H
#define SHIM_JDK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool is_jdk_file(const char *path, size_t len)
{
	static const char packages[][9] = {"java/", "javax/", "jdk/", "sun/", "com/sun/"};
	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
		size_t n = strlen(packages[i]);
		if (len > n && !strncmp(path, packages[i], n))
			return true;
	}
	return false;
}

#endif
