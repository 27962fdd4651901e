/* A listen fails, and nobody closes the bound socket.
 * Finds: listen EADDRINUSE never-closed serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_listen.h"
