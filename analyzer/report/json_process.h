/* A process as JSON, as the report and the snapshot have it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JSON_PROCESS_H
#define SOCKSAN_ANALYZER_JSON_PROCESS_H

#include <jansson.h>

#include "analyzer/replay/lives.h"

/* A new object with what names the process: pid, ppid, exe, argv. */
json_t *json_process(const struct traced_process *process);

#endif
