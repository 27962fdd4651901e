/* What an op does to the descriptor in its line: the effect column of shim/model/hooks.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OPS_H
#define SOCKSAN_ANALYZER_OPS_H

#include <stdbool.h>

enum effect {
	OP_UNKNOWN = -1, /* unknown, from a newer shim or a mistake: its lines have no effect */
	OP_KEEPS,
	OP_CLOSES,
	OP_DUPS,
	OP_CONNECTS,
	OP_PASSES,
	OP_RECEIVES,
	OP_INHERITS,
	OP_MAKES
};

enum effect effect_of(const char *op);

/* Whether an op is unknown and new, so that it is to be reported, once. Only the first few are. */
bool op_is_news(const char *op);

#endif
