/* The second pair cannot be made, and the first is forgotten.
 * Finds: socketpair EMFILE never-closed pairs
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_socketpair.h"
