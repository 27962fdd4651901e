/* Fuzzes what a shipper reads of others: URLs, labels, files of labels, answers of servers. The first byte says which.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/fleet/batch.h"
#include "analyzer/fleet/labels.h"
#include "analyzer/fleet/server.h"
#include "analyzer/fleet/url.h"
#include "tests/fuzz/fuzz.h"

static void check_url(const char *text)
{
	struct fleet_url url;
	char *why = fleet_url_read(&url, text);
	EXPECT(!why != !url.host, "'%s' is neither a URL nor none", text);
	if (!why) {
		size_t n = strspn(url.database, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		EXPECT(n > 0 && !url.database[n], "'%s' names the database '%s'", text, url.database);
		EXPECT(atoi(url.port) > 0 && *url.host && !strchr(url.host, '/'), "'%s' leads to '%s'", text, url.host);
	}
	free(why);
	fleet_url_free(&url);
}

static void check_label(const char *text)
{
	struct labels labels = {0};
	free(labels_set(&labels, text));
	labels_free(&labels);
}

static void check_label_file(const char *text)
{
	struct labels labels = {0};
	free(labels_read(&labels, text));
	labels_free(&labels);
}

/* As a literal it ends where it ends. */
static void check_quoting(const char *text)
{
	char *quoted = sql_quoted(text), *at = quoted + 1;
	for (; *at && *at != '\''; at++)
		at += *at == '\\' && at[1];
	EXPECT(*quoted == '\'' && *at == '\'' && !at[1], "'%s' becomes %s", text, quoted);
	free(quoted);
}

static void check_answer(const char *text)
{
	struct batch batch = {0};
	bool there[3] = {false};
	(void)answer_kind_of(answer_code(text));
	batch_source(&batch, "s", "h", "p", "f");
	for (uint64_t i = 0; i < 3; i++)
		batch_count(&batch, 0, i, 1);
	size_t n = batch_mark(&batch, text, there);
	EXPECT(n == (size_t)there[0] + there[1] + there[2], "%zu rows are marked of '%s'", n, text);
	batch_clear(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(const char *) = {check_url, check_label, check_label_file, check_quoting,
						       check_answer};
	if (size == 0)
		return 0;
	char *text = fuzz_text(data + 1, size - 1);
	checks[*data % (sizeof checks / sizeof *checks)](text);
	free(text);
	return 0;
}
