/* The report as an HTML page: one file, nothing from elsewhere. The data is JSON, which the script shows as text; where no script runs there
 * is a plain list. The page is valid as HTML and well-formed as XML.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/html_assets.h"
#include "analyzer/report/html_data.h"
#include "analyzer/report/html_plain.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/xml.h"

enum { TITLE_COMMAND = 100 }; /* bytes */

/* Cuts a text between two characters; whether it did. */
static bool cut(char *text, size_t n)
{
	if (!text || strlen(text) <= n)
		return false;
	while (n > 0 && (text[n] & 0xc0) == 0x80)
		n--;
	text[n] = 0;
	return true;
}

static int write_title(FILE *out, const struct report *report)
{
	xmlTextWriter *xml = xml_new(out);
	char *verdict = page_verdict(report), *command = page_command(report), *date = page_date(report);
	bool is_cut = cut(command, TITLE_COMMAND);
	char *title = xasprintf("%s%s%s%s%s%s - SockSan", verdict, command ? ": " : "", command ? command : "",
				is_cut ? "..." : "", date ? ", " : "", date ? date : "");
	xml_element(xml, "title", title);
	free(title);
	free(date);
	free(command);
	free(verdict);
	return xml_end(xml, out);
}

int report_html(FILE *out, const struct report *report)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
	      out);
	fprintf(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\"/>\n", page_policy);
	int result = write_title(out, report);
	fprintf(out, "<style>%s</style>\n</head>\n<body>\n", page_style);
	result |= html_plain(out, report);
	fputs("<script type=\"application/json\" id=\"data\">\n", out);
	page_data(out, report);
	fprintf(out, "</script>\n<script>%s</script>\n</body>\n</html>\n", page_script);
	return result < 0 || ferror(out) ? -1 : 0;
}
