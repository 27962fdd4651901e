/* The report as SARIF 2.1.0, for code scanning. The standard: OASIS, Static Analysis Results Interchange Format.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/own_path.h"
#include "analyzer/report/json_text.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"
#include "shim/model/version.h"

static const char root_id[] = "%SRCROOT%";

/* {"text": ...}; takes ownership of the string. */
static json_t *message_json(json_t *text) { return json_pack("{s:o}", "text", text); }

static json_t *plain_message(const char *text) { return message_json(json_safe_text(text)); }

/* -- rules ---------------------------------------------------------------------------------------------------- */

/* "NeverClosed"; NULL for a word, whose name would be its id: SARIF then wants none. */
static json_t *rule_name(const char *slug)
{
	char name[64];
	size_t n = 0;
	for (const char *c = slug; *c; c++)
		if (*c != '-')
			name[n++] = c == slug || c[-1] == '-' ? (char)toupper((unsigned char)*c) : *c;
	return n == strlen(slug) ? NULL : json_stringn(name, n);
}

/* Those of outcomes are in `socksan explore`'s alone. */
static json_t *rules_json(const struct report *report)
{
	json_t *rules = json_array();
	for (int code = VIOLATION_none + 1; code < (report->explored ? CODES : VIOLATIONS); code++) {
		const struct violation_info *info = &violations[code];
		char *cwe = xasprintf("external/cwe/cwe-%d", info->cwe);
		char *help = xasprintf("%s\n\nTo fix it: %s.", info->why, info->help);
		json_array_append_new(rules,
				      json_pack("{s:s, s:o*, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:[s,s]}}", "id",
						info->slug, "name", rule_name(info->slug), "shortDescription", "text",
						info->meaning, "fullDescription", "text", info->why, "help", "text",
						help, "defaultConfiguration", "level", severity_name(info->severity),
						"properties", "tags", "correctness", cwe));
		free(cwe);
		free(help);
	}
	return rules;
}

/* -- locations ------------------------------------------------------------------------------------------------ */

static json_t *artifact_json(const char *file)
{
	json_t *artifact = json_object();
	char *path = repo_path(file), *encoded = uri_of_path(path ? path : file);
	char *uri = path || *file != '/' ? xstrdup(encoded) : xasprintf("file://%s", encoded);
	json_set_text(artifact, "uri", uri);
	if (path)
		json_set_text(artifact, "uriBaseId", root_id);
	free(uri);
	free(encoded);
	free(path);
	return artifact;
}

/* The location of a frame: its source, else its program or library with the address in it. */
static json_t *location_json(const struct symbol *symbol)
{
	json_t *location = json_object(), *physical = json_object();
	const char *file = symbol->file ? symbol->file : symbol->module;
	if (file)
		json_object_set_new(physical, "artifactLocation", artifact_json(file));
	if (symbol->file && symbol->line > 0)
		json_object_set_new(physical, "region", json_pack("{s:i}", "startLine", symbol->line));
	else if (!symbol->file && symbol->module)
		json_object_set_new(physical, "address",
				    json_pack("{s:I}", "relativeAddress", (json_int_t)symbol->offset));
	if (file)
		json_object_set_new(location, "physicalLocation", physical);
	else
		json_decref(physical);
	if (symbol->function)
		json_object_set_new(location, "logicalLocations",
				    json_pack("[{s:o, s:s}]", "fullyQualifiedName", json_text(symbol->function), "kind",
					      "function"));
	return location;
}

static json_t *stack_json(const struct symbols *symbols, const char *what)
{
	json_t *frames = json_array();
	for (size_t i = 0; i < symbols->n; i++) {
		json_t *frame = json_pack("{s:o}", "location", location_json(&symbols->list[i]));
		json_set_text(frame, "module", symbols->list[i].module);
		json_array_append_new(frames, frame);
	}
	return json_pack("{s:o, s:o}", "message", plain_message(what), "frames", frames);
}

/* -- results -------------------------------------------------------------------------------------------------- */

/* The place of a call that was made to fail; NULL: unknown. */
static const struct symbol *injected_place(const struct injected *injected)
{
	return injected->stack && injected->stack->n ? symbols_location(injected->stack) : NULL;
}

/* Returns the text, which is freed, with one more link. */
static char *with_link(char *text, char before, const char *words, int id)
{
	char *longer = xasprintf("%s%c %s [here](%d)", text, before, words, id);
	free(text);
	return longer;
}

/* In message text, [text](n) is a link, so brackets in data are escaped. */
static json_t *linked_message(const struct report_item *item)
{
	char *safe = safe_text(item->finding->message), *text = xcalloc(strlen(safe), 2 + 1), *to = text;
	for (const char *c = safe; *c; c++) {
		if (strchr("[]\\", *c))
			*to++ = '\\';
		*to++ = *c;
	}
	*to = 0;
	free(safe);
	bool any = false;
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (!item->stacks[role] || !item->stacks[role]->n)
			continue;
		text = with_link(text, any ? ',' : ';', role_words(item->finding->code, (enum role)role), role);
		any = true;
	}
	int id = ROLE_COUNT;
	for (const struct injected *injected = item->injected; injected; injected = injected->next) {
		if (!injected_place(injected))
			continue;
		char *words = injected_words(injected->call, injected->error);
		text = with_link(text, any ? ',' : ';', words, id++);
		any = true;
		free(words);
	}
	json_t *message = message_json(json_string(text));
	free(text);
	return message;
}

/* Where a reviewer looks first. GitHub only accepts a result that has a file with a line. */
static json_t *main_location(const struct report_item *item)
{
	const struct symbol *place = item_location(item);
	json_t *location = place ? location_json(place) : json_object();
	json_t *physical = json_object_get(location, "physicalLocation");
	const struct traced_process *process = item->finding->process;
	if (!physical) {
		const char *file = process && process->exe ? process->exe : "unknown";
		json_object_set_new(location, "physicalLocation",
				    json_pack("{s:o}", "artifactLocation", artifact_json(file)));
		physical = json_object_get(location, "physicalLocation");
	}
	if (!json_object_get(physical, "region"))
		json_object_set_new(physical, "region", json_pack("{s:i}", "startLine", 1));
	return location;
}

/* Where the call was that was made to fail; the ids of others go on. */
static void add_injected(json_t *related, const struct injected *injected, int id)
{
	const struct symbol *place = injected_place(injected);
	char *words = injected_words(injected->call, injected->error);
	json_t *location = location_json(place);
	json_object_set_new(location, "message", plain_message(words));
	json_object_set_new(location, "id", json_integer(id));
	json_array_append_new(related, location);
	free(words);
}

static void set_stacks(json_t *result, const struct report_item *item)
{
	json_t *related = json_array(), *flow = json_array(), *stacks = json_array();
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct symbols *symbols = item->stacks[role];
		if (!symbols || !symbols->n)
			continue;
		const char *what = role_words(item->finding->code, (enum role)role);
		const struct symbol *place = symbols_location(symbols);
		json_t *location = location_json(place ? place : &symbols->list[0]);
		json_object_set_new(location, "message", plain_message(what));
		json_array_append_new(flow, json_pack("{s:O}", "location", location));
		json_t *other = json_copy(location);
		json_object_set_new(other, "id", json_integer(role));
		json_array_append_new(related, other);
		json_decref(location);
		json_array_append_new(stacks, stack_json(symbols, what));
	}
	int id = ROLE_COUNT;
	for (const struct injected *injected = item->injected; injected; injected = injected->next)
		if (injected_place(injected))
			add_injected(related, injected, id++);
	if (json_array_size(related))
		json_object_set(result, "relatedLocations", related);
	if (json_array_size(flow)) {
		json_object_set_new(result, "codeFlows", json_pack("[{s:[{s:O}]}]", "threadFlows", "locations", flow));
		json_object_set(result, "stacks", stacks);
	}
	json_decref(related);
	json_decref(flow);
	json_decref(stacks);
}

static json_t *result_json(const struct report *report, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	json_t *result = json_pack("{s:s, s:i, s:s, s:o, s:[o], s:I}", "ruleId", violations[finding->code].slug,
				   "ruleIndex", (int)finding->code - 1, "level", severity_name(finding->severity),
				   "message", linked_message(item), "locations", main_location(item), "occurrenceCount",
				   (json_int_t)finding->count);
	/* GitHub distinguishes results by the first name, in its own form. */
	char *hash = xasprintf("%s:%u", item->fingerprint, item->twin + 1);
	json_object_set_new(result, "partialFingerprints",
			    json_pack("{s:s, s:s}", "primaryLocationLineHash", hash, "socksan/v1", item->fingerprint));
	free(hash);
	set_stacks(result, item);
	if (item->suppressed)
		json_object_set_new(result, "suppressions",
				    json_pack("[{s:s, s:s*}]", "kind", "external", "justification", item->by_design));
	if (report->has_baseline)
		json_object_set_new(result, "baselineState", json_string(item->known ? "unchanged" : "new"));
	json_t *properties = json_object();
	json_set_text(properties, "cause", cause_name(finding->cause));
	injected_json(properties, item->injected);
	json_set_text(properties, "state", state_name(finding->state));
	json_set_text(properties, "local", finding->local);
	json_set_text(properties, "peer", finding->peer);
	json_object_set_new(properties, "pids", json_numbers(&finding->pids));
	json_object_set_new(properties, "fds", json_numbers(&finding->fds));
	json_object_set_new(result, "properties", properties);
	return result;
}

static json_t *invocation_json(const struct report *report)
{
	const struct incompletes *incomplete = &report->incomplete;
	bool whole = !incomplete->n || report->allow_dropped;
	json_t *invocation = json_pack("{s:b}", "executionSuccessful", whole), *notes = json_array();
	for (size_t i = 0; i < incomplete->n; i++)
		json_array_append_new(notes, json_pack("{s:s, s:{s:s}, s:o}", "level", whole ? "warning" : "error",
						       "descriptor", "id", incomplete->list[i].why, "message",
						       plain_message(incomplete->list[i].message)));
	for (size_t i = 0; i < report->n_notes; i++)
		json_array_append_new(notes, json_pack("{s:s, s:o}", "level", "note", "message",
						       plain_message(report->notes[i])));
	json_object_set_new(invocation, "toolExecutionNotifications", notes);
	return invocation;
}

/* Its page is the README beside this program: there is one where SockSan is installed. */
static json_t *tool_json(const struct report *report)
{
	json_t *driver = json_pack("{s:s, s:s, s:o}", "name", "SockSan", "version", SOCKSAN_VERSION, "rules",
				   rules_json(report));
	char *path = own_path("../share/doc/socksan/README.md");
	if (path) {
		char *encoded = uri_of_path(path), *uri = xasprintf("file://%s", encoded);
		json_set_text(driver, "informationUri", uri);
		free(uri);
		free(encoded);
		free(path);
	}
	return json_pack("{s:o}", "driver", driver);
}

int report_sarif(FILE *out, const struct report *report)
{
	json_t *results = json_array();
	for (size_t i = 0; i < report->n_items; i++)
		json_array_append_new(results, result_json(report, &report->items[i]));
	char *encoded = uri_of_path(repo_root());
	char *root = xasprintf("file://%s%s", encoded, encoded[strlen(encoded) - 1] == '/' ? "" : "/");
	json_t *run = json_pack("{s:o, s:[o], s:{s:{s:s}}, s:s, s:o}", "tool", tool_json(report), "invocations",
				invocation_json(report), "originalUriBaseIds", root_id, "uri", root, "columnKind",
				"utf16CodeUnits", "results", results);
	json_t *log = json_pack("{s:s, s:s, s:[o]}", "$schema", "https://json.schemastore.org/sarif-2.1.0.json",
				"version", "2.1.0", "runs", run);
	free(root);
	free(encoded);
	return json_write(out, log);
}
