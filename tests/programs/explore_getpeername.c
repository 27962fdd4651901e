/* When a connection turns out to be broken, it closes it, and its caller closes it again. That getpeername failed does not end the stream: what was
 * reset says so when it is read, and nothing is written to it.
 * Explore: --calls=getpeername
 * Finds: getpeername ENOTCONN double-close serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_getpeername.h"
