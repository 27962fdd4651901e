/* For programs that need neighbouring ports to be free: a loopback address of their own.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

static inline struct sockaddr_in own_address(void)
{
	const in_addr_t loopback = INADDR_LOOPBACK & IN_CLASSA_NET, host = ((in_addr_t)getpid() << 1) & IN_CLASSA_HOST;

	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(20000),
				    .sin_addr.s_addr = htonl(loopback | host | 1)};
}
