/* A close that a signal interrupts has closed: once more is once too often.
 * Finds: close EINTR double-close finish
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_close.h"
