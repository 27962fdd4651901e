/* A loop around send that does not stop on failure.
 * Finds: send EPIPE hang-after-fault send_all
 * Finds: send ECONNRESET hang-after-fault send_all
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_spin.h"
