/* A stream that cannot be made of a socket: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_fdopen.h"
