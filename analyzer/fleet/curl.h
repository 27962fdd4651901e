/* HTTP by libcurl, which is loaded when it is first used: no other command pays for its start.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_CURL_H
#define SOCKSAN_ANALYZER_FLEET_CURL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct http;

struct http_request {
	const char *url;
	const char *const *headers; /* NULL-terminated */
	const void *body;	    /* POST */
	size_t n;
	const char *ca_file; /* NULL: the system's */
	long seconds;	     /* for all of it */
	/* Takes a part of the answer, whose status is known by then. False ends the request. */
	bool (*take)(void *context, long status, const char *part, size_t n);
	void *context;
	const atomic_bool *stop; /* not NULL: once it is set, the request has a few seconds left */
	bool once; /* never sent again by libcurl itself, as it does where a connection that it kept turns out to be dead */
};

/* NOT_SENT: no byte of the request was sent, as the server could not be reached. LOST: it may have been carried out. UNUSABLE: no later try
 * can help. */
enum http_result { HTTP_ANSWERED, HTTP_NOT_SENT, HTTP_LOST, HTTP_UNUSABLE };

/* NULL, with a message, if there is no libcurl here. */
struct http *http_new(void);
void http_free(struct http *http);

/* `*status` is that of HTTP. http_error() says why there was no answer. */
enum http_result http_post(struct http *http, const struct http_request *request, long *status);

const char *http_error(const struct http *http);

#endif
