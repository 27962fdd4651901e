/* Violations that come and go: see chance.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/explore/chance.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

struct chance {
	char print[40];
	unsigned recurred, vanished;
	UT_hash_handle hh;
};

const char *print_of(const json_t *violation) { return json_string_value(json_object_get(violation, "fingerprint")); }

bool has_print(const json_t *all, const char *print)
{
	const json_t *violation;
	size_t i;
	json_array_foreach(all, i, violation)
	{
		const char *other = print_of(violation);
		if (other && strcmp(other, print) == 0)
			return true;
	}
	return false;
}

static struct chance *of_print(struct chance **all, const char *print)
{
	struct chance *one;
	HASH_FIND_STR(*all, print, one);
	if (one || strlen(print) >= sizeof one->print)
		return one;
	one = xcalloc(1, sizeof *one);
	strcpy(one->print, print);
	HASH_ADD_STR(*all, print, one);
	return one;
}

void chance_take(struct chance **all, const json_t *first, const json_t *second)
{
	const json_t *violation;
	size_t i;
	json_array_foreach(first, i, violation)
	{
		struct chance *one = of_print(all, print_of(violation));
		if (one && has_print(second, print_of(violation)))
			one->recurred++;
		else if (one)
			one->vanished++;
	}
}

bool chance_has(const struct chance *all, const char *print)
{
	struct chance *one;
	HASH_FIND_STR(all, print, one);
	return one && one->vanished > 0 && one->vanished >= one->recurred;
}

void chance_free(struct chance *all)
{
	struct chance *one, *next;
	HASH_ITER (hh, all, one, next) {
		HASH_DEL(all, one);
		free(one);
	}
}
