/* `socksan ship`: sends traces to the database of many hosts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/fleet_arguments.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/settings.h"
#include "analyzer/fleet/ship.h"
#include "shim/model/size.h"

enum { KEY_LABEL = 0x100, KEY_LABELS_FILE, KEY_FOLLOW, KEY_SPOOL, KEY_SPOOL_SIZE, KEY_BATCH, KEY_EVERY, KEY_RETRY };

/* Exit statuses beside STATUS_UNUSABLE. */
enum { STATUS_SHIPPED = 0, STATUS_LEFT = 1 };

enum { BATCH = 100000, MOST_BATCH = 1000000 };

struct ship_arguments {
	struct fleet_arguments fleet;
	struct ship_settings settings;
	struct paths paths, labels_files;
	int failed;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"label", KEY_LABEL, "NAME=VALUE", 0,
	 "Say of all lines what service, version, container, region or instance they are of; repeatable (default: the variables "
	 "SOCKSAN_SERVICE and so on; the service is else the program's name)",
	 0},
	{"labels-file", KEY_LABELS_FILE, "FILE", 0,
	 "Take labels from FILE, in which Kubernetes' downward API wrote KEY=\"VALUE\" lines: those named as above, app.kubernetes.io/name and "
	 "version, app, topology.kubernetes.io/region; repeatable",
	 0},
	{"follow", KEY_FOLLOW, NULL, 0, "Go on shipping what the traces get, until a signal ends it", 0},
	{"spool", KEY_SPOOL, "DIR", 0,
	 "Keep what is not sent yet, and how far traces were read, in DIR (default: .socksan-ship in the first DIR of traces)",
	 0},
	{"spool-size", KEY_SPOOL_SIZE, "SIZE", 0, "Keep at most so many bytes there, with K, M or G (default: 256M)",
	 0},
	{"batch", KEY_BATCH, "LINES", 0, "Send so many lines at once (default: 100000)", 0},
	{"every", KEY_EVERY, "TIME", 0, "With --follow, send what there is at least so often (default: 10s)", 0},
	{"retry", KEY_RETRY, "TIME", 0,
	 "Without --follow, try for so long if the server is away or busy (default: 1min)", 0},
	{0},
};

/* Given later, a label wins. */
static void set_label(struct argp_state *state, struct labels *labels, const char *text)
{
	char *why = labels_set(labels, text);
	if (why)
		argp_error(state, "--label=%s: %s", text, why);
	free(why);
}

static void set_size(struct argp_state *state, uint64_t *size, const char *text)
{
	int64_t bytes;
	if (!size_parse(text, strlen(text), &bytes) || bytes == 0)
		argp_error(state, "--spool-size wants a number of bytes, with K, M or G, not '%s'", text);
	*size = (uint64_t)bytes;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct ship_arguments *arguments = state->input;
	struct ship_settings *settings = &arguments->settings;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->fleet; return 0;
	case KEY_LABEL: set_label(state, &settings->labels, arg); return 0;
	case KEY_LABELS_FILE: paths_add(&arguments->labels_files, arg); return 0;
	case KEY_FOLLOW: settings->follow = true; return 0;
	case KEY_SPOOL: settings->spool = arg; return 0;
	case KEY_SPOOL_SIZE: set_size(state, &settings->spool_size, arg); return 0;
	case KEY_BATCH: settings->batch = pick_number(state, "batch", arg, 1, MOST_BATCH); return 0;
	case KEY_EVERY: need(state, read_time(&settings->every, "every", arg)); return 0;
	case KEY_RETRY: need(state, read_time(&settings->retry, "retry", arg)); return 0;
	case ARGP_KEY_ARG: paths_add(&arguments->paths, arg); return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no DIR of traces to ship"); return 0;
	case ARGP_KEY_SUCCESS: arguments->failed = fleet_arguments_finish(&arguments->fleet, state, "to", 1); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&fleet_to_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "DIR...",
	.doc = "Send traces to the database of many hosts, which `socksan fleet init` has made. Each line gets there once, however often this "
	       "is run or interrupted: what is read is kept in a spool until the server has it."
	       "\vExit status: 0 if the server has everything, 1 if something is left in the spool or was lost, or 2 for unusable arguments.",
	.children = children,
};

/* -- labels --------------------------------------------------------------------------------------------------- */

/* Adds those of the environment and of files to those that were given. Returns 0, or -1 with the message written. */
static int gather_labels(struct ship_arguments *arguments)
{
	struct labels more = {0};
	labels_from_environment(&more);
	labels_fill(&arguments->settings.labels, &more);
	labels_free(&more);
	for (size_t i = 0; i < arguments->labels_files.n; i++) {
		const char *path = arguments->labels_files.list[i];
		size_t n;
		char *text = read_file(path, &n), *why = text ? labels_read(&more, text) : xstrdup(strerror(errno));
		free(text);
		if (why)
			complain("--labels-file=%s: %s", path, why);
		labels_fill(&arguments->settings.labels, &more);
		labels_free(&more);
		if (why) {
			free(why);
			return -1;
		}
	}
	return 0;
}

/* -- the command ---------------------------------------------------------------------------------------------- */

static atomic_bool stopped; /* by a signal; the thread that sends reads it too */

static void stop(int signal)
{
	(void)signal;
	stopped = true;
}

static int run(struct ship_arguments *arguments)
{
	const struct sigaction action = {.sa_handler = stop};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	arguments->fleet.servers[0].stop = &stopped;
	arguments->settings.server = &arguments->fleet.servers[0];
	arguments->settings.paths = arguments->paths.list;
	arguments->settings.n_paths = arguments->paths.n;
	switch (ship(&arguments->settings)) {
	case SHIP_ALL: return STATUS_SHIPPED;
	case SHIP_LEFT: return STATUS_LEFT;
	case SHIP_UNUSABLE: break;
	}
	return STATUS_UNUSABLE;
}

int cmd_ship(int argc, char **argv)
{
	struct ship_arguments arguments = {.settings = {.spool_size = UINT64_C(256) << 20,
							.batch = BATCH,
							.every = INT64_C(10000000000),
							.retry = INT64_C(60000000000),
							.stop = &stopped}};
	int status = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) == 0 && arguments.failed == 0 &&
	    gather_labels(&arguments) == 0)
		status = run(&arguments);
	labels_free(&arguments.settings.labels);
	free(arguments.paths.list);
	free(arguments.labels_files.list);
	fleet_arguments_free(&arguments.fleet);
	return status;
}
