/* The options that say which part of a fleet is asked about.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/cli/fleet_range.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/cli/arguments.h"

enum { KEY_SINCE = 0x600, KEY_UNTIL, KEY_SERVICE, KEY_HOST, KEY_VERSION, KEY_QUIET };

static const struct argp_option options[] = {
	{"since", KEY_SINCE, "MOMENT", 0,
	 "Processes with a line since then: a day or a time of one, as 2026-11-27 or 2026-11-27T13:30, or how long ago, as 90min, 24h or 7d "
	 "(default: 24h)",
	 0},
	{"until", KEY_UNTIL, "MOMENT", 0, "And before then (default: now)", 0},
	{"service", KEY_SERVICE, "NAME", 0, "Of this service", 0},
	{"host", KEY_HOST, "NAME", 0, "Of this host", 0},
	{0},
};

static const struct argp_option judged_options[] = {
	{"version", KEY_VERSION, "NAME", 0, "Of this version of the service", 0},
	{"quiet", KEY_QUIET, "TIME", 0,
	 "A process that has not ended, and wrote a line in the last TIME, runs on: what it has open is not judged (default: 1h)",
	 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fleet_question *question = state->input;
	switch (key) {
	case KEY_SINCE: need(state, moment_read(&question->since, "since", arg)); return 0;
	case KEY_UNTIL: need(state, moment_read(&question->until, "until", arg)); return 0;
	case KEY_SERVICE: question->service = arg; return 0;
	case KEY_HOST: question->host = arg; return 0;
	case KEY_VERSION: question->version = arg; return 0;
	case KEY_QUIET: need(state, moment_read(&question->quiet, "quiet", arg)); return 0;
	case ARGP_KEY_SUCCESS:
		if (question && question->since >= question->until)
			argp_error(state, "--since is not before --until: nothing lies between");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp fleet_range_argp = {.options = options, .parser = parse};
const struct argp fleet_judged_argp = {.options = judged_options, .parser = parse};

struct fleet_question fleet_range_default(void)
{
	struct fleet_question question = {.until = INT64_MAX};
	free(moment_read(&question.since, "since", "24h"));
	free(moment_read(&question.quiet, "quiet", "1h"));
	return question;
}
