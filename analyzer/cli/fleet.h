/* The commands of `socksan fleet`, one cmd_fleet_NAME.c each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_COMMANDS_H
#define SOCKSAN_ANALYZER_FLEET_COMMANDS_H

#include <argp.h>

int cmd_fleet_init(int argc, char **argv);
int cmd_fleet_report(int argc, char **argv);
int cmd_fleet_top(int argc, char **argv);

/* For the help of `socksan fleet`, which shows the options of all of them. */
extern const struct argp fleet_init_argp, fleet_report_argp, fleet_top_argp;

#endif
