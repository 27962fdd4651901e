/* A process as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/json_process.h"

#include "analyzer/report/json_text.h"

json_t *json_process(const struct traced_process *process)
{
	json_t *object = json_object();
	json_set_number(object, "pid", process->pid);
	json_set_number(object, "ppid", process->ppid);
	json_set_text(object, "host", process->host);
	json_set_text(object, "exe", process->exe);
	if (process->announced) {
		json_t *argv = json_array();
		for (size_t i = 0; i < process->n_argv; i++)
			json_array_append_new(argv, json_text(process->argv[i]));
		json_object_set_new(object, "argv", argv);
	}
	return object;
}
