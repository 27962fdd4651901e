/* The XML writer. Errors of writing are those of the stream, reported by xml_finish().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/xml.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

struct xml {
	FILE *out;
	bool indented;
	bool in_tag;	       /* the last start tag has no '>' yet */
	bool has_text;	       /* so that the end tag follows it on the same line */
	const char **elements; /* that have not ended, the outermost first */
	size_t n, cap;
};

struct xml *xml_new(FILE *out)
{
	struct xml *xml = xcalloc(1, sizeof *xml);
	xml->out = out;
	return xml;
}

struct xml *xml_new_document(FILE *out)
{
	struct xml *xml = xml_new(out);
	xml->indented = true;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	return xml;
}

int xml_finish(struct xml *xml)
{
	int failed;
	if (!xml->indented)
		fputc('\n', xml->out);
	failed = fflush(xml->out) != 0 || ferror(xml->out);
	free(xml->elements);
	free(xml);
	return failed ? -1 : 0;
}

static void indent(struct xml *xml)
{
	if (xml->indented)
		fprintf(xml->out, "%*s", (int)xml->n, "");
}

static void new_line(struct xml *xml)
{
	if (xml->indented)
		fputc('\n', xml->out);
}

/* What stands for a character: in an attribute, a parser turns newlines and tabs that are not escaped into spaces. */
static const char *entity(char c, bool attribute)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\r': return "&#13;";
	case '\n': return attribute ? "&#10;" : "\n";
	default: return attribute ? "&#9;" : "\t";
	}
}

static void escape(FILE *out, const char *text, bool attribute)
{
	for (;; text++) {
		size_t n = strcspn(text, "&<>\"\r\n\t");
		fwrite(text, 1, n, out);
		text += n;
		if (!*text)
			return;
		fputs(entity(*text, attribute), out);
	}
}

void xml_start(struct xml *xml, const char *element)
{
	if (xml->in_tag) {
		fputc('>', xml->out);
		new_line(xml);
	}
	indent(xml);
	fprintf(xml->out, "<%s", element);
	GROW(xml->elements, xml->n, xml->cap);
	xml->elements[xml->n++] = element;
	xml->in_tag = true;
	xml->has_text = false;
}

static void end(struct xml *xml, bool may_be_empty_tag)
{
	const char *element = xml->elements[--xml->n];
	if (xml->in_tag && may_be_empty_tag) {
		fputs("/>", xml->out);
	} else {
		if (xml->in_tag)
			fputc('>', xml->out);
		else if (!xml->has_text)
			indent(xml);
		fprintf(xml->out, "</%s>", element);
	}
	new_line(xml);
	xml->in_tag = xml->has_text = false;
}

void xml_end(struct xml *xml) { end(xml, true); }

void xml_close(struct xml *xml) { end(xml, false); }

void xml_attribute(struct xml *xml, const char *name, const char *value)
{
	char *safe = safe_text(value);
	fprintf(xml->out, " %s=\"", name);
	escape(xml->out, safe, true);
	fputc('"', xml->out);
	free(safe);
}

void xml_number(struct xml *xml, const char *name, uint64_t value)
{
	fprintf(xml->out, " %s=\"%" PRIu64 "\"", name, value);
}

void xml_lines(struct xml *xml, const char *text)
{
	if (xml->in_tag)
		fputc('>', xml->out);
	xml->in_tag = false;
	xml->has_text = true;
	escape(xml->out, text, false);
}

void xml_text(struct xml *xml, const char *text)
{
	char *safe = safe_text(text);
	xml_lines(xml, safe);
	free(safe);
}

void xml_element(struct xml *xml, const char *element, const char *text)
{
	xml_start(xml, element);
	if (text)
		xml_text(xml, text);
	xml_close(xml);
}
