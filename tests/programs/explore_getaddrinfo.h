/* The mistake, or with FIXED set to 1 its correction: see explore_getaddrinfo.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int family_of(const char *host)
{
	struct addrinfo *found = NULL, hints = {.ai_flags = AI_NUMERICHOST};
	int family, error = getaddrinfo(host, NULL, &hints, &found);

	if (error && FIXED)
		return -1;
	family = found->ai_family;
	freeaddrinfo(found);
	return family;
}

int main(void) { return family_of("127.0.0.1") == AF_INET ? 0 : scaffold_failed("getaddrinfo"); }
