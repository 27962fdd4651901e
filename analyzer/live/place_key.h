/* By what a place is known again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PLACE_KEY_H
#define SOCKSAN_ANALYZER_PLACE_KEY_H

#include "analyzer/symbols/symbol.h"

enum { PLACE_KEY_SIZE = 17 };

/* A hash of the call and the frames that count, as in fingerprints (function and file): no lines, folders or addresses, but of a frame
 * without function its offset. Where none counts, all do. */
void place_key(const char *op, const struct symbols *stack, char key[PLACE_KEY_SIZE]);

/* With the line of the innermost frame that counts: what one call in the source opens. To be freed. */
char *place_identity(const char *key, const struct symbols *stack);

#endif
