/* What a shipper parses and packs: URLs, labels, answers, SQL, batches, and the name of a trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/fleet/batch.h"
#include "analyzer/fleet/labels.h"
#include "analyzer/fleet/trace_origin.h"
#include "analyzer/fleet/schema.h"
#include "analyzer/fleet/server.h"
#include "analyzer/fleet/url.h"

/* -- URLs ----------------------------------------------------------------------------------------------------- */

static void test_urls(void **state)
{
	static const struct {
		const char *text;
		bool tls;
		const char *user, *host, *port, *database;
	} rows[] = {
		{"http://db/fleet", false, NULL, "db", "8123", "fleet"},
		{"https://me@db.example:1/f_2", true, "me", "db.example", "1", "f_2"},
		{"http://[::1]:65535/x", false, NULL, "[::1]", "65535", "x"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fleet_url url;
		assert_null(fleet_url_read(&url, rows[i].text));
		assert_int_equal(url.tls, rows[i].tls);
		assert_string_equal(url.user ? url.user : "", rows[i].user ? rows[i].user : "");
		assert_string_equal(url.host, rows[i].host);
		assert_string_equal(url.port, rows[i].port);
		assert_string_equal(url.database, rows[i].database);
		fleet_url_free(&url);
	}
}

static void test_urls_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"db:8123/x",
		"ftp://db/x",
		"http://",
		"http:///x",
		"http://db",
		"http://db/",
		"http://db:/x",
		"http://db:0/x",
		"http://db:65536/x",
		"http://db:99999999999/x",
		"http://u:p@db/x",
		"http://@db/x",
		"http://db/x/y",
		"http://db/x?y",
		"http://db/1x",
		"http://db/a;b",
		"http://db/a b",
		"http://d b/x",
		"http://[::1/x",
		"http://db#/x",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct fleet_url url;
		char *why = fleet_url_read(&url, texts[i]);
		if (!why)
			fail_msg("'%s' is taken for a URL", texts[i]);
		assert_null(url.host);
		free(why);
	}
}

/* -- labels --------------------------------------------------------------------------------------------------- */

static void test_label_files(void **state)
{
	struct labels labels = {0};
	(void)state;
	assert_null(labels_read(
		&labels,
		"\napp=\"a\"\napp.kubernetes.io/name=\"b\"\napp=\"c\"\nother=\"x=\\\"\"\r\nregion=\"\\t\\\\\\u20ac\"\n"));
	assert_string_equal(labels.values[LABEL_SERVICE], "b");
	assert_string_equal(labels.values[LABEL_REGION], "\t\\\xe2\x82\xac");
	assert_null(labels.values[LABEL_VERSION]);
	labels_free(&labels);
	static const char *const bad[] = {"app",	 "app=b",	  "app=\"b",	      "app=\"b\"c",
					  "app=\"\\q\"", "app=\"\\u12\"", "x=\"1\"\napp=\"\\"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *why = labels_read(&labels, bad[i]);
		if (!why)
			fail_msg("'%s' is taken for labels", bad[i]);
		free(why);
		labels_free(&labels);
	}
}

static void test_labels_that_are_given(void **state)
{
	struct labels labels = {0}, more = {0};
	(void)state;
	assert_null(labels_set(&labels, "service=a=b"));
	assert_null(labels_set(&more, "service=other"));
	assert_null(labels_set(&more, "version="));
	labels_fill(&labels, &more);
	assert_string_equal(labels.values[LABEL_SERVICE], "a=b");
	assert_string_equal(labels.values[LABEL_VERSION], "");
	static const char *const bad[] = {"service", "serv=1", "services=1", "=1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *why = labels_set(&labels, bad[i]);
		assert_non_null(why);
		free(why);
	}
	labels_free(&labels);
	labels_free(&more);
}

/* -- the server ----------------------------------------------------------------------------------------------- */

static void test_answers(void **state)
{
	(void)state;
	assert_int_equal(answer_code("Code: 60, e.displayText() = DB::Exception: Table x doesn't exist"), 60);
	assert_int_equal(answer_code("Code: 241. DB::Exception: Memory limit"), 241);
	assert_int_equal(answer_code("<html>busy</html>"), 0);
	assert_int_equal(answer_kind_of(81), ANSWER_MISSING);
	assert_int_equal(answer_kind_of(193), ANSWER_DENIED);
	assert_int_equal(answer_kind_of(252), ANSWER_BUSY);
	assert_int_equal(answer_kind_of(33), ANSWER_UNFIT);
	assert_int_equal(answer_kind_of(216), ANSWER_BUSY);
	assert_int_equal(answer_kind_of(62), ANSWER_REFUSED);
}

static void test_quoting(void **state)
{
	char *quoted = sql_quoted("a'b\\c\n");
	(void)state;
	assert_string_equal(quoted, "'a\\'b\\\\c\n'");
	free(quoted);
}

static void test_placeholders(void **state)
{
	static const char sql[] = "x {database}.t {across t f(k)} {ttl day}";
	struct schema_settings settings = {.database = "d", .cluster = "c", .days = 9, .has_ttl = true};
	char *text = schema_statement(&settings, sql, sizeof sql - 1);
	(void)state;
	assert_string_equal(text, "x d.t Distributed(c, d, t, f(k)) TTL day + INTERVAL 9 DAY");
	free(text);
	settings = (struct schema_settings){.database = "d", .days = 9};
	text = schema_statement(&settings, sql, sizeof sql - 1);
	assert_string_equal(text, "x d.t Merge(d, '^t$') ");
	free(text);
}

/* -- the name of a trace --------------------------------------------------------------------------------------- */

static void name(char out[17], const struct trace_event *event, const char *instance)
{
	struct trace_origin origin = {0};
	struct labels labels = {.values[LABEL_INSTANCE] = (char *)(uintptr_t)instance};
	origin_add(&origin, event, &labels);
	memcpy(out, origin.process, 17);
	origin_free(&origin);
}

/* Databases hold it: it is the same in every version, on every machine. */
static void test_the_name_of_a_trace(void **state)
{
	struct trace_event event = {.kind = EVENT_PROCESS,
				    .t = 5,
				    .pid = 7,
				    .pidns = -1,
				    .start = 9,
				    .host = "h",
				    .boot = "b",
				    .exe = "/x"};
	char first[17], other[17];
	(void)state;
	name(first, &event, NULL);
	assert_string_equal(first, "0c71af73f7024709");
	name(other, &event, "i");
	assert_string_not_equal(first, other);
	event.boot = "c";
	name(other, &event, NULL);
	assert_string_not_equal(first, other);
}

static void test_what_a_process_was_when(void **state)
{
	struct trace_origin origin = {0};
	struct labels labels = {0};
	(void)state;
	origin_add(&origin, &(struct trace_event){.kind = EVENT_PROCESS, .t = 100, .exe = "/a", .wall = 1000}, &labels);
	origin_add(&origin, &(struct trace_event){.kind = EVENT_PROCESS, .t = 300, .exe = "/b", .wall = 9000}, &labels);
	assert_string_equal(origin_exe(&origin, 50), "/a");
	assert_string_equal(origin_exe(&origin, 299), "/a");
	assert_string_equal(origin_exe(&origin, 300), "/b");
	assert_string_equal(origin.service, "a");
	assert_int_equal(origin_wall(&origin, 350), 1250);
	assert_int_equal(origin_wall(&origin, INT64_MAX), 0);
	origin_free(&origin);
}

/* -- batches -------------------------------------------------------------------------------------------------- */

static void fill(struct batch *batch, unsigned rows)
{
	batch_source(batch, "s", "h", "0123456789abcdef", "f'1");
	for (unsigned i = 0; i < rows; i++) {
		if (i == rows / 2)
			batch_source(batch, "s", "h", "0123456789abcdef", "f2");
		size_t before = batch->raw.n;
		bytes_put(&batch->raw, "0123456789", i % 10);
		batch_count(batch, before, 10 * i, 1);
	}
	batch_pack(batch);
}

static void test_batches_come_back(void **state)
{
	struct batch batch = {0}, loaded;
	struct bytes raw = {0}, file;
	(void)state;
	fill(&batch, 1000);
	file = batch_save(&batch);
	assert_true(batch_load(&loaded, file.data, file.n));
	assert_int_equal(loaded.n, 1000);
	assert_int_equal(loaded.n_sources, 2);
	char *id = batch_id(&batch), *again = batch_id(&loaded);
	assert_string_equal(id, again);
	free(again);
	loaded.rows[999].offset++;
	again = batch_id(&loaded);
	assert_string_not_equal(id, again);
	free(again);
	free(id);
	assert_string_equal(loaded.sources[0].file, "f'1");
	assert_true(gunzip(&raw, loaded.data.data, loaded.data.n, loaded.size));
	assert_int_equal(raw.n, 4500);
	batch_clear(&loaded);
	for (size_t n = 0; n < file.n; n += 7)
		assert_false(batch_load(&loaded, file.data, n));
	free(raw.data);
	free(file.data);
	batch_clear(&batch);
}

static void test_what_is_there_is_not_sent(void **state)
{
	struct batch batch = {0};
	struct bytes rest, raw = {0};
	bool there[10] = {false};
	size_t from = 0;
	(void)state;
	fill(&batch, 10);
	char *sql = batch_question(&batch, "d.events", &from);
	assert_non_null(strstr(sql, "file = 'f\\'1' AND offset BETWEEN 0 AND 40 UNION ALL SELECT toUInt32(1)"));
	assert_non_null(strstr(sql, "file = 'f2' AND offset BETWEEN 50 AND 90"));
	free(sql);
	assert_null(batch_question(&batch, "d.events", &from));
	assert_int_equal(batch_mark(&batch, "0\t40\n0\t40\n1\t90\n0\t90\n7\t7\n", there), 2);
	assert_true(there[4] && there[9]);
	assert_true(batch_rest(&batch, there, &rest));
	assert_true(gunzip(&raw, rest.data, rest.n, 1000));
	assert_int_equal(raw.n, 45 - 4 - 9);
	free(raw.data);
	free(rest.data);
	batch_clear(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_urls_that_are_none),
		cmocka_unit_test(test_label_files),
		cmocka_unit_test(test_labels_that_are_given),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_the_name_of_a_trace),
		cmocka_unit_test(test_what_a_process_was_when),
		cmocka_unit_test(test_batches_come_back),
		cmocka_unit_test(test_what_is_there_is_not_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
