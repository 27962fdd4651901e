/* A socket that was not made is connected.
 * Finds: socket EMFILE bad-fd dial
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_socket.h"
