/* An option cannot be set, and the connection is abandoned without being closed: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_setsockopt.h"
