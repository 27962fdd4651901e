/* A table cannot grow: corrected.
 * Explore: --memory --calls=realloc
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_realloc.h"
