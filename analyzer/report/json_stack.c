/* Stacks as JSON: see json_stack.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/json_stack.h"

#include "analyzer/report/json_text.h"

json_t *json_frame(const struct symbol *symbol)
{
	json_t *object = json_object();
	json_set_text(object, "function", symbol->function);
	json_set_text(object, "file", symbol->file);
	if (symbol->line > 0)
		json_set_number(object, "line", symbol->line);
	json_set_text(object, "module", symbol->module);
	if (!symbol->lang) {
		char offset[20];
		snprintf(offset, sizeof offset, "0x%llx", (unsigned long long)symbol->offset);
		json_set_text(object, "offset", offset);
	}
	json_set_text(object, "lang", lang_name(symbol->lang));
	return object;
}

json_t *json_stack(const struct symbols *symbols)
{
	json_t *array = json_array();
	for (size_t i = 0; i < symbols->n; i++)
		json_array_append_new(array, json_frame(&symbols->list[i]));
	return array;
}
