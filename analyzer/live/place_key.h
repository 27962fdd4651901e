/* The keys by which a place is recognized.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PLACE_KEY_H
#define SOCKSAN_ANALYZER_PLACE_KEY_H

#include "analyzer/symbols/symbol.h"

enum { PLACE_KEY_SIZE = 17 };

/* A hash of the call and of the frames that count, as in fingerprints (function and file): no lines, directories or addresses, but the
 * offset of a frame without a function. If no frame counts, all do. */
void place_key(const char *op, const struct symbols *stack, char key[PLACE_KEY_SIZE]);

/* Includes the line of the innermost frame that counts: identifies one call in the source. To be freed. */
char *place_identity(const char *key, const struct symbols *stack);

#endif
