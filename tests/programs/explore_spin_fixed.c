/* A loop around send that does not stop on failure: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_spin.h"
