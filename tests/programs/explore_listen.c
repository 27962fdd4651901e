/* A listen that fails, and nobody closes what was bound.
 * Finds: listen EADDRINUSE never-closed serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_listen.h"
