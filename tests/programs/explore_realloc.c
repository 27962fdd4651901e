/* A table cannot grow: its pointer is lost, and the descriptors in it with it.
 * Explore: --memory --calls=realloc
 * Finds: realloc ENOMEM never-closed main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_realloc.h"
