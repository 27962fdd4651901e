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

/* One line of a stack as people read it. Unknown members are NULL, 0 or, for the offset, meaningless without a module. */
struct symbol {
	const char *function; /* C++ and Rust as in the source, without parameters: "net::Pool<int>::take" */
	const char *file;
	int line;
	const char *module; /* the path of the mapped file */
	uint64_t offset;
	int64_t built;	/* when the module's file was last changed, in ns; 0: not known to be the traced one */
	enum lang lang; /* LANG_c for native code */
	bool own;	/* user code, see user_code.h */
	bool counts;	/* in fingerprints, and for the place: user frames or, if there are none, those that say most */
	bool deep;	/* more frames than stacks had at the time of the former recipe */
	bool counted;	/* by the former recipe of fingerprints, see fingerprint.h */
};

struct symbols {
	size_t n;
	struct symbol list[]; /* innermost first, those of a script before C: see interleave.h */
};

#endif
