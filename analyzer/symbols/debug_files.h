/* Finds programs, libraries and their separate debug files, in the places that gdb and elfutils look in.
 *
 * Traces and debug links come from anywhere: nothing but a regular file is ever opened, for that would block on a FIFO and
 * might set off a device. What is found is what was asked for, told by its build-id, else by its checksum.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DEBUG_FILES_H
#define SOCKSAN_ANALYZER_DEBUG_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include <libelf.h>

/* A build-id as hex digits; longer ones are no build-ids. */
enum { BUILD_ID_SIZE = 2 * 64 + 1 };

/* Writes n bytes as hex digits; "" when they are too many for a build-id. */
void hex_text(const void *id, ssize_t n, char text[BUILD_ID_SIZE]);

/* The build-id of a file; "" when it has none. */
void build_id_text(Elf *elf, char text[BUILD_ID_SIZE]);

/* A folder to look in before /usr/lib/debug, laid out like it or like the root of the traced machine. */
void debug_files_add_folder(const char *folder);

/* A file descriptor, to be closed, or -1. */

/* The program, library or debug file of that build-id below the folders; `path` is where the traced machine had it. */
int debug_file_of_module(const char *build_id, const char *path);

/* The debug file for a build-id, "" for none, or by the name and checksum of a .gnu_debuglink in `file`, NULL for none. */
int debug_file_find(const char *build_id, const char *file, const char *link, uint32_t checksum);

/* The file that a debug file made by dwz(1) shares with others. */
int debug_file_shared(const char *build_id, const char *file, const char *link);

/* Asks the servers in DEBUGINFOD_URLS; when that is unset, nobody. Once a server was silent for 10 s, or after 90 s in
 * all, no more is asked. */
int debug_file_fetch(const char *build_id);

/* Whether servers were given up. */
bool debug_files_gave_up(void);

/* Whether what is compressed in an open file unpacks to no more than its size lets expect: a small file may ask for all memory. */
bool debug_file_fits(int fd);

/* A debug file that was left out for that, by its path or build ID; NULL: none was. */
const char *debug_files_too_large(void);

#endif
