/* A stack as people read it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SYMBOL_H
#define SOCKSAN_ANALYZER_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/model/words.h"

/* One line of a stack as people read it. What is not known is NULL, 0 or, for the offset, without a module. */
struct symbol {
	const char *function; /* C++ and Rust as in the source, without parameters: "net::Pool<int>::take" */
	const char *file;
	int line;
	const char *module; /* the path of the mapped file */
	uint64_t offset;
	int64_t built;	/* when the module's file was last changed, in ns; 0: it is not known to be the traced one */
	enum lang lang; /* LANG_c for whatever the machine runs itself */
	bool own;	/* the user's, see user_code.h */
	bool counts; /* in fingerprints, and for the place: those of the user, or where there are none, what tells most */
	bool deep;   /* beyond the frames that stacks had when that was the recipe */
	bool counted; /* by the recipe of fingerprints before this one, see fingerprint.h */
};

struct symbols {
	size_t n;
	struct symbol list[]; /* innermost first, those of a script before C: see interleave.h */
};

#endif
