/* A socket cannot be made, and is connected anyway.
 * Finds: socket EMFILE bad-fd dial
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_socket.h"
