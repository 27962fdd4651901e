/* A descriptor cannot be duplicated: the original is leaked.
 * Finds: dup EMFILE never-closed split
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_dup.h"
