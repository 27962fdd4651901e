/* Finds programs, libraries and their separate debug files, where gdb and elfutils look for them.
 *
 * Traces and debug links come from anywhere, so only regular files are ever opened: a FIFO would block, and opening a device may have side
 * effects. A file that is found is verified by its build-id, else by its checksum.
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

/* The build-id of a file; "" if it has none. */
void build_id_text(Elf *elf, char text[BUILD_ID_SIZE]);

/* A folder to look in before /usr/lib/debug, laid out like it or like the root of the traced machine. */
void debug_files_add_folder(const char *folder);

/* Returns a file descriptor, to be closed, or -1. */

/* The program, library or debug file with that build-id below the folders; `path` is its location on the traced machine. */
int debug_file_of_module(const char *build_id, const char *path);

/* The debug file for a build-id ("" for none), or by the name and checksum of a .gnu_debuglink in `file` (NULL for none). */
int debug_file_find(const char *build_id, const char *file, const char *link, uint32_t checksum);

/* The file that a debug file made by dwz(1) shares with others. */
int debug_file_shared(const char *build_id, const char *file, const char *link);

/* Asks the servers in DEBUGINFOD_URLS, or none if that is unset. After a server was silent for 10 s, or after 90 s in all, no more queries
 * are made. */
int debug_file_fetch(const char *build_id);

/* Whether servers were given up. */
bool debug_files_gave_up(void);

/* Whether the compressed parts of an open file unpack to a size in proportion to it: a small file could ask for all memory. */
bool debug_file_fits(int fd);

/* A debug file that was skipped for that reason, by its path or build-id; NULL: none was. */
const char *debug_files_too_large(void);

#endif
