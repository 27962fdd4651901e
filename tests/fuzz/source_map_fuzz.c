/* Fuzzes the reader of source maps: the first two bytes are a line and a column, the rest is the map.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/source_map.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int line = 0;
	if (size < 2)
		return 0;
	char *text = fuzz_text(data + 2, size - 2), *source = source_map_find(text, size - 2, data[0], data[1], &line);
	EXPECT(!source || (*source && line > 0), "'%s' at line %d", source, line);
	free(source);
	free(text);
	fuzz_forget();
	return 0;
}
