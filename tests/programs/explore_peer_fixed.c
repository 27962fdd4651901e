/* When the connection of a client breaks, it closes it once. The server, another process, goes on writing its answer: that is no mistake, since it
 * has done nothing that breaks the connection.
 * Explore: --calls=recv --errno=ECONNRESET
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_peer.h"
