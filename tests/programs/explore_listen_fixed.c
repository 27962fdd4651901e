/* A listen that fails, and nobody closes what was bound: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_listen.h"
