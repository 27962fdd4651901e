/* `socksan doctor`: what would hinder recording a command or a process here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <stdbool.h>
#include <string.h>

#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/doctor/doctor.h"
#include "analyzer/doctor/surroundings.h"

enum { KEY_TRACE_DIR = 0x500, KEY_TRIAL };

enum { STATUS_UNHINDERED = 0, STATUS_HINDERED = 1 };

struct doctor_arguments {
	struct checkup checkup;
	bool json;
	bool trial; /* this is the program that is run as a test */
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"format", 'f', "text|json", 0, "What is written (default: text)", 0},
	{"trace-dir", KEY_TRACE_DIR, "DIR", 0, "The folder that traces are to be kept in (default: a private one)", 0},
	{"trial", KEY_TRIAL, NULL, OPTION_HIDDEN, NULL, 0},
	{0},
};

static const char *format_word(size_t format)
{
	static const char *const words[] = {"text", "json"};
	return format < 2 ? words[format] : NULL;
}

/* A word of digits that does not follow "--" is a PID. */
static void take_subject(struct doctor_arguments *arguments, const char *word, struct argp_state *state)
{
	bool quoted = state->quoted && state->next > state->quoted;
	if (quoted || !*word || word[strspn(word, "0123456789")]) {
		arguments->checkup.command = state->argv + state->next - 1;
		state->next = state->argc;
		return;
	}
	arguments->checkup.pid = pick_pid(state, word);
	if (state->next < state->argc)
		argp_error(state, "one PID at a time");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct doctor_arguments *arguments = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case 'f': arguments->json = pick_name(state, "format", arg, format_word); return 0;
	case KEY_TRACE_DIR:
		if (!*arg)
			argp_error(state, "--trace-dir wants a folder");
		arguments->checkup.trace_dir = arg;
		return 0;
	case KEY_TRIAL: arguments->trial = true; return 0;
	case ARGP_KEY_ARG: take_subject(arguments, arg, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--] [PID|COMMAND] [ARG...]",
	.doc = "Say what would hinder recording, before anything runs: COMMAND under `socksan run`, the process PID with "
	       "`socksan attach`, or, without either, any program on this machine. COMMAND is not run, and the process is "
	       "neither stopped nor changed; a small program of SockSan's own is run under the shim as a test. A number is a "
	       "PID; after \"--\" it is a COMMAND."
	       "\vExit status: 0 if nothing hinders recording, 1 if something does, 2 for unusable arguments. A note may limit what "
	       "is recorded, and does not count.",
};

int cmd_doctor(int argc, char **argv)
{
	struct doctor_arguments arguments = {0};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, &arguments) != 0)
		return STATUS_UNUSABLE;
	if (arguments.trial)
		return trial_program();
	struct checkup *checkup = &arguments.checkup;
	doctor(checkup);
	int status = (arguments.json ? checkup_json : checkup_text)(stdout, checkup) != 0 ? STATUS_UNUSABLE
		     : checkup_count(checkup, CHECKUP_PROBLEM)				  ? STATUS_HINDERED
											  : STATUS_UNHINDERED;
	checkup_free(checkup);
	return status;
}
