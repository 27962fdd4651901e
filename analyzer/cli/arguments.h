/* Parsing of arguments that commands share, with argp. An invalid value ends the program through argp_error(), so a command sets
 * argp_err_exit_status first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ARGUMENTS_H
#define SOCKSAN_ANALYZER_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* For commands that look at processes or traces: top, snapshot, diff, export. */
struct look_arguments {
	const char *what; /* the one PID, DIR or TRACE; NULL: none was given */
	size_t max;
	bool full_stacks;
};

/* Rows of options[] that several commands have; look_parse() handles their keys. */
enum { KEY_LOOK_MAX = 0x400, KEY_LOOK_FULL_STACKS };

/* clang-format off */
#define ROW_HELP {NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0} /* as --help */
#define ROW_MAX {"max", KEY_LOOK_MAX, "N", 0, "In text, show the first N places; 0 shows all (default: 20)", 0}
#define ROW_FULL_STACKS \
	{"full-stacks", KEY_LOOK_FULL_STACKS, NULL, 0, "Show every frame of each stack, not only the first few", 0}
/* clang-format on */

/* The rest of a parser: handles the rows above, and the one argument that says what to look at. */
error_t look_parse(int key, char *arg, struct argp_state *state, struct look_arguments *look);

/* Ends the program if `why`, which it frees, is not NULL. */
void need(struct argp_state *state, char *why);

/* The index of a word among the names, which NULL terminates. Any other word ends the program with "no format 'x'; there are text json". */
size_t pick_name(struct argp_state *state, const char *what, const char *word, const char *(*name)(size_t));

/* Parses a decimal number, or ends the program. */
size_t pick_number(struct argp_state *state, const char *option, const char *text, size_t least, size_t most);

/* Parses a PID, or ends the program. */
pid_t pick_pid(struct argp_state *state, const char *word);

/* Like argp_parse() without an index. An unknown long option ends the program with a message that suggests the nearest one. */
error_t arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

#endif
