/* The options that say which server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/cli/fleet_arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"

enum { KEY_URL = 0x500, KEY_PASSWORD_FILE, KEY_CA_FILE };

/* clang-format off */
#define ROWS_ACCESS \
	{"password-file", KEY_PASSWORD_FILE, "FILE", 0, "The password of the URL's user is the first line of FILE (default: the variable " \
	 "SOCKSAN_PASSWORD)", 0}, \
	{"ca-file", KEY_CA_FILE, "FILE", 0, "The certificates of FILE, in PEM, vouch for a server of https (default: the system's)", 0}, \
	{0}
#define URL "http[s]://[USER@]HOST:PORT/DATABASE"
/* clang-format on */

static const struct argp_option to_options[] = {
	{"to", KEY_URL, "URL", 0, "The database, as " URL, 0},
	ROWS_ACCESS,
};

static const struct argp_option from_options[] = {
	{"from", KEY_URL, "URL", 0, "The database, as " URL, 0},
	ROWS_ACCESS,
};

static void add_url(struct fleet_arguments *arguments, struct argp_state *state, const char *option, const char *text)
{
	struct fleet_url url;
	char *why = fleet_url_read(&url, text);
	if (why)
		need(state, xasprintf("--%s wants " URL ": %s", option, why));
	free(why);
	arguments->servers = xreallocarray(arguments->servers, arguments->n + 1, sizeof *arguments->servers);
	arguments->servers[arguments->n++] = (struct server_settings){.url = url};
}

static error_t parse(struct fleet_arguments *arguments, const char *option, int key, char *arg,
		     struct argp_state *state)
{
	switch (key) {
	case KEY_URL: add_url(arguments, state, option, arg); return 0;
	case KEY_PASSWORD_FILE: arguments->password_file = arg; return 0;
	case KEY_CA_FILE: arguments->ca_file = arg; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_to(int key, char *arg, struct argp_state *state)
{
	return parse(state->input, "to", key, arg, state);
}

static error_t parse_from(int key, char *arg, struct argp_state *state)
{
	return parse(state->input, "from", key, arg, state);
}

const struct argp fleet_to_argp = {.options = to_options, .parser = parse_to};
const struct argp fleet_from_argp = {.options = from_options, .parser = parse_from};

/* Returns 0, or -1 with the message written. */
static int read_password(struct fleet_arguments *arguments)
{
	const char *variable = getenv("SOCKSAN_PASSWORD"), *path = arguments->password_file;
	size_t n;
	if (!path) {
		arguments->password = variable ? xstrdup(variable) : NULL;
	} else if (!(arguments->password = read_file(path, &n))) {
		complain("--password-file=%s: %s", path, strerror(errno));
		return -1;
	}
	if (!arguments->password)
		return 0;
	if (path)
		arguments->password[strcspn(arguments->password, "\r\n")] = 0;
	if (path && !*arguments->password) {
		complain("--password-file=%s: its first line is empty", path);
		return -1;
	}
	if (strpbrk(arguments->password, "\r\n")) {
		complain("SOCKSAN_PASSWORD has more than one line");
		return -1;
	}
	return 0;
}

static int check_ca_file(const struct fleet_arguments *arguments)
{
	size_t n;
	if (!arguments->ca_file)
		return 0;
	char *text = read_file(arguments->ca_file, &n);
	bool usable = text && strstr(text, "-----BEGIN ");
	if (!usable)
		complain("--ca-file=%s: %s", arguments->ca_file, text ? "has no certificate in PEM" : strerror(errno));
	free(text);
	return usable ? 0 : -1;
}

int fleet_arguments_finish(struct fleet_arguments *arguments, struct argp_state *state, const char *option, size_t most)
{
	if (arguments->n == 0)
		argp_error(state, "no --%s=" URL, option);
	if (arguments->n > most)
		argp_error(state, "one --%s at a time", option);
	if (read_password(arguments) != 0 || check_ca_file(arguments) != 0)
		return -1;
	for (size_t i = 0; i < arguments->n; i++) {
		arguments->servers[i].password = arguments->password;
		arguments->servers[i].ca_file = arguments->ca_file;
	}
	return 0;
}

void fleet_arguments_free(struct fleet_arguments *arguments)
{
	for (size_t i = 0; i < arguments->n; i++)
		fleet_url_free(&arguments->servers[i].url);
	free(arguments->servers);
	if (arguments->password)
		explicit_bzero(arguments->password, strlen(arguments->password));
	free(arguments->password);
}
