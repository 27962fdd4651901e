/* Tables of what the data of the HTML page refers to repeatedly: see html_tables.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/html_tables.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/report/source_location.h"

struct page_text {
	char *text; /* the key */
	int64_t number;
	UT_hash_handle hh;
};

struct page_frame_entry {
	struct page_frame_key {
		int64_t function, file, module, line, lang, own;
		uint64_t offset;
	} key;
	int64_t number;
	UT_hash_handle hh;
};

struct page_stack_entry {
	const struct symbols *symbols; /* the key */
	int64_t number;
	int64_t *frames; /* their numbers */
	UT_hash_handle hh;
};

struct page_tables {
	struct page_text *texts;
	struct page_frame_entry *frames;
	struct page_stack_entry *stacks;
};

struct page_tables *page_tables_new(void) { return xcalloc(1, sizeof(struct page_tables)); }

void page_tables_free(struct page_tables *tables)
{
	struct page_text *text, *next_text;
	struct page_frame_entry *frame, *next_frame;
	struct page_stack_entry *stack, *next_stack;
	HASH_ITER (hh, tables->texts, text, next_text) {
		HASH_DEL(tables->texts, text);
		free(text->text);
		free(text);
	}
	HASH_ITER (hh, tables->frames, frame, next_frame) {
		HASH_DEL(tables->frames, frame);
		free(frame);
	}
	HASH_ITER (hh, tables->stacks, stack, next_stack) {
		HASH_DEL(tables->stacks, stack);
		free(stack->frames);
		free(stack);
	}
	free(tables);
}

int64_t page_string(struct page_tables *tables, const char *text)
{
	struct page_text *entry;
	if (!text)
		return -1;
	char *safe = safe_text(text);
	HASH_FIND_STR(tables->texts, safe, entry);
	if (entry) {
		free(safe);
		return entry->number;
	}
	entry = xcalloc(1, sizeof *entry);
	entry->text = safe;
	entry->number = (int64_t)HASH_COUNT(tables->texts);
	HASH_ADD_KEYPTR(hh, tables->texts, entry->text, strlen(entry->text), entry);
	return entry->number;
}

int64_t page_frame(struct page_tables *tables, const struct symbol *symbol)
{
	struct page_frame_key key;
	struct page_frame_entry *entry;
	if (!symbol)
		return -1;
	char *path = symbol->file ? repo_path(symbol->file) : NULL;
	memset(&key, 0, sizeof key);
	key.function = page_string(tables, symbol->function);
	key.file = page_string(tables, path ? path : symbol->file);
	key.module = page_string(tables, symbol->module);
	key.line = symbol->line;
	key.lang = page_string(tables, lang_name(symbol->lang));
	key.own = symbol->counts;
	key.offset = symbol->offset;
	free(path);
	HASH_FIND(hh, tables->frames, &key, sizeof key, entry);
	if (entry)
		return entry->number;
	entry = xcalloc(1, sizeof *entry);
	entry->key = key;
	entry->number = (int64_t)HASH_COUNT(tables->frames);
	HASH_ADD(hh, tables->frames, key, sizeof key, entry);
	return entry->number;
}

int64_t page_stack(struct page_tables *tables, const struct symbols *symbols)
{
	struct page_stack_entry *entry;
	if (!symbols || !symbols->n)
		return -1;
	HASH_FIND_PTR(tables->stacks, &symbols, entry);
	if (entry)
		return entry->number;
	entry = xcalloc(1, sizeof *entry);
	entry->symbols = symbols;
	entry->number = (int64_t)HASH_COUNT(tables->stacks);
	HASH_ADD_PTR(tables->stacks, symbols, entry);
	entry->frames = xcalloc(symbols->n, sizeof *entry->frames);
	for (size_t i = 0; i < symbols->n; i++)
		entry->frames[i] = page_frame(tables, &symbols->list[i]);
	return entry->number;
}

void page_set(json_t *object, const char *key, int64_t number)
{
	if (number >= 0)
		json_object_set_new(object, key, json_integer(number));
}

static int write_escaped(const char *text, size_t n, void *out)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("<>&", text[i]))
			fprintf(out, "\\u%04x", (unsigned)text[i]);
		else
			fputc(text[i], out);
	return 0;
}

void page_json(FILE *out, json_t *json)
{
	json_dump_callback(json, write_escaped, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	json_decref(json);
}

void page_tables_write(FILE *out, const struct page_tables *tables)
{
	const struct page_text *text;
	const struct page_frame_entry *frame;
	const struct page_stack_entry *stack;
	fputs("\"frames\":[", out);
	for (frame = tables->frames; frame; frame = frame->hh.next) {
		const struct page_frame_key *key = &frame->key;
		fprintf(out, "%s[%lld,%lld,%lld,%lld,%llu,%lld,%lld]", frame->number ? ",\n" : "",
			(long long)key->function, (long long)key->file, (long long)key->line, (long long)key->module,
			(unsigned long long)key->offset, (long long)key->lang, (long long)key->own);
	}
	fputs("],\n\"stacks\":[", out);
	for (stack = tables->stacks; stack; stack = stack->hh.next) {
		fprintf(out, "%s[", stack->number ? ",\n" : "");
		for (size_t i = 0; i < stack->symbols->n; i++)
			fprintf(out, "%s%lld", i ? "," : "", (long long)stack->frames[i]);
		fputc(']', out);
	}
	fputs("],\n\"strings\":[", out);
	for (text = tables->texts; text; text = text->hh.next) {
		fputs(text->number ? ",\n" : "", out);
		page_json(out, json_string(text->text));
	}
	fputc(']', out);
}
