/* When the connection of a client breaks, it closes it, and its caller closes it again. The server, another process, goes on writing its answer:
 * that is no mistake, since it has done nothing that breaks the connection.
 * Explore: --calls=recv --errno=ECONNRESET
 * Finds: recv ECONNRESET double-close ask
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_peer.h"
