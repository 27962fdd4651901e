/* Whether the shim can enter a program, told from its file before it runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ELF_CHECK_H
#define SOCKSAN_ANALYZER_ELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum shim_entry {
	ENTRY_OPEN,    /* nothing speaks against it */
	ENTRY_CLOSED,  /* it cannot enter; LD_PRELOAD does no harm, and may serve the children */
	ENTRY_FOREIGN, /* a loader that would complain of the shim, or fail: preload nothing */
};

/* Follows #! lines. On anything but ENTRY_OPEN, why is set to a clause that names the file. */
enum shim_entry elf_check(const char *path, const char *shim, char *why, size_t size);

/* Whether this file is ELF: a shell is not to be tried on it when the kernel refuses it. */
bool elf_check_is_elf(const char *path);

#endif
