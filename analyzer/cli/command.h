/* The commands of `socksan`, one cmd_NAME.c each. argv[0] is the name for messages ("socksan report").
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COMMAND_H
#define SOCKSAN_ANALYZER_COMMAND_H

/* Exit statuses of SockSan's own failures, like those of `env` and `timeout` for run, and of grep for the others. */
enum { STATUS_UNUSABLE = 2, STATUS_RUN_FAILED = 125 };

/* Exit status for a report that found nothing and is incomplete. */
enum { STATUS_INCOMPLETE = 24 };

int cmd_run(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_ship(int argc, char **argv);
int cmd_fleet(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_explain(int argc, char **argv);

#endif
