/* Fuzzes the shim's reader of SOCKSAN_OPTIONS.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "shim/state/options.h"
#include "tests/fuzz/fuzz.h"

#define EXPECT_BYTES EXPECT_NUMBER
#define EXPECT_NUMBER(key, max) \
	EXPECT(options.key >= 0 && options.key <= (max), #key " is %lld", (long long)options.key);
#define EXPECT_KINDS(key, max) \
	EXPECT(options.key > 0 && options.key <= KINDS_ALL, #key " is %lld", (long long)options.key);
#define EXPECT_COUNT(key, max) \
	EXPECT(options.key >= -100 && options.key <= (max), #key " is %lld", (long long)options.key);
#define EXPECT_SIGNAL(key, max) EXPECT(options.key >= 0 && options.key <= 64, #key " is %lld", (long long)options.key);
#define EXPECT_TEXT(key, max) EXPECT(memchr(options.key, 0, sizeof options.key), #key " does not end");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options first;
	char *text = fuzz_text(data, size);
	options_parse(text);
#define OPTION(key, type, value, max, meaning) EXPECT_##type(key, max)
	OPTIONS
#undef OPTION
	EXPECT(options.log_path[0] == '/', "log_path is no absolute path");
	if (size % 16 == 0) {
		first = options;
		options_parse(text);
		EXPECT(strcmp(first.log_path, options.log_path) == 0 && first.max_bytes == options.max_bytes,
		       "read again, it says something else");
	}
	free(text);
	return 0;
}
