/* The options that say which part of a fleet is asked about, as an argp child; its input is a struct fleet_question with its defaults.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_RANGE_H
#define SOCKSAN_ANALYZER_FLEET_RANGE_H

#include <argp.h>

#include "analyzer/fleet/question.h"

extern const struct argp fleet_range_argp;

/* What only judging knows of; the same input. */
extern const struct argp fleet_judged_argp;

/* The last day, of all hosts. */
struct fleet_question fleet_range_default(void);

#endif
