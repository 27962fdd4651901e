/* `socksan fleet init`: makes the tables of a fleet's database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/fleet.h"
#include "analyzer/cli/fleet_arguments.h"
#include "analyzer/fleet/schema.h"

enum {
	STATUS_NOT_DONE = 1,
	MOST_SERVERS = 10000,
	KEPT_DAYS = 30,
	LONGEST = 86400 /* seconds, where there are many lines */
};
enum { KEY_CLUSTER = 0x100, KEY_KEEP };

struct fleet_init_arguments {
	struct fleet_arguments fleet;
	struct schema_settings schema;
	int failed;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"cluster", KEY_CLUSTER, "NAME", 0,
	 "The servers are those of this cluster in their remote_servers; give a --to for each of them (default: one server)",
	 0},
	{"keep", KEY_KEEP, "DAYS", 0,
	 "Let the server drop rows that are older, if its version does that; 0 = never (default: 30)", 0},
	{0},
};

/* It becomes a part of SQL as a name, not as a value. */
static void check_name(struct argp_state *state, const char *name)
{
	for (const char *c = name; *c || c == name; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			argp_error(state, "--cluster wants a name of letters, digits and '_', not '%s'", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fleet_init_arguments *arguments = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = arguments ? &arguments->fleet : NULL; return 0;
	case KEY_CLUSTER:
		check_name(state, arg);
		arguments->schema.cluster = arg;
		return 0;
	case KEY_KEEP: arguments->schema.days = (unsigned)pick_number(state, "keep", arg, 0, 36500); return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is too much: the server goes into --to=URL", arg); return 0;
	case ARGP_KEY_SUCCESS:
		arguments->failed = fleet_arguments_finish(&arguments->fleet, state, "to", MOST_SERVERS);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&fleet_to_argp, 0, NULL, 0}, {0}};

const struct argp fleet_init_argp = {
	.options = options,
	.parser = parse,
	.doc = "Make the tables of a fleet's database on a ClickHouse server, or add those that are missing. Running it again does no harm."
	       "\vExit status: 0, 1 if the server cannot be used, or 2 for unusable arguments.",
	.children = children,
};

int cmd_fleet_init(int argc, char **argv)
{
	struct fleet_init_arguments arguments = {.schema.days = KEPT_DAYS};
	argp_err_exit_status = STATUS_UNUSABLE;
	int status = arguments_parse(&fleet_init_argp, argc, argv, 0, &arguments) == 0 && arguments.failed == 0
			     ? 0
			     : STATUS_UNUSABLE;
	for (size_t i = 0; status == 0 && i < arguments.fleet.n; i++) {
		arguments.fleet.servers[i].seconds = LONGEST;
		struct server *server = server_new(&arguments.fleet.servers[i]);
		arguments.schema.database = arguments.fleet.servers[i].url.database;
		if (!server || schema_apply(server, arguments.schema) != 0)
			status = STATUS_NOT_DONE;
		server_free(server);
	}
	fleet_arguments_free(&arguments.fleet);
	return status;
}
