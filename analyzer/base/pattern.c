/* Patterns given by users, for names and paths: see pattern.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/pattern.h"

#include <string.h>

bool pattern_matches(const char *pattern, const char *text)
{
	const char *end = pattern + strlen(pattern);
	bool at_start = *pattern == '^';
	pattern += at_start;
	bool at_end = end > pattern && end[-1] == '$';
	end -= at_end;
	/* The pattern after the last star, and the text not yet tried for it. */
	const char *star = at_start ? NULL : pattern, *retry = text;
	for (;;) {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (pattern == end && (!*text || !at_end)) {
			return true;
		} else if (pattern < end && *text && *pattern == *text) {
			pattern++;
			text++;
		} else if (star && *retry) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
}
