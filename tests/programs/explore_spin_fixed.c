/* A send whose failure is no reason to stop: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_spin.h"
