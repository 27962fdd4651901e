/* Tables of what the data of the HTML page refers to repeatedly: strings, frames and stacks, each stored once and referred to by number.
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

/* The numbers of a text, as print_safe() shows it, of a frame and of a stack; -1 for NULL. */
int64_t page_string(struct page_tables *tables, const char *text);
int64_t page_frame(struct page_tables *tables, const struct symbol *symbol);
int64_t page_stack(struct page_tables *tables, const struct symbols *symbols);

/* Sets the key to such a number; leaves out the key if it is below 0. */
void page_set(json_t *object, const char *key, int64_t number);

/* Writes JSON that cannot end a script, whatever is in it, and is the same when read as XML; frees it. */
void page_json(FILE *out, json_t *json);

/* Writes "strings", "frames" and "stacks", as members of an object. */
void page_tables_write(FILE *out, const struct page_tables *tables);

#endif
