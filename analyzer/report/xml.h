/* What the formats that are made with libxml2's writer share. The writer escapes markup; what XML cannot hold at all,
 * control characters and broken UTF-8, is shown as print_safe() does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_XML_H
#define SOCKSAN_ANALYZER_XML_H

#include <stdint.h>
#include <stdio.h>

#include <libxml/xmlwriter.h>

/* A writer into `out`, which stays open. */
xmlTextWriter *xml_new(FILE *out) __attribute__((returns_nonnull));

/* Ends the document. -1: writing failed. */
int xml_end(xmlTextWriter *xml, FILE *out);

void xml_start(xmlTextWriter *xml, const char *element);

/* Ends an element with a tag of its own: HTML knows no <empty/>. */
void xml_close(xmlTextWriter *xml);

void xml_attribute(xmlTextWriter *xml, const char *name, const char *value);
void xml_number(xmlTextWriter *xml, const char *name, uint64_t value);
void xml_text(xmlTextWriter *xml, const char *text);

/* Likewise of text whose lines are made by SockSan, and escaped by print_safe() already. */
void xml_lines(xmlTextWriter *xml, const char *text);

/* An element with that text, which may be NULL. */
void xml_element(xmlTextWriter *xml, const char *element, const char *text);

#endif
