/* The second pair cannot be made, and the first is forgotten: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_socketpair.h"
