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

/* Their options without their texts, for the help of `socksan fleet`. */
extern const struct argp fleet_init_options, fleet_top_options;

#endif
