/* A violation's fingerprint. The recipe is part of the contract: users' baselines contain its results.
 *
 * FNV-1a of 64 bits, written as 16 lower-case hex digits, over these strings, each with its closing NUL byte:
 *   1. the code, "never-closed"
 *   2. for each of the stacks "opened", "closed", "at" that the violation has, in this order: that word, and then for
 *      each user frame, innermost first: the function's name, and the file's name without its folder.
 *      An unknown name is empty; if the file is unknown, the module's name without its folder is used.
 * User frames are those that user_code.h says: outside of the system and of package managers' folders; in a stack with user frames of a
 * script, only these. In a stack without any, they are, if it has Python frames, those outside of Python's standard library, and no C frame;
 * otherwise the frames outside of the C library, the loader, libsocksan.so and CPython, outside of files below /usr/include, /usr/lib/gcc
 * and /usr/lib/llvm-*, and without `_start` (known by its name, or as the nameless outermost frame that called into the C library); and of
 * these, if there are any, only the ones in modules outside of /lib and /usr/lib. This was once the recipe for all stacks: a baseline
 * matches a violation by either.
 * Addresses, line numbers and folders are not part of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/fingerprint.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/base/util.h"

static uint64_t add(uint64_t hash, const char *s)
{
	do {
		hash ^= (unsigned char)*s;
		hash *= 0x100000001b3;
	} while (*s++);
	return hash;
}

static void print(const char *code, const struct symbols *const stacks[ROLE_COUNT], bool old,
		  char text[FINGERPRINT_SIZE])
{
	uint64_t hash = add(0xcbf29ce484222325, code);
	for (int role = 0; role < ROLES_TELLING; role++) {
		if (!stacks[role])
			continue;
		hash = add(hash, role_name((enum role)role));
		for (size_t i = 0; i < stacks[role]->n; i++) {
			const struct symbol *symbol = &stacks[role]->list[i];
			const char *file = symbol->file ? symbol->file : symbol->module ? symbol->module : "";
			if (!(old ? symbol->counted : symbol->counts))
				continue;
			hash = add(hash, symbol->function ? symbol->function : "");
			hash = add(hash, base_name(file));
		}
	}
	snprintf(text, FINGERPRINT_SIZE, "%016llx", (unsigned long long)hash);
}

void fingerprint(const char *code, const struct symbols *const stacks[ROLE_COUNT], char text[FINGERPRINT_SIZE])
{
	print(code, stacks, false, text);
}

void fingerprint_old(const char *code, const struct symbols *const stacks[ROLE_COUNT], char text[FINGERPRINT_SIZE])
{
	print(code, stacks, true, text);
}

bool fingerprint_is_valid(const char *text)
{
	return strlen(text) == FINGERPRINT_SIZE - 1 && strspn(text, "0123456789abcdef") == FINGERPRINT_SIZE - 1;
}
