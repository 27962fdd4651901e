/* Keeps a record of what was tried in a file: see ledger.h. The file has a line of JSON for the command, and one for each failure.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/explore/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

struct ledger {
	json_t *done; /* by "call:error@site" */
	FILE *out;
};

static char *key_of(const struct planned *planned)
{
	return xasprintf("%s:%s@%s", planned->site->call, planned->fault->error, planned->site->site);
}

/* False: the file does not belong to this command. */
static bool read_lines(struct ledger *ledger, char *text, const char *command)
{
	char *rest = text, *line;
	bool first = true;
	while ((line = strsep(&rest, "\n"))) {
		json_t *json = json_loads(line, 0, NULL);
		const char *key = json_string_value(json_object_get(json, "fault")),
			   *of = json_string_value(json_object_get(json, "command"));
		if (first && !(of && strcmp(of, command) == 0)) {
			json_decref(json);
			return false;
		}
		first = false;
		if (key)
			json_object_set(ledger->done, key, json);
		json_decref(json);
	}
	return true;
}

static void put_line(struct ledger *ledger, json_t *json)
{
	json_dumpf(json, ledger->out, JSON_COMPACT);
	fputc('\n', ledger->out);
	fflush(ledger->out);
	json_decref(json);
}

bool ledger_open(struct ledger **result, const char *path, const char *command)
{
	size_t n = 0;
	*result = NULL;
	if (!path)
		return true;
	errno = 0;
	char *text = read_file(path, &n);
	if (!text && errno != ENOENT) {
		complain("--resume: %s: %s", path, strerror(errno));
		return false;
	}
	struct ledger *ledger = xcalloc(1, sizeof *ledger);
	bool cut = n && text[n - 1] != '\n'; /* it was killed as it wrote */
	ledger->done = json_object();
	if (n && !read_lines(ledger, text, command))
		complain("--resume: %s is not from an exploration of `%s`, and is left as it is; name another file",
			 path, command);
	else if (!(ledger->out = fopen(path, "ae")))
		complain("--resume: %s: %s", path, strerror(errno));
	else if (!n)
		put_line(ledger, json_pack("{s:s}", "command", command));
	free(text);
	if (ledger->out) {
		if (cut)
			fputc('\n', ledger->out);
		*result = ledger;
		return true;
	}
	ledger_close(ledger);
	return false;
}

const json_t *ledger_find(struct ledger *ledger, struct planned *planned)
{
	if (!ledger)
		return NULL;
	char *key = key_of(planned);
	const json_t *line = json_object_get(ledger->done, key);
	const char *result = json_string_value(json_object_get(line, "result")),
		   *codes = json_string_value(json_object_get(line, "codes"));
	free(key);
	for (unsigned i = 0; result && i < EXPLORED_RESULTS; i++)
		if (strcmp(result, explored_name((enum explored_result)i)) == 0)
			planned->fault->result = (enum explored_result)i;
	if (codes && *codes)
		planned->fault->codes = xstrdup(codes);
	return line;
}

void ledger_put(struct ledger *ledger, const struct planned *planned, json_t *found, json_t *processes)
{
	if (!ledger || !ledger->out)
		return;
	char *key = key_of(planned);
	json_t *line = json_pack("{s:s, s:s, s:s}", "fault", key, "result", explored_name(planned->fault->result),
				 "codes", planned->fault->codes ? planned->fault->codes : "");
	if (found)
		json_object_set(line, "found", found);
	if (json_array_size(processes) > 0)
		json_object_set(line, "processes", processes);
	put_line(ledger, line);
	free(key);
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	if (ledger->out)
		fclose(ledger->out);
	json_decref(ledger->done);
	free(ledger);
}
