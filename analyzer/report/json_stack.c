/* Stacks as JSON: see json_stack.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/json_stack.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_text.h"
#include "analyzer/symbols/user_code.h"

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

char *json_frame_read(const json_t *json, struct symbol *symbol)
{
	const char *function = NULL, *file = NULL, *module = NULL, *offset = NULL, *lang;
	int line = 0;
	json_error_t error;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s?s, s?s, s?i, s?s, s?s, s:s}", "function", &function, "file",
			   &file, "line", &line, "module", &module, "offset", &offset, "lang", &lang) != 0)
		return xstrdup(error.text);
	unsigned which = 0;
	while (which < LANGS && strcmp(lang, lang_name(which)) != 0)
		which++;
	if (which == LANGS)
		return xasprintf("no language '%s'", lang);
	char *end = NULL;
	*symbol = (struct symbol){
		.function = function ? intern(function) : NULL,
		.file = file ? intern(file) : NULL,
		.line = line,
		.module = module ? intern(module) : NULL,
		.offset = offset ? strtoull(offset, &end, 16) : 0,
		.lang = (enum lang)which,
	};
	if (line < 0)
		return xstrdup("\"line\" is below 0");
	if (offset && (*end || strncmp(offset, "0x", 2) != 0))
		return xasprintf("no offset '%s'", offset);
	if (symbol->lang)
		symbol->offset = 0;
	return NULL;
}

char *json_stack_read(const json_t *json, const char *key, struct symbols **stack)
{
	const json_t *frame;
	size_t i;
	char *why = NULL;
	if (!json)
		return NULL;
	if (!json_is_array(json))
		return xasprintf("the stack \"%s\" is not an array", key);
	*stack = xcalloc(1, sizeof **stack + json_array_size(json) * sizeof *(*stack)->list);
	json_array_foreach(json, i, frame)
	{
		char *problem = why ? NULL : json_frame_read(frame, &(*stack)->list[i]);
		if (problem)
			why = xasprintf("stacks.%s[%zu]: %s", key, i, problem);
		free(problem);
	}
	(*stack)->n = json_array_size(json);
	symbols_mark_user_code(*stack);
	return why;
}
