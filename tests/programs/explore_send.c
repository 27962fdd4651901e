/* A send fails: the helper closes the connection, and then its caller shuts it down.
 * Explore: --calls=send
 * Finds: send EPIPE use-after-close finish
 * Finds: send ECONNRESET use-after-close finish
 * Finds: send EPIPE double-close finish
 * Finds: send ECONNRESET double-close finish
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_send.h"
