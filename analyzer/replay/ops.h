/* What an op does to the number that its line names: the column of shim/model/hooks.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OPS_H
#define SOCKSAN_ANALYZER_OPS_H

#include <stdbool.h>

enum effect {
	OP_UNKNOWN = -1, /* a newer shim's, or a mistake: nothing follows from its lines */
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

/* Whether an op is unknown and was not asked for before: it is to be told, once. Of many only the first few are. */
bool op_is_news(const char *op);

#endif
