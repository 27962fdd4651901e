/* An address that was not found, and is used: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_getaddrinfo.h"
