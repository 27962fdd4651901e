/* The options of the shim: see shim_options.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/cli/shim_options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "shim/model/dump.h"
#include "shim/model/kinds.h"
#include "shim/model/options.h"
#include "shim/model/size.h"

enum option_type { TYPE_NUMBER, TYPE_BYTES, TYPE_KINDS, TYPE_COUNT, TYPE_SIGNAL, TYPE_TEXT };

static const struct option_row {
	const char *key;
	enum option_type type;
	int64_t max;
} rows[] = {
#define OPTION(key, type, value, max, meaning) {#key, TYPE_##type, max},
	OPTIONS
#undef OPTION
};

/* Keys that `run` itself sets. */
static bool is_internal(const char *key)
{
	return strcmp(key, "log_path") == 0 || strcmp(key, "board") == 0 || strcmp(key, "kinds") == 0;
}

/* The keys that are for users. */
static const char *key_at(size_t i)
{
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
		if (!is_internal(rows[row].key) && i-- == 0)
			return rows[row].key;
	return NULL;
}

static char *unknown(const char *pair, const char *key)
{
	char *near = did_you_mean(key, key_at, ";"), *text;
	const char *one;
	size_t n;
	FILE *out = memstream(&text, &n);
	fprintf(out, "--option=%s: the shim has no option '%s'%s known are", pair, key, near);
	free(near);
	for (size_t i = 0; (one = key_at(i)); i++)
		fprintf(out, " %s", one);
	fclose(out);
	return text;
}

static char *refused(const char *pair, const struct option_row *row, const char *value)
{
	if (row->type == TYPE_TEXT)
		return xasprintf("--option=%s: the value is too long: at most %d bytes", pair, OPTION_PATH - 1);
	if (row->type == TYPE_BYTES)
		return xasprintf("--option=%s: %s wants a number of bytes, or of K, M or G, such as 64M, not '%s'",
				 pair, row->key, value);
	if (row->type == TYPE_COUNT)
		return xasprintf("--option=%s: %s wants a number of descriptors, or a percentage of the limit such as "
				 "90%%, not '%s'",
				 pair, row->key, value);
	if (row->type == TYPE_SIGNAL)
		return xasprintf("--option=%s: %s wants a signal that a program goes on after, such as USR2, not '%s'",
				 pair, row->key, value);
	return xasprintf("--option=%s: %s wants a number from 0 to %lld, not '%s'", pair, row->key, (long long)row->max,
			 value);
}

static bool is_value(const struct option_row *row, const char *value, int64_t *n)
{
	size_t len = strlen(value);
	switch (row->type) {
	case TYPE_TEXT: return len < OPTION_PATH;
	case TYPE_COUNT: return dump_at_parse(value, len, row->max, n);
	case TYPE_SIGNAL: return dump_signal_parse(value, len, n);
	case TYPE_NUMBER: return strspn(value, "0123456789") == len && size_parse(value, len, n) && *n <= row->max;
	default: return size_parse(value, len, n) && *n <= row->max;
	}
}

char *shim_option(const char *pair, char **why)
{
	const char *equals = strchr(pair, '=');
	*why = NULL;
	if (!equals || equals == pair || !equals[1]) {
		*why = xasprintf("--option=%s: expected KEY=VALUE", pair);
		return NULL;
	}
	if (strchr(pair, ':')) {
		*why = xasprintf("--option=%s: the shim's options are separated by ':', so a value cannot contain one",
				 pair);
		return NULL;
	}
	if (strncmp(pair, "kinds=", 6) == 0) {
		*why = xasprintf("--option=%s: use --kinds=KINDS, which also applies to the report", pair);
		return NULL;
	}
	if (strncmp(pair, "log_path=", 9) == 0) {
		*why = xasprintf("--option=%s: 'run' sets it; use --trace-dir=DIR", pair);
		return NULL;
	}

	char *key = xasprintf("%.*s", (int)(equals - pair), pair), *plain = NULL;
	const char *value = equals + 1;
	const struct option_row *row = NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].key, key) == 0 && !is_internal(key))
			row = &rows[i];
	int64_t n;
	if (!row)
		*why = unknown(pair, key);
	else if (!is_value(row, value, &n))
		*why = refused(pair, row, value);
	else
		plain = row->type == TYPE_NUMBER || row->type == TYPE_BYTES ? xasprintf("%s=%lld", key, (long long)n)
									    : xstrdup(pair);
	free(key);
	return plain;
}
