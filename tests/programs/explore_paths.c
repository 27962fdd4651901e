/* Two calls can fail after a socket was made, and either early return forgets it.
 * Finds: setsockopt ENOBUFS never-closed make
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_paths.h"
