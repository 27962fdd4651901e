/* The lives of descriptors, for the script of the HTML page. In rows of numbers, since there may be very many.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/util.h"
#include "analyzer/judge/words.h"
#include "analyzer/report/html_data.h"
#include "analyzer/report/lifelines.h"

enum { MADE = 1, LEAKED = 2, MISUSED = 4 };

static const struct symbols *stack_of(const struct stack_ref *ref)
{
	return ref && ref->stack ? symbolize(ref->stack) : NULL;
}

static int64_t place_of(const struct page *page, const struct stack_ref *ref)
{
	const struct symbols *symbols = stack_of(ref);
	return symbols ? page_frame(page->tables, symbols_location(symbols)) : -1;
}

static long long since(const struct page *page, int64_t t) { return (long long)(t - page->t0); }

static void write_mark(const struct page *page, const struct lifeline_mark *mark, const char *comma)
{
	struct page_tables *tables = page->tables;
	fprintf(page->out, "%s%lld,%lld,%d,%lld,%lld,%lld,%lld,%lu,%lld", comma, since(page, mark->t),
		(long long)page_string(tables, mark->op), (int)mark->to, (long long)mark->tid, (long long)mark->fd,
		(long long)page_string(tables, mark->error), (long long)page_string(tables, mark->violation),
		(unsigned long)mark->count, (long long)place_of(page, mark->stack));
}

static void write_life(const struct page *page, const struct lifeline *life, bool first)
{
	struct page_tables *tables = page->tables;
	const char *words = life->kind == KIND_socket ? kind_of_socket(life->family, life->type)
						      : kind_words(life->kind, life->opened_op);
	int flags = (life->made ? MADE : 0) | (life->leaked ? LEAKED : 0) | (life->misused ? MISUSED : 0);
	fprintf(page->out, "%s[%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld", first ? "" : ",\n",
		(long long)page_process(page, life->key.process), (long long)life->fd,
		(long long)page_string(tables, kind_name(life->kind)), (long long)page_string(tables, words),
		(long long)place_of(page, life->opened), (long long)page_stack(tables, stack_of(life->opened)),
		since(page, life->t), life->t_end ? since(page, life->t_end) : -1,
		(long long)page_string(tables, life->opened_op));
	fprintf(page->out, ",%lld,%lld,%lld,%lld,%lld,%lld,%d,%lld,%lu,%d,[", (long long)life->tid,
		(long long)page_string(tables, life->local), (long long)page_string(tables, life->peer),
		(long long)life->rx, (long long)life->tx, (long long)page_string(tables, life->cookie), flags,
		(long long)life->key.sock, (unsigned long)life->omitted, (int)life->state);
	for (size_t i = 0; i < life->n; i++)
		write_mark(page, &life->marks[i], i ? "," : "");
	fputs("]]", page->out);
}

static void write_states(FILE *out)
{
	fputs("\"states\":[\"\"", out);
	for (unsigned state = STATE_NONE + 1; state < STATES; state++)
		fprintf(out, ",\"%s\"", state_name(state));
	fputc(']', out);
}

void page_timeline(const struct page *page)
{
	const struct lifelines *lifelines = page->report->lifelines;
	const struct lifeline *life;
	FILE *out = page->out;
	bool first = true;
	if (!lifelines) {
		fputs("{\"why\":\"It is made from traces, and this report is merged from JSON reports, which have no "
		      "lives of descriptors. socksan report -f html TRACE... draws one.\"}",
		      out);
		return;
	}
	fputc('{', out);
	write_states(out);
	fprintf(out, ",\n\"began\":%llu,\"limit\":%d,\"marks\":%d,\n\"lives\":[", (unsigned long long)lifelines->began,
		LIFELINE_LIVES, LIFELINE_MARKS);
	for (life = lifelines->lives; life; life = life->hh.next, first = false)
		write_life(page, life, first);
	fputs("],\n\"strays\":[", out);
	for (size_t i = 0; i < lifelines->n_strays; i++) {
		fprintf(out, "%s[%lld,", i ? ",\n" : "", (long long)page_process(page, lifelines->strays[i].process));
		write_mark(page, &lifelines->strays[i].mark, "");
		fputc(']', out);
	}
	fputs("]}", out);
}
