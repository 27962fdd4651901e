/* An address is not found, and its result is used.
 * Finds: getaddrinfo EAI_AGAIN crash-after-fault family_of
 * Finds: getaddrinfo EAI_NONAME crash-after-fault family_of
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_getaddrinfo.h"
