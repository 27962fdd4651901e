/* Which elements of reports are the same, and which stands first: see merge_keys.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/merge_keys.h"

#include "analyzer/report/by_design.h"
#include "analyzer/base/util.h"

/* An empty text differs from none. */
static void print_text(FILE *out, const char *text)
{
	if (text) {
		fputc('=', out);
		print_safe(out, text);
	}
	fputc('\n', out);
}

static void print_frame(FILE *out, const struct symbol *frame)
{
	print_text(out, frame->function);
	print_text(out, frame->file);
	print_text(out, frame->module);
	fprintf(out, "%d %llx %d\n", frame->line, (unsigned long long)frame->offset, frame->lang);
}

static void print_stack(FILE *out, const struct symbols *stack)
{
	for (size_t i = 0; stack && i < stack->n; i++)
		print_frame(out, &stack->list[i]);
}

static void print_history(FILE *out, const struct report_item *item)
{
	for (size_t i = 0; i < item->finding->story.n; i++) {
		const struct story_step *step = &item->finding->story.steps[i];
		print_text(out, step->op);
		print_text(out, step->error);
		fprintf(out, "%d %lld %lld %lld %u %u\n", (int)step->to, (long long)step->t, (long long)step->pid,
			(long long)step->tid, step->count, step->omitted);
		if (item->places[i])
			print_frame(out, item->places[i]);
	}
}

static void print_place(FILE *out, const struct symbol *frame)
{
	const char *file = frame->file ? frame->file : frame->module;
	print_text(out, frame->function);
	print_text(out, file ? base_name(file) : NULL);
	if (frame->file && frame->line > 0)
		fprintf(out, ":%d\n", frame->line);
	else
		fprintf(out, "+%llx\n", (unsigned long long)frame->offset);
}

/* The innermost user frame; without one, all that carry information. */
static void print_places(FILE *out, const struct symbols *stack)
{
	bool counts = false;
	for (size_t i = 0; i < stack->n; i++) {
		counts |= stack->list[i].counts;
		if (stack->list[i].own && stack->list[i].counts) {
			print_place(out, &stack->list[i]);
			return;
		}
	}
	for (size_t i = 0; i < stack->n; i++)
		if (!counts || stack->list[i].counts)
			print_place(out, &stack->list[i]);
}

char *item_key(const struct report_item *item)
{
	char *key;
	size_t n;
	FILE *out = memstream(&key, &n);
	fprintf(out, "%d %d %d %s\n", (int)item->finding->code, (int)item->finding->cause, (int)item->finding->kind,
		item->fingerprint);
	print_text(out, item->finding->ops[ROLE_AT]);
	/* Suppressed by-design violations do not absorb others of the same place. */
	const char *maker = runtime_maker(item);
	if (maker)
		print_text(out, maker);
	for (int role = 0; role < ROLES_TELLING; role++) {
		if (!item->stacks[role])
			continue;
		print_text(out, role_name((enum role)role));
		print_places(out, item->stacks[role]);
	}
	if (finding_has_listener(item->finding) && item->stacks[ROLE_OTHER]) {
		print_text(out, "listener");
		print_places(out, item->stacks[ROLE_OTHER]);
	}
	fclose(out);
	return key;
}

char *item_rank(const struct report_item *item)
{
	const struct finding *finding = item->finding;
	char *rank;
	size_t n;
	FILE *out = memstream(&rank, &n);
	if (item->injected) { /* runs of one exploration: their numbers and ports are by chance */
		print_text(out, item->injected->call);
		print_text(out, item->injected->error);
		print_text(out, item->injected->site);
	}
	print_text(out, finding->message);
	print_text(out, state_name(finding->state));
	print_text(out, finding->local);
	print_text(out, finding->peer);
	print_text(out, finding->error);
	for (int role = 0; role < ROLE_COUNT; role++) {
		print_text(out, finding->ops[role]);
		fprintf(out, "%lld\n", (long long)finding->tids[role]);
		print_stack(out, item->stacks[role]);
	}
	for (size_t i = 0; i < finding->n_sharers; i++) {
		const struct sharer *sharer = &finding->sharers[i];
		fprintf(out, "%lld %d\n", (long long)sharer->pid, sharer->last);
		print_text(out, sharer->name);
		print_text(out, sharer->how);
	}
	fprintf(out, "%lld\n%llu\n", (long long)finding->opener, (unsigned long long)finding->registered.count);
	for (size_t i = 0; i < finding->registered.n; i++) {
		fprintf(out, "%llu\n", (unsigned long long)finding->registered.places[i].count);
		print_text(out, finding->registered.places[i].op);
		if (item->registered[i])
			print_frame(out, item->registered[i]);
	}
	print_history(out, item);
	fclose(out);
	return rank;
}

char *open_rank(const struct read_open *read)
{
	char *rank;
	size_t n;
	FILE *out = memstream(&rank, &n);
	fprintf(out, "%lld %llu %lld\n", (long long)read->process.pid, (unsigned long long)read->place.sockets,
		(long long)read->origin.step);
	for (size_t i = 0; i < read->origin.n; i++)
		fprintf(out, "%llu\n", (unsigned long long)read->origin.growth[i]);
	for (size_t i = 0; i < read->place.fds.n; i++)
		fprintf(out, "%lld\n", (long long)read->place.fds.values[i]);
	for (int state = 0; state < STATES; state++)
		fprintf(out, "%llu\n", (unsigned long long)read->place.states[state]);
	print_text(out, state_name(read->life.state));
	print_text(out, read->life.local);
	print_text(out, read->life.peer);
	print_stack(out, read->opened);
	fclose(out);
	return rank;
}
