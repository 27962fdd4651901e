/* Which elements of reports are the same, and which stands first: see merge_keys.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/merge_keys.h"

#include "analyzer/base/util.h"

/* A text that is empty is another than none. */
static void print_text(FILE *out, const char *text)
{
	if (text) {
		fputc('=', out);
		print_safe(out, text);
	}
	fputc('\n', out);
}

static void print_stack(FILE *out, const struct symbols *stack)
{
	for (size_t i = 0; stack && i < stack->n; i++) {
		const struct symbol *frame = &stack->list[i];
		print_text(out, frame->function);
		print_text(out, frame->file);
		print_text(out, frame->module);
		fprintf(out, "%d %llx %d\n", frame->line, (unsigned long long)frame->offset, frame->python);
	}
}

/* The user's own frames, or all when none is. */
static void print_locations(FILE *out, const struct symbols *stack)
{
	bool own = false;
	for (size_t i = 0; i < stack->n; i++)
		own |= stack->list[i].own;
	for (size_t i = 0; i < stack->n; i++) {
		const struct symbol *frame = &stack->list[i];
		const char *file = frame->file ? frame->file : frame->module;
		if (own && !frame->own)
			continue;
		print_text(out, frame->function);
		print_text(out, file ? base_name(file) : NULL);
		if (frame->file && frame->line > 0)
			fprintf(out, ":%d\n", frame->line);
		else
			fprintf(out, "+%llx\n", (unsigned long long)frame->offset);
	}
}

char *item_key(const struct report_item *item)
{
	char *key;
	size_t n;
	FILE *out = memstream(&key, &n);
	fprintf(out, "%d %d %s\n", (int)item->finding->code, (int)item->finding->cause, item->fingerprint);
	for (int role = 0; role < ROLES_TELLING; role++) {
		if (!item->stacks[role])
			continue;
		print_text(out, role_name((enum role)role));
		print_locations(out, item->stacks[role]);
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
	print_text(out, state_name(read->life.state));
	print_text(out, read->life.local);
	print_text(out, read->life.peer);
	print_stack(out, read->opened);
	fclose(out);
	return rank;
}
