/* The C library makes sockets of its own: for names, interfaces and the log.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <syslog.h>

int main(void)
{
	struct addrinfo *names;
	struct ifaddrs *interfaces;
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	EXPECT(getaddrinfo("localhost", "80", NULL, &names) == 0);
	freeaddrinfo(names);
	MUST(getifaddrs(&interfaces));
	freeifaddrs(interfaces);
	EXPECT(if_nametoindex("lo") > 0);
	openlog("socksan-test", LOG_NDELAY, LOG_USER);
	close(fd);
	fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	closelog();
	close(fd);
	return 0;
}
