/* What the parts of the in-test API share: a line of text, and which sockets are the process's own.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TELL_H
#define SHIM_TELL_H

#include "shim/track/fdtable.h"

#include <stddef.h>
#include <stdint.h>

/* What does not fit is cut; a byte stays for the newline. */
struct line {
	size_t len;
	char text[1024];
};

void line_put(struct line *, const char *text, size_t len);
void line_text(struct line *, const char *text);
void line_number(struct line *, int64_t);

/* What a line of JSON has between the quotes of its last value, which began at `value`: printable, whatever it was. */
struct jsonl;
void line_quoted(struct line *, const char *before, const char *value, const struct jsonl *);

/* The state of the socket at fd, and the addresses that it has. */
void line_state(struct line *, int fd, unsigned state);

/* The next socket at or after *fd that was made here and is open in truth, at the lowest of its numbers; NULL: there is none. */
struct socket *next_own(int *fd);

#endif
