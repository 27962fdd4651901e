/* A writer of XML, for JUnit and for the plain list of the HTML page. It escapes markup; what XML cannot represent at all, control
 * characters and broken UTF-8, is shown like print_safe() does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_XML_H
#define SOCKSAN_ANALYZER_XML_H

#include <stdint.h>
#include <stdio.h>

struct xml;

/* A writer of elements to `out`, which stays open. */
struct xml *xml_new(FILE *out) __attribute__((returns_nonnull));

/* The same for a document: with a declaration, and each element that has no text on a line of its own, indented. */
struct xml *xml_new_document(FILE *out) __attribute__((returns_nonnull));

/* Ends what is written, whose elements have all ended. -1: writing failed. */
int xml_finish(struct xml *xml);

/* `element` must outlive the element. */
void xml_start(struct xml *xml, const char *element);

/* Ends an element, as <element/> if it is empty. */
void xml_end(struct xml *xml);

/* Ends an element with an end tag of its own: HTML has no <empty/>. */
void xml_close(struct xml *xml);

/* Of the element just started. */
void xml_attribute(struct xml *xml, const char *name, const char *value);
void xml_number(struct xml *xml, const char *name, uint64_t value);

void xml_text(struct xml *xml, const char *text);

/* The same for text whose newlines are SockSan's own, and which print_safe() already escaped. */
void xml_lines(struct xml *xml, const char *text);

/* An element with that text, which may be NULL. */
void xml_element(struct xml *xml, const char *element, const char *text);

#endif
