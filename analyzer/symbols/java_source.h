/* Finds Java source files: the VM only knows their path below a source folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JAVA_SOURCE_H
#define SOCKSAN_ANALYZER_JAVA_SOURCE_H

/* The path of "com/example/Server.java" from the working directory, if it exists there in the layout of Maven and Gradle:
 * "src/main/java/com/example/Server.java". Otherwise the path as given. The result stays valid. */
const char *java_source(const char *file);

#endif
