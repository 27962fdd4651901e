/* Says what would hinder recording a command or a process, before anything runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DOCTOR_H
#define SOCKSAN_ANALYZER_DOCTOR_H

#include "analyzer/doctor/checkup.h"

/* Adds the rows for what the checkup names. */
void doctor(struct checkup *checkup);

#endif
