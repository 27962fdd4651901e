/* Whether the shim can enter a program, judged from its file before it runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ELF_CHECK_H
#define SOCKSAN_ANALYZER_ELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum shim_entry {
	ENTRY_OPEN,    /* no obstacle */
	ENTRY_MISSING, /* its interpreter or loader does not exist, so the kernel refuses to run it */
	/* It cannot enter; LD_PRELOAD does no harm, and may work for the children. */
	ENTRY_STATIC,
	ENTRY_PRIVILEGED, /* set-user-ID and the like */
	/* Its loader would complain about the shim, or fail: preload nothing. */
	ENTRY_OTHER_LIBC,
	ENTRY_OTHER_MACHINE,
};

static inline bool entry_is_foreign(enum shim_entry entry) { return entry >= ENTRY_OTHER_LIBC; }

/* Follows #! lines. Unless it returns ENTRY_OPEN, `why` is set to a clause that names the file. */
enum shim_entry elf_check(const char *path, const char *shim, char *why, size_t size);

/* Whether this file is ELF: if not, and the kernel refuses it, a shell is tried on it. */
bool elf_check_is_elf(const char *path);

#endif
