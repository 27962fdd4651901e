/* A ClickHouse server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/curl.h"

enum { SECONDS = 300, LONGEST_SHOWN = 300, LONG_QUERY = 200000, OK = 200 };

struct server {
	struct http *http;
	const struct server_settings *settings;
	char *name, *user, *key; /* user, key: headers */
};

struct server *server_new(const struct server_settings *settings)
{
	const struct fleet_url *url = &settings->url;
	struct http *http = http_new();
	if (!http)
		return NULL;
	struct server *server = xcalloc(1, sizeof *server);
	server->http = http;
	server->settings = settings;
	server->name = xasprintf("http%s://%s:%s/%s", url->tls ? "s" : "", url->host, url->port, url->database);
	if (url->user)
		server->user = xasprintf("X-ClickHouse-User: %s", url->user);
	if (settings->password)
		server->key = xasprintf("X-ClickHouse-Key: %s", settings->password);
	return server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	http_free(server->http);
	free(server->name);
	free(server->user);
	free(server->key);
	free(server);
}

const char *server_name(const struct server *server) { return server->name; }

/* -- SQL and URLs --------------------------------------------------------------------------------------------- */

char *sql_quoted(const char *value)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fputc('\'', out);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('\'', out);
	fclose(out);
	return text;
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') || *text == '_')
			fputc(*text, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*text);
}

/* With the query in it if data follow. Settings only where they are needed, as a user who may only read cannot make any; wait_end_of_query is none.
 * Without it, the error of a query that fails after its first rows would stand behind them, in an answer whose status says that all is well. */
static char *request_url(const struct server *server, const char *insert, const char *id, size_t length)
{
	const struct fleet_url *url = &server->settings->url;
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fprintf(out, "http%s://%s:%s/?", url->tls ? "s" : "", url->host, url->port);
	if (length > LONG_QUERY)
		fprintf(out, "max_query_size=%zu&", 2 * length);
	if (insert) {
		fprintf(out, "insert_distributed_sync=1&query_id=%s&query=", id);
		put_escaped(out, insert);
	} else {
		fputs("wait_end_of_query=1", out);
	}
	fclose(out);
	return text;
}

/* -- answers -------------------------------------------------------------------------------------------------- */

int answer_code(const char *text)
{
	const char *at = strstr(text, "Code: ");
	return at ? atoi(at + strlen("Code: ")) : 0;
}

enum answer_kind answer_kind_of(int code)
{
	static const struct {
		int code;
		enum answer_kind kind;
	} rows[] = {
		{60, ANSWER_MISSING}, /* UNKNOWN_TABLE */
		{81, ANSWER_MISSING}, /* UNKNOWN_DATABASE */
		{16, ANSWER_MISSING}, /* NO_SUCH_COLUMN_IN_TABLE */
		{164, ANSWER_DENIED}, /* READONLY */
		{192, ANSWER_DENIED}, /* UNKNOWN_USER */
		{193, ANSWER_DENIED}, /* WRONG_PASSWORD */
		{194, ANSWER_DENIED}, /* REQUIRED_PASSWORD */
		{195, ANSWER_DENIED}, /* IP_ADDRESS_NOT_ALLOWED */
		{291, ANSWER_DENIED}, /* DATABASE_ACCESS_DENIED */
		{497, ANSWER_DENIED}, /* ACCESS_DENIED */
		{516, ANSWER_DENIED}, /* AUTHENTICATION_FAILED */
		{159, ANSWER_BUSY},   /* TIMEOUT_EXCEEDED */
		{160, ANSWER_BUSY},   /* TOO_SLOW */
		{201, ANSWER_BUSY},   /* QUOTA_EXPIRED */
		{202, ANSWER_BUSY},   /* TOO_MANY_SIMULTANEOUS_QUERIES */
		{203, ANSWER_BUSY},   /* NO_FREE_CONNECTION */
		{204, ANSWER_BUSY},   /* CANNOT_FSYNC */
		{209, ANSWER_BUSY},   /* SOCKET_TIMEOUT */
		{210, ANSWER_BUSY},   /* NETWORK_ERROR */
		{216, ANSWER_BUSY},   /* QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING */
		{236, ANSWER_BUSY},   /* ABORTED */
		{241, ANSWER_BUSY},   /* MEMORY_LIMIT_EXCEEDED */
		{242, ANSWER_BUSY},   /* TABLE_IS_READ_ONLY */
		{243, ANSWER_BUSY},   /* NOT_ENOUGH_SPACE */
		{252, ANSWER_BUSY},   /* TOO_MANY_PARTS */
		{279, ANSWER_BUSY},   /* ALL_CONNECTION_TRIES_FAILED */
		{394, ANSWER_BUSY},   /* QUERY_WAS_CANCELLED */
		{473, ANSWER_BUSY},   /* DEADLOCK_AVOIDED */
		{32, ANSWER_LOST},    /* ATTEMPT_TO_READ_AFTER_EOF, of a connection behind it too */
		{74, ANSWER_BUSY},    /* CANNOT_READ_FROM_FILE_DESCRIPTOR */
		{75, ANSWER_BUSY},    /* CANNOT_WRITE_TO_FILE_DESCRIPTOR */
		{76, ANSWER_BUSY},    /* CANNOT_OPEN_FILE */
		{6, ANSWER_UNFIT},    /* CANNOT_PARSE_TEXT */
		{27, ANSWER_UNFIT},   /* CANNOT_PARSE_INPUT_ASSERTION_FAILED */
		{33, ANSWER_UNFIT},   /* CANNOT_READ_ALL_DATA */
		{69, ANSWER_UNFIT},   /* ARGUMENT_OUT_OF_BOUND */
		{117, ANSWER_UNFIT},  /* INCORRECT_DATA */
		{131, ANSWER_UNFIT},  /* TOO_LARGE_STRING_SIZE */
		{354, ANSWER_UNFIT},  /* ZLIB_INFLATE_FAILED */
		{469, ANSWER_UNFIT},  /* VIOLATED_CONSTRAINT */
		{1000, ANSWER_BUSY},  /* POCO_EXCEPTION: a connection behind it */
		{1002, ANSWER_BUSY},  /* UNKNOWN_EXCEPTION */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			return rows[i].kind;
	return ANSWER_REFUSED;
}

struct answer_sink {
	FILE *out;
	bool (*take)(void *context, const char *part, size_t n);
	void *context;
};

/* An error is kept, whoever takes the answer. */
static bool keep(void *context, long status, const char *part, size_t n)
{
	struct answer_sink *sink = context;
	if (sink->take && status == OK)
		return sink->take(sink->context, part, n);
	return fwrite(part, 1, n, sink->out) == n;
}

/* The error of an answer in one line: without the parts that only ClickHouse's developers need. */
static char *first_line(const char *text)
{
	static const char *const before[] = {"e.displayText() = ", "DB::Exception: "};
	static const char *const behind[] = {", e.what() = ", ". Stack trace:", " Stack trace:", " (version ", "\n"};
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		const char *at = strstr(text, before[i]);
		text = at ? at + strlen(before[i]) : text;
	}
	size_t n = strlen(text);
	for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
		const char *at = strstr(text, behind[i]);
		n = at && (size_t)(at - text) < n ? (size_t)(at - text) : n;
	}
	return xasprintf("%.*s", (int)(n < LONGEST_SHOWN ? n : LONGEST_SHOWN), text);
}

/* Something that is no ClickHouse, such as a proxy, may answer too. */
static void judge(struct answer *answer, long status)
{
	answer->code = answer_code(answer->text);
	answer->kind = answer->code					 ? answer_kind_of(answer->code)
		       : status == 413					 ? ANSWER_UNFIT
		       : status == 401 || status == 403			 ? ANSWER_DENIED
		       : status >= 500 || status == 429 || status == 408 ? ANSWER_BUSY
									 : ANSWER_REFUSED;
	char *line = first_line(answer->text);
	free(answer->text);
	answer->text = *line ? line : xasprintf("HTTP status %ld", status);
	if (!*line)
		free(line);
	answer->n = strlen(answer->text);
}

static struct answer request(struct server *server, const struct http_request *what, struct answer_sink *sink)
{
	struct answer answer = {.kind = ANSWER_YES};
	const struct server_settings *settings = server->settings;
	const char *headers[5] = {0};
	size_t n = 0;
	long status;
	for (; what->headers && what->headers[n]; n++)
		headers[n] = what->headers[n];
	if (server->user)
		headers[n++] = server->user;
	if (server->key)
		headers[n++] = server->key;
	sink->out = memstream(&answer.text, &answer.n);
	struct http_request whole = *what;
	whole.headers = headers;
	whole.ca_file = settings->ca_file;
	whole.seconds = settings->seconds ? settings->seconds : SECONDS;
	whole.take = keep;
	whole.context = sink;
	whole.stop = settings->stop;
	enum http_result result = http_post(server->http, &whole, &status);
	fclose(sink->out);
	if (result == HTTP_ANSWERED) {
		if (status != OK)
			judge(&answer, status);
		return answer;
	}
	free(answer.text);
	answer.text = xstrdup(http_error(server->http));
	answer.n = strlen(answer.text);
	answer.kind = result == HTTP_NOT_SENT ? ANSWER_AWAY : result == HTTP_LOST ? ANSWER_LOST : ANSWER_REFUSED;
	return answer;
}

static struct answer ask(struct server *server, const char *sql, struct answer_sink *sink)
{
	char *url = request_url(server, NULL, NULL, strlen(sql));
	struct answer answer = request(server, &(struct http_request){.url = url, .body = sql, .n = strlen(sql)}, sink);
	free(url);
	return answer;
}

struct answer server_ask(struct server *server, const char *sql) { return ask(server, sql, &(struct answer_sink){0}); }

struct answer server_read(struct server *server, const char *sql,
			  bool (*take)(void *context, const char *part, size_t n), void *context)
{
	return ask(server, sql, &(struct answer_sink){.take = take, .context = context});
}

struct answer server_send(struct server *server, const char *sql, const char *id, const void *data, size_t n,
			  bool compressed)
{
	static const char *const headers[] = {"Content-Encoding: gzip", NULL};
	char *url = request_url(server, sql, id, 0);
	struct answer answer = request(server,
				       &(struct http_request){.url = url,
							      .headers = compressed ? headers : headers + 1,
							      .body = data,
							      .n = n,
							      .once = true},
				       &(struct answer_sink){0});
	free(url);
	return answer;
}

void server_complain(const struct server *server, const struct answer *answer, const char *then)
{
	const char *name = server->name, *text = answer->text, *before = then ? "; " : "";
	then = then ? then : "";
	switch (answer->kind) {
	case ANSWER_YES: return;
	case ANSWER_AWAY: complain("%s cannot be reached: %s%s%s", name, text, before, then); return;
	case ANSWER_LOST: complain("%s did not answer: %s%s%s", name, text, before, then); return;
	case ANSWER_BUSY: complain("%s cannot do it now: %s%s%s", name, text, before, then); return;
	case ANSWER_UNFIT:
	case ANSWER_REFUSED: complain("%s refuses: %s%s%s", name, text, before, then); return;
	case ANSWER_DENIED:
		complain(
			"%s denies access: %s (the user goes into the URL, as in http://USER@HOST, the password into SOCKSAN_PASSWORD or "
			"--password-file)%s%s",
			name, text, before, then);
		return;
	case ANSWER_MISSING:
		complain("%s lacks tables of SockSan: %s; run `socksan fleet init --to=%s`%s%s", name, text, name,
			 before, then);
		return;
	}
}
