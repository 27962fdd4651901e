/* The URL of a database: http[s]://[USER@]HOST[:PORT]/DATABASE.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_URL_H
#define SOCKSAN_ANALYZER_FLEET_URL_H

#include <stdbool.h>

struct fleet_url {
	bool tls;
	char *user; /* NULL: the server's default */
	char *host; /* an address of IPv6 in its brackets */
	char *port;
	char *database; /* letters, digits and '_', so that SQL can name it */
};

/* Returns NULL, or what is wrong with the text, to be freed; then the URL is empty. */
char *fleet_url_read(struct fleet_url *url, const char *text) __attribute__((warn_unused_result));

void fleet_url_free(struct fleet_url *url);

#endif
