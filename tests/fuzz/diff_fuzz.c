/* Fuzzes the reader of snapshots, and what is written of two of them. A form feed parts them; without one it is compared with itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/live/comparison.h"
#include "tests/fuzz/fuzz.h"

/* NULL: it is refused, in words that steer no terminal. */
static json_t *parsed(const char *text, size_t n)
{
	char *why = NULL;
	json_t *json = snapshot_parse("snapshot", text, n, &why);
	EXPECT(!json == !!why, "expected a snapshot or a reason");
	if (why) {
		char *safe = safe_text(why);
		expect_safe("the refusal", safe, strlen(safe));
		free(safe);
	}
	free(why);
	return json;
}

static void check_text(const struct comparison *comparison, uint32_t hash)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	EXPECT(comparison_text(out, comparison, hash % 4, hash & 0x100) == 0, "no text is written");
	fclose(out);
	expect_safe("the text", text, n);
	free(text);
}

static void check_json(const struct comparison *comparison)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	EXPECT(comparison_json(out, comparison) == 0, "no JSON is written");
	fclose(out);
	json_t *json = json_loadb(text, n, 0, NULL);
	EXPECT(json_array_size(json_object_get(json, "grew")) == comparison->grew, "expected what grew in the JSON");
	json_decref(json);
	free(text);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return json_mutate(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t hash = fuzz_hash(data, size);
	const uint8_t *part = size ? memchr(data, '\f', size) : NULL;
	size_t n = part ? (size_t)(part - data) : size;
	char *first = fuzz_text(data, n), *second = part ? fuzz_text(part + 1, size - n - 1) : NULL;
	json_t *before = parsed(first, n), *after = part ? parsed(second, size - n - 1) : before;
	if (before && after) {
		struct comparison comparison;
		char *why = compare(&comparison, before, part ? after : json_incref(after), 1 + (hash >> 16) % 3);
		EXPECT(part || why || (comparison.grew == 0 && comparison.shrank == 0),
		       "expected nothing to have changed");
		if (!why) {
			check_text(&comparison, hash);
			check_json(&comparison);
		}
		comparison_free(&comparison);
		free(why);
	} else {
		json_decref(before);
		if (part)
			json_decref(after);
	}
	free(first);
	free(second);
	fuzz_forget();
	return 0;
}
