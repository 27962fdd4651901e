/* What `socksan doctor` found: see checkup.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/doctor/checkup.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_text.h"
#include "analyzer/report/text_style.h"
#include "shim/model/version.h"

static const char *const words[CHECKUP_RESULTS] = {"ok", "note", "problem"};

void checkup_add(struct checkup *checkup, const char *name, enum checkup_result result, char *found, char *advice)
{
	GROW(checkup->rows, checkup->n, checkup->cap);
	checkup->rows[checkup->n++] = (struct checkup_row){name, result, found, advice};
}

size_t checkup_count(const struct checkup *checkup, enum checkup_result result)
{
	size_t count = 0;
	for (size_t i = 0; i < checkup->n; i++)
		count += checkup->rows[i].result == result;
	return count;
}

static void print_subject(FILE *out, const struct checkup *checkup)
{
	if (checkup->command)
		print_safe(out, checkup->command[0]);
	else if (checkup->pid)
		fprintf(out, "process %d", (int)checkup->pid);
	else
		fputs("a program here", out);
}

int checkup_text(FILE *out, const struct checkup *checkup)
{
	const struct style style = text_style(out);
	const char *const colours[CHECKUP_RESULTS] = {"", style.severity[SEVERITY_NOTE],
						      style.severity[SEVERITY_ERROR]};
	size_t problems = checkup_count(checkup, CHECKUP_PROBLEM), notes = checkup_count(checkup, CHECKUP_NOTE);
	int width = 0;
	for (size_t i = 0; i < checkup->n; i++)
		if ((int)strlen(checkup->rows[i].name) > width)
			width = (int)strlen(checkup->rows[i].name);
	for (size_t i = 0; i < checkup->n; i++) {
		const struct checkup_row *row = &checkup->rows[i];
		bool coloured = *colours[row->result];
		fprintf(out, "%s%-7s%s  %-*s  ", colours[row->result], words[row->result], coloured ? style.plain : "",
			width, row->name);
		print_safe(out, row->found);
		if (row->advice) {
			fprintf(out, "\n%*s  = help: ", 7, "");
			print_safe(out, row->advice);
		}
		fputc('\n', out);
	}
	fputs("socksan: ", out);
	if (problems)
		print_count(out, problems, "problem");
	else
		fputs("nothing", out);
	fputs(problems == 1 || !problems ? " hinders" : " hinder", out);
	fputs(" recording ", out);
	print_subject(out, checkup);
	if (notes) {
		fputs(" (", out);
		print_count(out, notes, "note");
		fputc(')', out);
	}
	fputc('\n', out);
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

static json_t *subject_json(const struct checkup *checkup)
{
	json_t *subject = json_object();
	if (checkup->command) {
		json_t *argv = json_array();
		for (char *const *word = checkup->command; *word; word++)
			json_array_append_new(argv, json_text(*word));
		json_object_set_new(subject, "command", argv);
	} else if (checkup->pid) {
		json_set_number(subject, "pid", checkup->pid);
	}
	return subject;
}

int checkup_json(FILE *out, const struct checkup *checkup)
{
	json_t *object = json_object(), *checks = json_array();
	for (size_t i = 0; i < checkup->n; i++) {
		const struct checkup_row *row = &checkup->rows[i];
		json_t *check = json_object();
		json_set_text(check, "check", row->name);
		json_set_text(check, "result", words[row->result]);
		json_set_text(check, "found", row->found);
		json_set_text(check, "help", row->advice);
		json_array_append_new(checks, check);
	}
	json_set_text(object, "schema", "socksan-doctor/1");
	json_object_set_new(object, "tool", json_pack("{s:s, s:s}", "name", "socksan", "version", SOCKSAN_VERSION));
	json_object_set_new(object, "subject", subject_json(checkup));
	json_object_set_new(object, "hindered", json_boolean(checkup_count(checkup, CHECKUP_PROBLEM) > 0));
	json_object_set_new(object, "checks", checks);
	return json_write(out, object);
}

void checkup_free(struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->n; i++) {
		free(checkup->rows[i].found);
		free(checkup->rows[i].advice);
	}
	free(checkup->rows);
}
