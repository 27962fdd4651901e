/* A connect fails, and the early return forgets the socket.
 * Finds: connect ECONNREFUSED never-closed dial
 * Finds: connect ENETUNREACH never-closed dial
 * Finds: connect ETIMEDOUT never-closed dial
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_connect.h"
