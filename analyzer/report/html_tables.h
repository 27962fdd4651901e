/* What the data of the HTML page names again and again: strings, frames and stacks, each once, by number.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HTML_TABLES_H
#define SOCKSAN_ANALYZER_HTML_TABLES_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "analyzer/symbols/symbol.h"

struct page_tables;

struct page_tables *page_tables_new(void) __attribute__((returns_nonnull));
void page_tables_free(struct page_tables *tables);

/* The numbers of a text, as print_safe() shows it, a frame and a stack; -1 for NULL. */
int64_t page_string(struct page_tables *tables, const char *text);
int64_t page_frame(struct page_tables *tables, const struct symbol *symbol);
int64_t page_stack(struct page_tables *tables, const struct symbols *symbols);

/* Sets the key to such a number; below 0: there is no key. */
void page_set(json_t *object, const char *key, int64_t number);

/* Writes JSON that ends no script, whatever is in it, and is the same as XML; releases it. */
void page_json(FILE *out, json_t *json);

/* Writes "strings", "frames" and "stacks", as members of an object. */
void page_tables_write(FILE *out, const struct page_tables *tables);

#endif
