/* Helpers for the formats that use libxml2's writer. The writer escapes markup; what XML cannot represent at all, control characters and
 * broken UTF-8, is shown like print_safe() does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_XML_H
#define SOCKSAN_ANALYZER_XML_H

#include <stdint.h>
#include <stdio.h>

#include <libxml/xmlwriter.h>

/* A writer to `out`, which stays open. */
xmlTextWriter *xml_new(FILE *out) __attribute__((returns_nonnull));

/* Ends the document. -1: writing failed. */
int xml_end(xmlTextWriter *xml, FILE *out);

void xml_start(xmlTextWriter *xml, const char *element);

/* Ends an element with an end tag of its own: HTML has no <empty/>. */
void xml_close(xmlTextWriter *xml);

void xml_attribute(xmlTextWriter *xml, const char *name, const char *value);
void xml_number(xmlTextWriter *xml, const char *name, uint64_t value);
void xml_text(xmlTextWriter *xml, const char *text);

/* The same for text whose newlines are SockSan's own, and which print_safe() already escaped. */
void xml_lines(xmlTextWriter *xml, const char *text);

/* An element with that text, which may be NULL. */
void xml_element(xmlTextWriter *xml, const char *element, const char *text);

#endif
