/* Which classes are not the user's own, by the path of their file, "java/net/Socket.java": those of the JDK, of the runtime libraries of
 * languages on the JVM, and of test runners. Used by shim and analyzer; safe in signal handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_JAVA_H
#define SHIM_JAVA_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool is_java_library(const char *path, size_t len)
{
	static const char *const packages[] = {
		"java/",
		"javax/",
		"jdk/",
		"sun/",
		"com/sun/",
		"kotlin/",
		"scala/",
		"groovy/lang/",
		"clojure/",
		"org/junit/",
		"junit/framework/",
		"org/testng/",
		"org/codehaus/groovy/",
		"org/apache/groovy/",
		"org/apache/maven/",
		"org/gradle/",
		"worker/org/gradle/",
	};
	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
		size_t n = strlen(packages[i]);
		if (len > n && !strncmp(path, packages[i], n))
			return true;
	}
	return false;
}

#endif
