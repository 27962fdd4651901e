/* by_design: each row fits what it is for, and nothing beside it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit.h"

#include "analyzer/report/by_design.h"

static const struct row {
	enum violation code;
	enum kind kind;
	const char *function, *where, *reason;
} rows[] = {
#define SUPPRESSION(code, kind, function, where, reason) {VIOLATION_##code, KIND_##kind, function, where, reason},
#include "analyzer/report/by_design.def"
#undef SUPPRESSION
};

enum { MAKER, USER, FRAMES };

/* A violation that the row is for, with a user's frame above; all of it may be changed. */
struct trial {
	struct finding finding;
	struct symbols *stack;
	struct report_item item;
	char where[100];
};

static void make(struct trial *trial, const struct row *row)
{
	/* "/libnio.so$" */
	snprintf(trial->where, sizeof trial->where, "/some/folder%.*s", (int)strlen(row->where) - 1, row->where);
	bool python = strstr(row->where, ".py") != NULL;
	trial->finding = (struct finding){.code = row->code, .kind = row->kind};
	trial->stack = calloc(1, sizeof *trial->stack + FRAMES * sizeof *trial->stack->list);
	trial->stack->n = FRAMES;
	trial->stack->list[MAKER] = (struct symbol){.function = row->function,
						    .file = python ? trial->where : NULL,
						    .module = python ? NULL : trial->where,
						    .lang = python ? LANG_python : LANG_c};
	trial->stack->list[USER] =
		(struct symbol){.function = "serve", .file = "/src/a.c", .module = "/src/a", .own = true};
	trial->item = (struct report_item){
		.finding = &trial->finding,
	};
	trial->item.stacks[ROLE_OPENED] = trial->stack;
}

static void each_row_fits_its_maker_whoever_calls_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trial trial;
		make(&trial, &rows[i]);
		const char *reason = by_design(&trial.item);
		if (!reason || strcmp(reason, rows[i].reason) != 0)
			fail_msg("%s: expected its reason, got %s", rows[i].function, reason);
		free(trial.stack);
	}
}

static void what_a_script_calls_is_its_maker(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trial trial;
		make(&trial, &rows[i]);
		struct symbol *frames = trial.stack->list;
		bool is_script = frames[MAKER].lang;
		frames[USER] = frames[MAKER];
		frames[MAKER] =
			(struct symbol){.function = "serve", .file = "/src/A.java", .lang = LANG_java, .own = true};
		const char *reason = by_design(&trial.item);
		if (is_script ? reason != NULL : !reason)
			fail_msg("%s: expected it to be the maker below a script unless it is one, got %s",
				 rows[i].function, reason);
		free(trial.stack);
	}
}

static void nothing_beside_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int change = 0; change < 9; change++) {
			struct trial trial;
			char longer[100];
			make(&trial, &rows[i]);
			struct symbol *frames = trial.stack->list, *maker = &frames[MAKER], swapped = *maker;
			snprintf(longer, sizeof longer, "%s2", rows[i].function);
			switch (change) {
			case 0: trial.finding.code = VIOLATION_bad_fd; break; /* no row has it */
			case 1: trial.finding.kind = KIND_eventfd; break;
			case 2: maker->function = longer; break;
			case 3: maker->function = NULL; break;
			case 4: strcat(trial.where, ".mine"); break;
			case 5: *maker = frames[USER], frames[USER] = swapped; break;
			case 6:
				trial.item.stacks[ROLE_CLOSED] = trial.stack;
				trial.item.stacks[ROLE_OPENED] = NULL;
				break;
			case 7: trial.stack->n = 0; break;
			case 8: maker->file = maker->module = NULL; break;
			}
			if (by_design(&trial.item))
				fail_msg("%s: expected no match after change %d", rows[i].function, change);
			free(trial.stack);
		}
	}
}

static void frames_of_the_c_library_are_stepped_over(void **state)
{
	(void)state;
	struct trial trial;
	make(&trial, &rows[0]);
	trial.stack->list[USER] = trial.stack->list[MAKER];
	trial.stack->list[MAKER] = (struct symbol){.function = "openat64", .module = "/lib/x86_64-linux-gnu/libc.so.6"};
	assert_non_null(by_design(&trial.item));
	free(trial.stack);
}

/* A row for a module must name it whole, or it would take in what a user called likewise. */
static void where_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *where = rows[i].where;
		if (*where != '/' || where[strlen(where) - 1] != '$' || strchr(where, '*'))
			fail_msg("%s: expected a whole name, as in /libnio.so$, not %s", rows[i].function, where);
		if (!*rows[i].reason || strchr(rows[i].function, '*'))
			fail_msg("%s: expected a name and a reason", rows[i].function);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_fits_its_maker_whoever_calls_it),
		cmocka_unit_test(what_a_script_calls_is_its_maker),
		cmocka_unit_test(nothing_beside_it),
		cmocka_unit_test(frames_of_the_c_library_are_stepped_over),
		cmocka_unit_test(where_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
