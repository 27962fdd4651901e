/* Helpers for the formats that use libxml2's writer. Its errors are those of the stream, reported by xml_end().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/xml.h"

#include <argp.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>

#include "analyzer/base/util.h"

/* By default, libxml2 writes them to standard error. */
static void keep_quiet(void *context, const char *message, ...)
{
	(void)context;
	(void)message;
}

xmlTextWriter *xml_new(FILE *out)
{
	xmlSetGenericErrorFunc(NULL, keep_quiet);
	xmlOutputBuffer *buffer = xmlOutputBufferCreateFile(out, NULL);
	xmlTextWriter *xml = buffer ? xmlNewTextWriter(buffer) : NULL;
	if (!xml) {
		complain("out of memory");
		exit(argp_err_exit_status);
	}
	return xml;
}

int xml_end(xmlTextWriter *xml, FILE *out)
{
	int failed = xmlTextWriterEndDocument(xml) < 0;
	xmlFreeTextWriter(xml);
	return failed || ferror(out) ? -1 : 0;
}

static const xmlChar *chars(const char *text) { return (const xmlChar *)text; }

void xml_start(xmlTextWriter *xml, const char *element) { xmlTextWriterStartElement(xml, chars(element)); }

void xml_close(xmlTextWriter *xml) { xmlTextWriterFullEndElement(xml); }

void xml_attribute(xmlTextWriter *xml, const char *name, const char *value)
{
	char *safe = safe_text(value);
	xmlTextWriterWriteAttribute(xml, chars(name), chars(safe));
	free(safe);
}

void xml_number(xmlTextWriter *xml, const char *name, uint64_t value)
{
	char *text = xasprintf("%llu", (unsigned long long)value);
	xmlTextWriterWriteAttribute(xml, chars(name), chars(text));
	free(text);
}

void xml_lines(xmlTextWriter *xml, const char *text) { xmlTextWriterWriteString(xml, chars(text)); }

void xml_text(xmlTextWriter *xml, const char *text)
{
	char *safe = safe_text(text);
	xml_lines(xml, safe);
	free(safe);
}

void xml_element(xmlTextWriter *xml, const char *element, const char *text)
{
	xml_start(xml, element);
	if (text)
		xml_text(xml, text);
	xml_close(xml);
}
