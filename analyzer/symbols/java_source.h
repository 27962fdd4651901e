/* Where a file of Java lies. The VM knows its path below a folder of sources alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JAVA_SOURCE_H
#define SOCKSAN_ANALYZER_JAVA_SOURCE_H

/* "com/example/Server.java" from the working folder on, if it is there as Maven and Gradle have it: "src/main/java/com/example/Server.java".
 * Else as it was given. The answer lasts to the end. */
const char *java_source(const char *file);

#endif
