/* A socket cannot be made, and is connected anyway: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_socket.h"
