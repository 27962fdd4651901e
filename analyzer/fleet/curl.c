/* HTTP by libcurl.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define CURL_DISABLE_TYPECHECK
#include "analyzer/fleet/curl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "analyzer/base/util.h"

enum { CONNECT_SECONDS = 10, LAST_SECONDS = 5 };

#define CALLS(CALL)         \
	CALL(global_init)   \
	CALL(easy_init)     \
	CALL(easy_reset)    \
	CALL(easy_setopt)   \
	CALL(easy_perform)  \
	CALL(easy_getinfo)  \
	CALL(easy_strerror) \
	CALL(easy_cleanup)  \
	CALL(slist_append)  \
	CALL(slist_free_all)

static struct {
#define POINTER(name) __typeof__(&curl_##name) name;
	CALLS(POINTER)
	bool loaded;
} real;

struct http {
	CURL *easy;
	char error[CURL_ERROR_SIZE];
	const struct http_request *request;
	int64_t stopped; /* when it was seen that the process is to end; 0: it is not */
};

static bool load(void)
{
	static const char missing[] =
		"this needs libcurl, which is not on this machine (%s); Debian and Ubuntu have it in the package "
		"libcurl4, others in libcurl or curl";
	if (real.loaded)
		return true;
	void *library = dlopen("libcurl.so.4", RTLD_NOW);
	if (!library) {
		complain(missing, dlerror());
		return false;
	}
#define LOOK_UP(name)                                                                        \
	if (!(real.name = (__typeof__(real.name))(intptr_t)dlsym(library, "curl_" #name))) { \
		complain(missing, dlerror());                                                \
		return false;                                                                \
	}
	CALLS(LOOK_UP)
	return real.loaded = real.global_init(CURL_GLOBAL_DEFAULT) == 0;
}

struct http *http_new(void)
{
	if (!load())
		return NULL;
	struct http *http = xcalloc(1, sizeof *http);
	http->easy = real.easy_init();
	if (http->easy)
		return http;
	complain("libcurl cannot begin");
	free(http);
	return NULL;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	real.easy_cleanup(http->easy);
	free(http);
}

const char *http_error(const struct http *http) { return http->error; }

static size_t take(char *part, size_t size, size_t n, void *context)
{
	struct http *http = context;
	long status = 0;
	real.easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	return http->request->take(http->request->context, status, part, size * n) ? size * n : 0;
}

static int look(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct http *http = context;
	(void)down_total, (void)down, (void)up_total, (void)up;
	if (!http->request->stop || !*http->request->stop)
		return 0;
	if (!http->stopped)
		http->stopped = monotonic_now();
	return monotonic_now() - http->stopped > LAST_SECONDS * INT64_C(1000000000);
}

static enum http_result result_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK: return HTTP_ANSWERED;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR: return HTTP_NOT_SENT;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE: return HTTP_UNUSABLE;
	default: return HTTP_LOST;
	}
}

/* 100-continue would cost a second with servers that do not know it. */
static struct curl_slist *header_list(const struct http_request *request)
{
	struct curl_slist *list = real.slist_append(NULL, "Expect:");
	for (const char *const *header = request->headers; list && *header; header++) {
		struct curl_slist *longer = real.slist_append(list, *header);
		if (!longer)
			real.slist_free_all(list);
		list = longer;
	}
	return list;
}

enum http_result http_post(struct http *http, const struct http_request *request, long *status)
{
	CURL *easy = http->easy;
	struct curl_slist *headers = header_list(request);
	http->request = request;
	http->error[0] = 0;
	real.easy_reset(easy);
	real.easy_setopt(easy, CURLOPT_URL, request->url);
	real.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	real.easy_setopt(easy, CURLOPT_POST, 1L);
	real.easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	real.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->n);
	real.easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 19);
	real.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	real.easy_setopt(easy, CURLOPT_WRITEDATA, http);
	real.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	real.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look);
	real.easy_setopt(easy, CURLOPT_XFERINFODATA, http);
	real.easy_setopt(easy, CURLOPT_ERRORBUFFER, http->error);
	real.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	real.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	real.easy_setopt(easy, CURLOPT_TIMEOUT, request->seconds);
	real.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	real.easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->once);
	if (request->ca_file)
		real.easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	CURLcode code = headers ? real.easy_perform(easy) : CURLE_OUT_OF_MEMORY;
	if (code != CURLE_OK && !http->error[0])
		snprintf(http->error, sizeof http->error, "%s", real.easy_strerror(code));
	*status = 0;
	real.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
	enum http_result result = result_of(code);
	real.slist_free_all(headers);
	return result;
}
