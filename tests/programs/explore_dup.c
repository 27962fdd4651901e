/* A descriptor that cannot be duplicated: what was there to be duplicated is lost.
 * Finds: dup EMFILE never-closed split
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_dup.h"
