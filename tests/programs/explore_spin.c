/* A send whose failure is no reason to stop.
 * Finds: send EPIPE hang-after-fault send_all
 * Finds: send ECONNRESET hang-after-fault send_all
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_spin.h"
