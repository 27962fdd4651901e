/* The URL of a database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/url.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum { LONGEST_NAME = 64 };

void fleet_url_free(struct fleet_url *url)
{
	free(url->user);
	free(url->host);
	free(url->port);
	free(url->database);
	*url = (struct fleet_url){0};
}

/* The part before `stop`, which is passed over; NULL if `stop` does not come before one of `ends`. */
static char *take_before(const char **text, char stop, const char *ends)
{
	size_t n = strcspn(*text, ends);
	const char *at = memchr(*text, stop, n);
	if (!at)
		return NULL;
	char *part = strndup(*text, (size_t)(at - *text));
	*text = at + 1;
	return part;
}

static size_t host_length(const char *text)
{
	size_t n;
	if (*text != '[')
		return strspn(text, LETTERS DIGITS ".-_");
	n = 1 + strspn(text + 1, DIGITS "abcdefABCDEF:.");
	return text[n] == ']' ? n + 1 : 0;
}

static char *read_port(struct fleet_url *url, const char **text)
{
	if (**text != ':') {
		url->port = xstrdup(url->tls ? "8443" : "8123");
		return NULL;
	}
	size_t n = strspn(++*text, DIGITS);
	url->port = strndup(*text, n);
	*text += n;
	unsigned long port = strtoul(url->port, NULL, 10);
	return n == 0 || n > 5 || port == 0 || port > 65535 ? xasprintf("its port is not a number from 1 to 65535")
							    : NULL;
}

static char *read_parts(struct fleet_url *url, const char *text)
{
	if (strncmp(text, "https://", 8) == 0)
		url->tls = true;
	else if (strncmp(text, "http://", 7) != 0)
		return xstrdup("it does not begin with http:// or https://");
	text = strchr(text, ':') + 3;
	url->user = take_before(&text, '@', "/?#");
	if (url->user && strchr(url->user, ':'))
		return xstrdup(
			"a password does not go there, where others can see it, but into the variable SOCKSAN_PASSWORD, or a file "
			"for --password-file");
	if (url->user && !*url->user)
		return xstrdup("there is no user before '@'");
	size_t n = host_length(text);
	if (n == 0)
		return xstrdup("it has no host");
	url->host = strndup(text, n);
	text += n;
	char *why = read_port(url, &text);
	if (why)
		return why;
	if (*text && *text != '/')
		return xasprintf("'%.20s' after its host and port makes no sense", text);
	text += *text == '/';
	n = strspn(text, LETTERS DIGITS "_");
	if (n == 0 && !text[n])
		return xstrdup("it names no database; add one, as in http://HOST:8123/socksan");
	if (text[n] || n > LONGEST_NAME || strchr(DIGITS, *text))
		return xasprintf("its database '%.70s' is not a name of letters, digits and '_'", text);
	url->database = xstrdup(text);
	return NULL;
}

char *fleet_url_read(struct fleet_url *url, const char *text)
{
	*url = (struct fleet_url){0};
	char *why = read_parts(url, text);
	if (why)
		fleet_url_free(url);
	return why;
}
